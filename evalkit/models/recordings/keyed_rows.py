# SPDX-License-Identifier: Apache-2.0
"""One JSON object that holds a row for each identifier, as OpenCompass and LawBench write them.

`{"0": {"origin_prompt": "…", "prediction": "…", "refr": "…"}, "1": …}`; newer ones say `gold` for
what is expected, and write the prompt as a list of `{"role": "HUMAN", "prompt": "…"}`. Rows of
others are read alike where their keys have usual names. Seen in LawBench's predictions (2023-10).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.models.recordings._layout import Layout, Value, Values
from evalkit.models.recordings._parts import mapping
from evalkit.models.recordings._recorded import Recorded
from evalkit.models.recordings.id_and_text import id_and_text

__all__ = ["keyed_rows"]

_ROLES = {"HUMAN": "user", "BOT": "assistant", "SYSTEM": "system"}


def _tells(value: Mapping[str, Any]) -> bool:
    rows = list(value.values())
    return (
        bool(rows)
        and all(isinstance(row, Mapping) for row in rows)
        and id_and_text.tells({"id": "", **rows[0]})
    )


def _rows(values: Values) -> Iterator[Recorded]:
    for where, value in values:
        several: list[Value] = []
        for name, row in value.items():
            if not isinstance(row, Mapping):
                raise ValueError("an identifier without a row")  # noqa: TRY004  of the data
            several.append((where, {"id": name, **_in_chat_terms(row)}))
        for recorded in id_and_text.rows(several):
            yield replace(recorded, line=None)


def _in_chat_terms(row: Mapping[str, Any]) -> dict[str, Any]:
    prompt = row.get("origin_prompt")
    if not isinstance(prompt, list):
        return dict(row)
    messages = [
        {"role": _ROLES.get(str(mapping(one).get("role")), "user"), "content": text}
        for one in prompt
        if isinstance(text := mapping(one).get("prompt"), str)
    ]
    return {**row, "origin_prompt": messages}


keyed_rows = Layout(
    name="keyed-rows", whose="results of OpenCompass: rows by identifier", tells=_tells,
    rows=_rows, order=8,
)  # fmt: skip
