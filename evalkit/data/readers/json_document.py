# SPDX-License-Identifier: Apache-2.0
"""A JSON document: a list of rows, one row, or rows one after another, printed in any way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from evalkit.core.example import Broken, Example
from evalkit.data.diagnose import cut_off, diagnose, not_object
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lean import example_at
from evalkit.data.lines import LINE_CAP, lines, too_long, undecodable
from evalkit.data.readers._splitter import Piece, Record, Splitter
from evalkit.data.recognise import fields_of
from evalkit.data.repeated import reread

__all__ = ["json_document"]

_BLOCK = 1 << 19


def json_document(
    stream: BinaryIO,
    source: str,
    encoding: Encoding,
    layout: Layout | None = None,
    *,
    cap: int = LINE_CAP,
) -> Iterator[Example]:
    """Rows of a document in order, each with its own lines; arguments as for `jsonl`."""
    own = layout.keys if layout else frozenset[str]()
    splitter = Splitter(_pieces(stream, encoding), cap)
    for number, record in enumerate(splitter, 1):
        value, repeated, error = _parsed(record)
        fault: Broken | None = None
        fields: dict[str, str] = {}
        if error:
            shorter = splitter.shortened(record)
            record = shorter or (record.trimmed() if record.cut else record)  # noqa: PLW2901
            fault = _why(record, cap)
        elif type(value) is not dict:
            fault, value = not_object(value), None
        elif "metadata" in value or not own.issuperset(value):
            fields = fields_of(value, layout)
        yield example_at(
            source,
            record.line,
            record.end_line,
            number,
            record.start,
            record.end,
            record.raw,
            value,
            layout,
            fault,
            fields,
            repeated,
        )


def _parsed(record: Record) -> tuple[Any, tuple[str, ...], str]:
    """The value, keys that stand in it twice, and what is wrong with it."""
    from jiter import from_json

    if record.long or record.cut:
        return None, (), "not whole"
    try:
        value = from_json(
            record.raw, allow_inf_nan=False, cache_mode="keys", catch_duplicate_keys=True
        )
    except ValueError as error:
        return reread(record.raw, str(error))
    return value, (), ""


def _why(record: Record, cap: int) -> Broken:
    if record.long:
        return too_long(record.end - record.start, cap)
    if not record.raw:
        return cut_off()
    try:
        return diagnose(record.raw.decode())
    except UnicodeDecodeError as error:
        return undecodable(error, record.start, "utf-8")


def _pieces(stream: BinaryIO, encoding: Encoding) -> Iterator[Piece]:
    """Blocks of UTF-8 and where they begin in the source."""
    if encoding.codec == "utf-8":
        start = len(stream.read(encoding.mark))
        while block := stream.read(_BLOCK):
            yield block, start
            start += len(block)
        return
    for raw, start, _, _ in lines(stream, encoding):
        yield raw + b"\n", start
