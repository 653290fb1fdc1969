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
from evalkit.data.cells import column_letters
from evalkit.data.columns import ColumnMap
from evalkit.data.lean import row_at
from evalkit.data.recognise import layout
from evalkit.data.templates import filled

__all__ = ["Cells", "TableOptions", "column_letters", "examples", "header_of", "layout_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    r"""How to read a table.

    Attributes:
        columns: Role ("system", "user", "assistant", "input"; "chosen" and "rejected" for pairs) or
            name of a field to header, such as {"user": "ask", "assistant": "answer"}; found by
            usual names where not given. For JSON rows: to key, such as `q`, `data.q` or `/data/q`.
        sheet: Name of the sheet of a workbook.
        encoding: Of the text; told from the bytes where not given.
        system: A constant system prompt; fills empty cells where `columns` names a system column.
        templates: Role to a text made of several columns, such as {"user": "{title}\n{ask}"}.
        header: Whether the first record names the columns; else they are A, B, C...
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    encoding: str | None = None
    system: str | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    header: bool = True


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

    They are rows of `openai-chat`, and of `trl-preference` where the columns hold pairs.

    Args:
        records: Below the header.
        columns: Which column is which.
        width: Number of columns of the header.
        source: The path as the user wrote it.
        system: A constant system prompt.
        sheet: Of a workbook.
    """
    known = layout(layout_of(columns))
    told = _plan(columns, system)
    if known.name != "openai-chat":
        made = _pair
    else:
        made = _conversation if any(one.template for one in told) else _plain_conversation
    room = ("",) * width
    needed = _needed(told) if sheet is None else 0  # workbooks do not keep empty cells at the end
    fields_at = tuple(columns.fields.items())
    number = 0
    for record in records:
        row, line, end_line, texts, start, end, fault = record
        if fault is None and not _filled(texts):
            continue
        number += 1
        count = len(texts)
        if fault is None and count != width:
            fault = _ragged(record, width) if count > width else _short(count, width, needed)
        if fault is not None:
            where = Location(
                source=source,
                line=line,
                end_line=end_line,
                number=number,
                start=start,
                end=end,
                sheet=sheet,
            )
            yield Example(where, _json(list(texts)), None, known, fault)
            continue
        if count < width:
            texts = (*texts, *room[count:])
            count = width
        value, cells, raw = made(texts, row, told)
        fields = {
            name: texts[index] for name, index in fields_at if index < count and texts[index] != ""
        }
        yield row_at(
            source,
            line,
            end_line,
            number,
            start,
            end,
            sheet,
            raw,
            value,
            known,
            cells,
            fields,
        )


def layout_of(columns: ColumnMap) -> str:
    """Name of the layout of the rows that such columns make."""
    return "trl-preference" if {"chosen", "rejected"} <= _given(columns) else "openai-chat"


def _given(columns: ColumnMap) -> set[str]:
    return {*columns.roles, *columns.templates}


def _filled(cells: Sequence[str]) -> bool:
    """Whether any cell holds more than blanks."""
    for cell in cells:  # noqa: SIM110  (`any` takes three times as long; every row is asked)
        if cell and not cell.isspace():
            return True
    return False


class _Part(NamedTuple):
    """Where the text of a role comes from.

    Attributes:
        role: Of chat completions; "chosen" and "rejected" for pairs.
        column: Its index; -1 where the text is made otherwise.
        template: Literal texts and columns; empty where it is made otherwise.
        letters: Of the (first) column, "" where there is none.
        more: Column that is joined to the text, as LLaMA-Factory joins Alpaca's; -1 for none.
        instead: The text where the cell is empty.
        optional: Whether an empty text makes no message.
    """

    role: str
    column: int
    template: tuple[str | int, ...] = ()
    letters: str = ""
    more: int = -1
    instead: str = ""
    optional: bool = False


def _plan(columns: ColumnMap, system: str | None) -> tuple[_Part, ...]:
    """The column map, made ready for many rows."""
    parts = []
    for role in ("system", "user", "assistant", "chosen", "rejected"):
        index, template = columns.roles.get(role, -1), columns.templates.get(role, ())
        first = next((one for one in template if isinstance(one, int)), index)
        letters = "" if first < 0 else column_letters(first)
        if role == "system":
            if letters or template or system:
                parts.append(
                    _Part(role, index, template, letters, instead=system or "", optional=True)
                )
        elif letters or template:
            more = columns.roles.get("input", -1) if role == "user" else -1
            parts.append(_Part(role, index, template, letters, more))
    return tuple(parts)


_CONTENTS = tuple(f"/messages/{index}/content" for index in range(3))
_Made = tuple[dict[str, Any], dict[str, str], bytes]  # a row, pointers to cell names, its JSON


def _text(part: _Part, texts: Sequence[str]) -> str:
    """What a row says in a role; it has a cell for every header."""
    if part.template:
        text = filled(part.template, texts.__getitem__)
    else:
        text = texts[part.column] if part.column >= 0 else ""
    if part.more >= 0 and texts[part.more]:
        text = f"{text}\n{texts[part.more]}" if text else texts[part.more]
    return text or part.instead


def _conversation(texts: Sequence[str], row: int, plan: Sequence[_Part]) -> _Made:
    messages: list[dict[str, str]] = []
    cells: dict[str, str] = {}
    for part in plan:
        role, _, _, letters, _, _, optional = part
        text = _text(part, texts)
        if text or not optional:
            if letters:
                cells[_CONTENTS[len(messages)]] = f"{letters}{row}"
            messages.append({"role": role, "content": text})
    value = {"messages": messages}
    return value, cells, _json(value)


def _plain_conversation(texts: Sequence[str], row: int, plan: Sequence[_Part]) -> _Made:
    """The same where there are no templates, in a third of the time; its JSON is put together."""
    messages: list[dict[str, str]] = []
    cells: dict[str, str] = {}
    said = [b'{"messages": [']
    for role, column, _, letters, more, instead, optional in plan:
        text = (texts[column] if column >= 0 else "") or instead
        if more >= 0 and texts[more]:
            text = f"{text}\n{texts[more]}" if text else texts[more]
        if text or not optional:
            if letters:
                cells[_CONTENTS[len(messages)]] = f"{letters}{row}"
            said += (_SAYS[role, bool(messages)], _escaped(text), b'"}')
            messages.append({"role": role, "content": text})
    said.append(b"]}")
    return {"messages": messages}, cells, b"".join(said)


def _pair(texts: Sequence[str], row: int, plan: Sequence[_Part]) -> _Made:
    """Texts, or messages where the table has system prompts: TRL takes one kind in all rows."""
    told = [(part, _text(part, texts)) for part in plan]
    answers = [(part, text) for part, text in told if part.role in ("chosen", "rejected")]
    asked = [(p, text) for p, text in told if p.role in ("system", "user")]
    asked = [(part, text) for part, text in asked if text or not part.optional]
    value: dict[str, Any] = {}
    cells: dict[str, str] = {}
    if any(part.role == "system" for part in plan):
        value["prompt"] = [{"role": part.role, "content": text} for part, text in asked]
        value |= {p.role: [{"role": "assistant", "content": text}] for p, text in answers}
        places = [(f"/prompt/{i}/content", part) for i, (part, _) in enumerate(asked)]
        places += [(f"/{part.role}/0/content", part) for part, _ in answers]
    else:
        value["prompt"] = "".join(text for _, text in asked)
        value |= {part.role: text for part, text in answers}
        places = [("/prompt", part) for part, _ in asked]
        places += [(f"/{part.role}", part) for part, _ in answers]
    cells = {where: f"{part.letters}{row}" for where, part in places if part.letters}
    return value, cells, _json(value)


def _ragged(record: Cells, width: int) -> Broken | None:
    """Why a row with too many cells is none: a text with the delimiter in it was not quoted."""
    count = len(record.cells)
    if not _filled(record.cells[width:]):
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


def _needed(plan: Sequence[_Part]) -> int:
    """How many cells a row has at least: what is asked and what is answered stand in them."""
    least = 0
    for part in plan:
        places = [one for one in part.template if isinstance(one, int)] or [part.column]
        if not part.optional:
            least = max(least, min(places) + 1)
    return least


def _short(count: int, width: int, needed: int) -> Broken | None:
    """Why a row with too few cells is none; columns that may be empty may be missing, too."""
    if count >= needed:
        return None
    return Broken(
        "ragged",
        args={
            "cause": "short",
            "cells": str(count),
            "columns": str(width),
            "reason": f"{count} cell{'s' * (count != 1)} under {width} headers: "
            "a delimiter missing, or a text with a line break unquoted?",
            "reason_zh": f"表头 {width} 列，该行 {count} 格：缺少分隔符，或文本中的换行没加引号？",
        },
    )


_encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all rows
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")


_SAYS = {
    (role, more): b'%b{"role": "%b", "content": "' % (b", " * more, role.encode())
    for role in ("system", "user", "assistant")
    for more in (False, True)
}


def _escaped(text: str) -> bytes:
    """What `_json` puts between the quotes of a text, in a third of the time."""
    try:
        said = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return _json(text)[1:-1]
    said = said.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    said = said.replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    if len(said.translate(None, _CONTROLS)) != len(said):
        return _json(text)[1:-1]
    return said


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
