# SPDX-License-Identifier: Apache-2.0
"""Results of promptfoo: `promptfoo eval --output FILE.json` (or .jsonl), and exports of its viewer.

`results.results[]` of version 3 and of 2: `promptIdx`, `testIdx`, `provider`, `prompt.raw`, `vars`,
`response.output`, `tokenUsage`, `error`. The prompt is text, or messages as JSON text.
Read in its sources, version 0.123 (2026-11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import (
    day_of,
    expected_in,
    facts_in,
    failed,
    finish_of,
    ids_in,
    mapping,
    messages_of,
    shown,
    usage_of,
)
from evalkit.models.recordings._recorded import Recorded

__all__ = ["promptfoo"]


def _tells(value: Mapping[str, Any]) -> bool:
    return bool(_results(value)) or _is_result(value)


def _is_result(value: Any) -> bool:
    return isinstance(value, Mapping) and {"promptIdx", "testIdx"} <= value.keys()


def _results(value: Mapping[str, Any]) -> Sequence[Any]:
    """The list of results of a document: of an export, a file of results, or a bare summary."""
    found = value.get("results")
    if isinstance(found, Mapping):
        found = found.get("results") or found.get("outputs")
    return found if isinstance(found, list) and found and _is_result(found[0]) else ()


def _rows(values: Values) -> Iterator[Recorded]:
    found: list[tuple[Mapping[str, Any], str | None]] = []
    for _, value in values:
        date = day_of(mapping(value.get("results")).get("timestamp") or value.get("timestamp"))
        if _is_result(value):
            found.append((value, date))
        else:
            results = _results(value)
            if not results:
                raise ValueError("not a result")
            found += [(mapping(result), date) for result in results]
    prompts: dict[str, set[Any]] = {}
    for result, _ in found:
        prompts.setdefault(_provider(result), set()).add(result.get("promptIdx"))
    for result, date in found:
        provider = _provider(result)
        # One provider with several prompts is several contestants.
        several = len(prompts[provider]) > 1
        model = f"{provider} {_label(result)}" if several else provider
        yield _row(result, model, date)


def _row(result: Mapping[str, Any], model: str, date: str | None) -> Recorded:
    test = mapping(result.get("testCase"))
    variables = mapping(result.get("vars")) or mapping(test.get("vars"))
    place = result.get("testIdx")
    return Recorded(
        messages=messages_of(mapping(result.get("prompt")).get("raw")),
        reply=_reply(result),
        model=model,
        date=date,
        ids=ids_in(variables, test.get("metadata")),
        place=place if type(place) is int and place >= 0 else None,
        expected=expected_in(variables, test.get("metadata")) or _asserted(test),
        fields=facts_in(variables, test.get("metadata")),
    )


_EXACT = ("equals", "equal", "iequals", "is", "similar", "icontains", "contains", "rouge-n", "bleu")


def _asserted(test: Mapping[str, Any]) -> str | None:
    """What an assertion says the answer is: the first that names one; templates are not filled."""
    given = test.get("assert")
    said = [mapping(one) for one in given] if isinstance(given, list) else []
    for kind in _EXACT:
        for one in said:
            value = one.get("value")
            if one.get("type") == kind and isinstance(value, str) and "{{" not in value:
                return value
    return None


def _reply(result: Mapping[str, Any]) -> Reply:
    response = mapping(result.get("response"))
    output = response.get("output")
    if output is None or response.get("error"):
        return failed()  # `error` of the result itself may only say that a test did not pass
    tokens = response.get("tokenUsage") or result.get("tokenUsage")
    return Reply(
        text=shown(output),
        finish=finish_of(response.get("finishReason")),
        usage=usage_of(tokens, "prompt", "completion"),
    )


def _provider(result: Mapping[str, Any]) -> str:
    provider = result.get("provider")
    if isinstance(provider, Mapping):
        provider = provider.get("label") or provider.get("id")
    return str(provider or "")


def _label(result: Mapping[str, Any]) -> str:
    prompt = mapping(result.get("prompt"))
    label = prompt.get("label")
    short = isinstance(label, str) and len(label) <= 40 and "\n" not in label
    return str(label) if short else f"prompt {result.get('promptIdx')}"


promptfoo = Layout(name="promptfoo", whose="results of promptfoo", tells=_tells, rows=_rows)
