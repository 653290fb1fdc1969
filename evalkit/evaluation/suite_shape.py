# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the shape of a suite: one line with the key and the likely meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.resources import schema

__all__ = ["check_shape"]

# Where keys belong that are often written elsewhere.
_ELSEWHERE = {
    "temperature": "generate: {temperature: 0.7}",
    "seed": "generate: {seed: 1}",
    "max_tokens": "generate: {max_tokens: 200}",
    "few_shot": "of one model: models: {shown: {use: …, few_shot: {from: train.jsonl}}}",
    "prompt": "of one model: models: {long: {use: …, prompt: {before: '@long.txt'}}}",
    "model": "models: {base: openai/gpt-4.1-mini}",
    "test": "data: test.jsonl",
    "metric": "primary: accuracy",
}
# What a pattern means, by the key that it is of.
_PATTERNS = {
    "name": "letters, digits, _, . and -, at most 80",
    "compare": "two of the models, such as `tuned vs base`",
}
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping",
    "boolean": "true or false",
}


def check_shape(document: Any, place: str) -> None:
    """Hold a parsed suite against the published schema.

    What stands below a model's name is left to `parse_spec`, which knows more and repeats no keys.

    Args:
        document: As read.
        place: The file, for messages.

    Raises:
        UsageError: The first fault, unknown keys before all others.
    """
    from jsonschema import Draft202012Validator
    from referencing import Registry

    if not isinstance(document, Mapping):
        raise UsageError(
            f"{place}: a suite is a mapping with `data` and `models`",
            "such as: data: test.jsonl, then models: {base: openai/gpt-4.1-mini}",
        )
    rules = schema("suite")
    faults = Draft202012Validator(rules, registry=Registry()).iter_errors(document)
    errors = [error for fault in faults for error in _flat(fault) if not _is_told_later(error)]
    if isinstance(document.get("judge"), Mapping):  # left to `parse_judge`, which may hide keys
        errors = [error for error in errors if list(error.absolute_path)[:1] != ["judge"]]
    # A misspelt required key is told as a typo, not as a missing key.
    errors.sort(key=lambda error: error.validator != "additionalProperties")
    if errors:
        raise _told(errors[0], place)


def _flat(error: Any) -> Iterator[Any]:
    """The faults of the alternative that is meant, told by what kind of value stands there."""
    if error.validator not in ("oneOf", "anyOf"):
        yield error
        return
    meant = [
        index
        for index, branch in enumerate(error.validator_value)
        if _is_kind(error.instance, branch.get("type"))
    ]
    inner = [e for e in error.context if e.relative_schema_path[0] in meant]
    if not inner:
        yield error
    for one in inner:
        yield from _flat(one)


def _is_kind(value: Any, kind: Any) -> bool:
    known = {"string": str, "object": Mapping, "array": list, "number": int | float}
    return kind in known and isinstance(value, known[kind])


def _is_told_later(error: Any) -> bool:
    """What `parse_spec` and `parse_gate` tell in better words."""
    path = list(error.absolute_path)
    if len(path) > 1 and path[0] == "models":
        return True
    if len(path) < 2 or path[0] != "gates":
        return False
    whole = isinstance(error.instance, Mapping) and "model" in error.instance
    shapes = ("oneOf", "required", "dependentRequired")
    return error.validator == "const" or (whole and error.validator in shapes)


def _told(error: Any, place: str) -> UsageError:
    path = _path(error.absolute_path)
    inside = f"{place}: `{path}`" if path else place
    if error.validator == "additionalProperties":
        return _unknown(error, inside)
    if error.validator == "required":
        absent = next(key for key in error.validator_value if key not in error.instance)
        return UsageError(f"{inside} has no `{absent}`", _help(error, absent))
    if error.validator == "propertyNames" or "propertyNames" in error.absolute_schema_path:
        return UsageError(
            f"{inside}: `{excerpt(str(error.instance), 60)}` is no name",
            "letters, digits, _, . and -, at most 40",
        )
    return UsageError(
        f"{inside} is `{_shown(error.instance)}`{_near(error)}", f"it must be {_wanted(error)}"
    )


def _unknown(error: Any, inside: str) -> UsageError:
    allowed = sorted(error.schema["properties"])
    unknown = str(next(key for key in error.instance if key not in allowed))
    near = suggestion(unknown, allowed)
    known = f"known keys: {', '.join(key for key in allowed if key[0] != '$')}"
    if not error.absolute_path and unknown in _ELSEWHERE:
        near, known = "", _ELSEWHERE[unknown]
    return UsageError(f"{inside}: unknown key `{excerpt(unknown)}`{near}", known)


def _help(error: Any, key: str) -> str:
    told = error.schema.get("properties", {}).get(key, {}).get("description")
    return str(told) if told else "`evalkit schema suite` prints what is allowed"


def _near(error: Any) -> str:
    if error.validator == "enum" and isinstance(error.instance, str):
        return suggestion(error.instance, [str(v) for v in error.validator_value])
    return ""


def _wanted(error: Any) -> str:
    """What the schema allows there, in words."""
    rules: Mapping[str, Any] = error.schema
    if "enum" in rules:
        return f"one of {', '.join(map(str, rules['enum']))}"
    if error.validator in ("oneOf", "anyOf"):
        kinds = [_KINDS.get(str(branch.get("type")), "") for branch in error.validator_value]
        return " or ".join(filter(None, kinds)) or "something else"
    kinds = rules.get("type", ())
    kind = " or ".join(_KINDS[k] for k in ([kinds] if isinstance(kinds, str) else kinds))
    if error.validator == "uniqueItems":
        return "a list in which nothing stands twice"
    low = rules.get("minimum", rules.get("exclusiveMinimum"))
    high = rules.get("maximum", rules.get("exclusiveMaximum"))
    if low is not None:
        above = "above" if "exclusiveMinimum" in rules else "from"
        below = "below" if "exclusiveMaximum" in rules else "to"
        both = " and" if "exclusiveMaximum" in rules else ""
        kind += f" {above} {low}" + (f"{both} {below} {high}" if high is not None else "")
    if error.validator == "pattern":
        return _PATTERNS.get(str(error.absolute_path[0]), kind)
    fewest = rules.get("minItems", rules.get("minLength", rules.get("minProperties")))
    if error.validator in ("minItems", "minLength", "minProperties") and fewest:
        return f"{kind} that is not empty" if fewest == 1 else f"{kind} of at least {fewest}"
    return kind or "something else"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "{…}" if isinstance(value, Mapping) else "[…]"
    return excerpt(value if isinstance(value, str) else repr(value), 60)


def _path(path: Any) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
