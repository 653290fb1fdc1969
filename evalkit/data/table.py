# SPDX-License-Identifier: Apache-2.0
"""From the cells of a table to conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evalkit.core.errors import InputError
from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.columns import ColumnMap
from evalkit.data.recognise import layout

__all__ = ["Cells", "TableOptions", "column_letters", "examples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """How to read a table.

    Attributes:
        columns: Role ("system", "user", "assistant", "input") or name of a field to header, such
            as {"user": "ask", "assistant": "answer"}; found by usual names where not given.
        sheet: Name of the sheet of a workbook.
        encoding: Of the text; told from the bytes where not given.
        system: A constant system prompt; fills empty cells where `columns` names a system column.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    encoding: str | None = None
    system: str | None = None


class Cells(NamedTuple):
    """One record of a table.

    Attributes:
        row: As a spreadsheet numbers it: the header is 1.
        line: First physical line; the row in workbooks.
        end_line: Last physical line.
        cells: Their texts.
        start: First byte in the source, 0 in workbooks.
        end: One past the last.
        fault: Why the record cannot be trusted.
    """

    row: int
    line: int
    end_line: int
    cells: Sequence[str]
    start: int = 0
    end: int = 0
    fault: Broken | None = None


def column_letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def examples(
    records: Iterable[Cells],
    columns: ColumnMap,
    width: int,
    *,
    source: str,
    system: str | None = None,
    sheet: str | None = None,
) -> Iterator[Example]:
    """Conversations of the records below the header; empty rows are left out.

    Args:
        records: Below the header.
        columns: Which column is which.
        width: Number of columns of the header.
        source: The path as the user wrote it.
        system: A constant system prompt.
        sheet: Of a workbook.
    """
    chat = layout("openai-chat")
    plan = _plan(columns, system)
    number = 0
    for record in records:
        if record.fault is None and not _filled(record.cells):
            continue
        number += 1
        where = Location(
            source=source,
            line=record.line,
            end_line=record.end_line,
            number=number,
            start=record.start,
            end=record.end,
            sheet=sheet,
        )
        fault = record.fault or _ragged(record, width)
        if fault:
            raw = _json(list(record.cells))
            yield Example(where, raw, None, chat, fault)
            continue
        value, cells = _conversation(record, plan)
        fields = {
            name: record.cells[index]
            for name, index in columns.fields.items()
            if index < len(record.cells) and record.cells[index] != ""
        }
        yield Example(where, _json(value), value, chat, None, cells, fields)


def _filled(cells: Sequence[str]) -> bool:
    """Whether any cell holds more than blanks."""
    return any(cell and not cell.isspace() for cell in cells)


class _Plan(NamedTuple):
    """The column map, made ready for many rows.

    Attributes:
        roles: Role, column index or None, letters of the column.
        more: Column that is joined to the user's text, as LLaMA-Factory joins Alpaca's.
        system: The constant system prompt.
    """

    roles: Sequence[tuple[str, int | None, str]]
    more: int | None
    system: str | None


def _plan(columns: ColumnMap, system: str | None) -> _Plan:
    found = [(role, columns.roles.get(role)) for role in ("system", "user", "assistant")]
    roles = [
        (role, index, "" if index is None else column_letters(index))
        for role, index in found
        if index is not None or (role == "system" and system)
    ]
    return _Plan(roles, columns.roles.get("input"), system)


def _conversation(record: Cells, plan: _Plan) -> tuple[dict[str, Any], dict[str, str]]:
    texts = record.cells
    count = len(texts)
    messages: list[dict[str, str]] = []
    cells: dict[str, str] = {}
    for role, index, letters in plan.roles:
        text = texts[index] if index is not None and index < count else ""
        if role == "system":
            text = text or plan.system or ""
            if not text:
                continue
        elif role == "user" and plan.more is not None and plan.more < count and texts[plan.more]:
            text = f"{text}\n{texts[plan.more]}" if text else texts[plan.more]
        if letters:
            cells[f"/messages/{len(messages)}/content"] = f"{letters}{record.row}"
        messages.append({"role": role, "content": text})
    return {"messages": messages}, cells


def _ragged(record: Cells, width: int) -> Broken | None:
    """More cells than the header has: a text with the delimiter in it was not quoted."""
    count = len(record.cells)
    if count <= width or not _filled(record.cells[width:]):
        return None
    return Broken(
        "ragged",
        args={
            "cause": "ragged",
            "cells": str(count),
            "columns": str(width),
            "reason": f"{count} cells under {width} headers: a text with the delimiter unquoted?",
            "reason_zh": f"表头 {width} 列，该行 {count} 格：文本中的分隔符没有加引号？",
        },
    )


_encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all rows


def _json(value: Any) -> bytes:
    return _encode(value).encode("utf-8", "surrogatepass")


def header_of(records: Iterator[Cells], source: str) -> Cells | None:
    """The first record that is not empty; None where there is none.

    Raises:
        InputError: It cannot be decoded.
    """
    for record in records:
        if record.fault and record.fault.kind == "encoding":
            raise InputError(
                f"{source}: the header cannot be read: {record.fault.args['reason']}",
                "say which encoding it has: --encoding gb18030",
            )
        if _filled(record.cells):
            return record
    return None
