# SPDX-License-Identifier: Apache-2.0
"""Tables whose cells hold whole conversations, as pandas and `datasets` write a column of lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evalkit.core.example import Broken, Example
from evalkit.core.pointer import to_pointer
from evalkit.data.formats._layout import Layout
from evalkit.data.lean import example_at, row_at
from evalkit.data.recognise import fields_of
from evalkit.data.table import Cells, column_letters
from evalkit.data.write import json_line

__all__ = ["json_columns", "json_rows", "row_of"]

_MOST_LITERAL = 1 << 18  # characters; a syntax tree takes a hundred times as much memory
_BESIDE = frozenset({"tools", "functions", "metadata", "images", "videos", "audios", "system"})
# Keys that hold objects or lists in some layouts and texts in others: the cells decide.
_PERHAPS = frozenset(
    {
        "systemInstruction", "system_instruction", "toolConfig", "tool_config", "history",
        "prompt", "completion", "chosen", "rejected", "preferred_output", "non_preferred_output",
        "item", "input", "ideal",
    }
)  # fmt: skip
_TRUTH = {"true": True, "false": False}
# A text, which stays as it is, or what stands between the dicts of an array of numpy: no comma.
_NO_COMMA = re.compile(r"""('(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+")|\}\s++\{""", re.DOTALL)


def json_columns(header: Sequence[str], rows: Sequence[Cells]) -> frozenset[int]:
    """Which columns hold conversations as JSON, by the first rows; none in other tables.

    Args:
        header: Names of the columns.
        rows: Some rows below the header.
    """
    samples = [
        [parsed(r.cells[index]) for r in rows if index < len(r.cells) and r.cells[index]]
        for index in range(len(header))
    ]
    names = [name.strip() for name in header]
    found = {
        index
        for index, values in enumerate(samples)
        if values
        and sum(
            _is_conversation(value) or (names[index] == "history" and _is_history(value))
            for value in values
        )
        * 2
        >= len(values)
    }
    if found:
        found |= {i for i, name in enumerate(names) if name in _BESIDE}
        found |= {
            index
            for index, values in enumerate(samples)
            if names[index] in _PERHAPS and values and None not in values
        }
    return frozenset(found)


def json_rows(
    records: Iterable[Cells],
    header: Sequence[str],
    columns: frozenset[int],
    layout: Layout,
    *,
    source: str,
    sheet: str | None = None,
) -> Iterator[Example]:
    """Rows below the header as objects of a layout; empty ones are left out.

    Columns that do not belong to the layout are fields of the row, as those of other tables.

    Args:
        records: Below the header.
        header: Names of the columns: the keys.
        columns: As `json_columns` found them.
        layout: Of the rows.
        source: The path as the user wrote it.
        sheet: Of a workbook.
    """
    own = layout.keys
    number = 0
    for record in records:
        row, line, end_line, texts, start, end, fault = record
        if fault is None and not any(text and not text.isspace() for text in texts):
            continue
        number += 1
        value: dict[str, Any] = {}
        if fault is None:
            value, fault = row_of(record, header, columns)
        if fault is not None:
            raw = json_line(list(texts))
            yield example_at(
                source, line, end_line, number, start, end, raw, None, layout, fault, {}, ()
            )
            continue
        fields = fields_of(value, layout)
        value = {key: content for key, content in value.items() if key in own}
        cells = {
            to_pointer((name.strip(),)): f"{column_letters(index)}{row}"
            for index, name in enumerate(header)
            if index < len(texts) and texts[index] and name.strip() in own
        }
        raw = json_line(value)
        yield row_at(
            source, line, end_line, number, start, end, sheet, raw, value, layout, cells, fields
        )


def row_of(
    record: Cells, header: Sequence[str], columns: frozenset[int]
) -> tuple[dict[str, Any], Broken | None]:
    """The object that a row is, or why it is none; empty cells have no key."""
    value: dict[str, Any] = {}
    for index, (name, text) in enumerate(zip(header, record.cells, strict=False)):
        key = name.strip()
        if not text or not key:
            continue
        if index in columns and text.lstrip()[:1] in {"[", "{"}:
            value[key] = parsed(text)
            if value[key] is None:
                return {}, _unlike(f"{column_letters(index)}{record.row}", text)
        elif key in {"label", "kto_tag"}:
            value[key] = _TRUTH.get(text.strip().lower(), text)
        else:
            value[key] = text
    return value, None


def parsed(text: str) -> Any:
    """The list or object that a cell spells, in JSON or as Python shows it; None where none."""
    from jiter import from_json

    text = text.strip()
    if text[:1] not in {"[", "{"}:
        return None
    try:
        return from_json(text.encode("utf-8", "surrogatepass"), allow_inf_nan=False)
    except ValueError:
        return _literal(text) if "'" in text and len(text) <= _MOST_LITERAL else None


def _literal(text: str) -> Any:
    """What `str()` made of a list of dicts, which is what pandas writes into a cell."""
    import ast
    import json
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a text such as "\d" is no fault of the user's
            value = ast.literal_eval(
                _NO_COMMA.sub(lambda m: m[1] or "},{", text)
            )  # literals only: nothing is run
        return json.loads(json_line(value))  # tuples are lists; sets and bytes are refused
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _is_conversation(value: Any) -> bool:
    """Whether it is a list of messages, or an object that holds one, as OpenAI's `input` does."""
    if isinstance(value, dict):
        value = value.get("messages")
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(m, dict) and ("role" in m or "from" in m) for m in value)
    )


def _is_history(value: Any) -> bool:
    """Whether it is a list of questions with their answers, as Alpaca's `history`."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
    )


def _unlike(cell: str, text: str) -> Broken:
    from evalkit.data.diagnose import diagnose

    found = diagnose(text)
    args = dict(found.args)
    args["reason"] = f"cell {cell}: {args.get('reason', 'no JSON')}"
    args["reason_zh"] = f"单元格 {cell}：{args.get('reason_zh', '不是 JSON')}"
    return Broken("json", found.column, args)
