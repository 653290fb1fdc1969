# SPDX-License-Identifier: Apache-2.0
"""Preference data (DPO) as answers of two models: `chosen` and `rejected`.

So a tuned model's answers are judged against the chosen ones, and a judge against those who chose:
`replay:heldout.jsonl#chosen`. Every layout of preferences that data sets come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.registry import find, names
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import paired
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import text_of
from evalkit.models.recordings._recorded import Recorded

__all__ = ["preference_rows"]


@cache
def _formats() -> tuple[Any, ...]:
    found = (find("formats", name) for name in names("formats") if "preference" in name)
    return tuple(one for one in found if one.method == "preference")


def _tells(value: Mapping[str, Any]) -> bool:
    return any(one.matches(value) for one in _formats())


def _rows(values: Values) -> Iterator[Recorded]:
    for _, value in values:
        layout = next((one for one in _formats() if one.matches(value)), None)
        if layout is None:
            raise ValueError("the row is no preference")
        pair = paired(layout.read(value))
        for model, reply in (("chosen", pair.reply), ("rejected", pair.rejected)):
            yield _row(pair, model, reply)


def _row(pair: Conversation, model: str, reply: tuple[Mapping[str, Any], ...]) -> Recorded:
    said = reply[-1]
    calls = said.get("tool_calls")
    return Recorded(
        # Of several messages the last one is asked for; those before it are history.
        messages=[dict(message) for message in (*pair.prompt, *reply[:-1])],
        reply=Reply(
            text=text_of(said.get("content")),
            tool_calls=tuple(calls) if isinstance(calls, list) else (),
        ),
        model=model,
    )


preference_rows = Layout(
    name="preference-rows", whose="preference data (DPO)", tells=_tells, rows=_rows
)
