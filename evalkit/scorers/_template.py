# SPDX-License-Identifier: Apache-2.0
"""`{{item.x}}` and `{{sample.output_text}}` of OpenAI's graders, by plain replacement.

No template engine: what is put in is never read again, so data with braces in it stays data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from evalkit.core.example import Example
from evalkit.core.exchange import Reply
from evalkit.scorers._json_text import parsed

__all__ = ["AbsentError", "filled", "names_in", "values_for"]

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w.\-\[\]]*)\s*\}\}")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class AbsentError(Exception):
    """The row or the answer has nothing at a place that the grader names."""


def names_in(template: str) -> list[str]:
    """The places that a template names, such as "item.answer"."""
    return _PLACE.findall(template)


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with every place replaced once.

    Raises:
        AbsentError: Nothing stands there.
    """
    return _PLACE.sub(lambda found: _text(_at(values, found[1])), template)


def values_for(reply: Reply, expected: str, example: Example) -> dict[str, Any]:
    """What templates may name: `sample` (the answer) and `item` (the row).

    `item` is the row's own `item` where it has one, else the row, with its fields and the expected
    answer as `reference`, `ideal` and `expected` where the row has no such keys.
    """
    row = example.value if isinstance(example.value, Mapping) else {}
    own = row.get("item")
    names = dict.fromkeys(("reference", "ideal", "expected"), expected)
    item = {**names, **example.fields, **row, **(own if isinstance(own, Mapping) else {})}
    sample: dict[str, Any] = {
        "output_text": reply.text,
        "output_tools": list(reply.tool_calls),
    }
    found = parsed(reply.text, fenced=False)
    if not found.why:  # else a place in it is absent
        sample["output_json"] = found.value
    return {"item": item, "sample": sample}


def _at(values: Any, place: str) -> Any:
    here = values
    for key, index in _STEP.findall(place):
        if index and isinstance(here, list) and int(index) < len(here):
            here = here[int(index)]
        elif key and isinstance(here, Mapping) and key in here:
            here = here[key]
        else:
            raise AbsentError(place)
    return here


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
