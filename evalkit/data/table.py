# SPDX-License-Identifier: Apache-2.0
"""From the cells of a table to conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
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
    number = 0
    for record in records:
        if record.fault is None and not any(map(str.strip, record.cells)):
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
        value, cells = _conversation(record, columns, system)
        fields = {
            name: record.cells[index]
            for name, index in columns.fields.items()
            if index < len(record.cells) and record.cells[index] != ""
        }
        yield Example(where, _json(value), value, chat, None, cells, fields)


def _conversation(
    record: Cells, columns: ColumnMap, system: str | None
) -> tuple[dict[str, Any], dict[str, str]]:
    def cell(role: str) -> str | None:
        index = columns.roles.get(role)
        if index is None:
            return None
        return record.cells[index] if index < len(record.cells) else ""

    messages: list[dict[str, str]] = []
    cells: dict[str, str] = {}
    texts = {
        "system": cell("system") or system,
        "user": cell("user"),
        "assistant": cell("assistant"),
    }
    if (more := cell("input")) and texts["user"] is not None:
        texts["user"] = f"{texts['user']}\n{more}" if texts["user"] else more
    for role, text in texts.items():
        if text is None or (role == "system" and not text):
            continue
        if (index := columns.roles.get(role)) is not None:
            cells[f"/messages/{len(messages)}/content"] = f"{column_letters(index)}{record.row}"
        messages.append({"role": role, "content": text})
    return {"messages": messages}, cells


def _ragged(record: Cells, width: int) -> Broken | None:
    """More cells than the header has: a text with the delimiter in it was not quoted."""
    if not any(map(str.strip, record.cells[width:])):
        return None
    count = len(record.cells)
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


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


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
        if any(map(str.strip, record.cells)):
            return record
    return None
