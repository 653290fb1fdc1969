# SPDX-License-Identifier: Apache-2.0
"""Tables of others held against schemas/target.schema.json: what is wrong, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.resources import schema

__all__ = ["DAYS", "as_json", "problem"]

DAYS = frozenset({"new_customers_until", "dormant_until", "last_training", "retires"})
_DATED = DAYS | {"as_of"}


def as_json(value: Any) -> Any:
    """A TOML value as JSON has it: dates are texts."""
    if isinstance(value, Mapping):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def problem(table: Mapping[str, Any], part: str = "") -> str | None:
    """What is wrong with a table; None where nothing is.

    Args:
        table: As TOML has it.
        part: "" = it is a whole target; "model" = it is one of its models.

    Returns:
        One printable line: the place inside the table, and what is wrong there.
    """
    document = as_json(table)
    if _validator(part).is_valid(document):
        return _quoted_day(table)
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry

    errors = list(Draft202012Validator(_rules(part), registry=Registry()).iter_errors(document))
    # A misspelt required key is told as a typo, not as a missing key.
    typos = [error for error in errors if error.validator == "additionalProperties"]
    error = typos[0] if typos else best_match(errors)
    if error is None:  # what one engine refuses and the other takes
        return "it does not have the shape of `evalkit schema target`"
    path = ".".join(excerpt(str(step)) for step in error.absolute_path)
    place = f"`{path}`: " if path else ""
    if error.validator == "additionalProperties" and "properties" in error.schema:
        known = sorted(error.schema["properties"])
        unknown = next(str(key) for key in error.instance if key not in known)
        return f"{place}unknown key `{excerpt(unknown)}`{suggestion(unknown, known)}"
    if error.validator == "pattern" and "description" in error.schema:
        return f"{place}`{excerpt(str(error.instance))}` is not {error.schema['description']}"
    return f"{place}{excerpt(error.message, 160)}"


def _quoted_day(value: Any, path: tuple[str, ...] = ()) -> str | None:
    """What is wrong with a day that is a text: JSON has no other, TOML has."""
    if isinstance(value, Mapping):
        inside = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, (list, tuple)):
        inside = [(str(at), inner) for at, inner in enumerate(value)]
    else:
        day = path[-2:-1] if path[-1:] == ("value",) else path[-1:]
        if not isinstance(value, str) or not _DATED.issuperset(day):
            return None
        return f"`{'.'.join(path)}`: `{excerpt(value)}` is a text: write the day without quotes"
    found = (_quoted_day(inner, (*path, key)) for key, inner in inside)
    return next((wrong for wrong in found if wrong is not None), None)


def _rules(part: str) -> dict[str, Any]:
    whole = schema("target")
    if not part:
        return whole
    return {"$schema": whole["$schema"], "$ref": f"#/$defs/{part}", "$defs": whole["$defs"]}


@cache
def _validator(part: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(_rules(part), registry=jsonschema_rs.Registry([]))
