# SPDX-License-Identifier: Apache-2.0
"""Cuts a file into parts that can be read by themselves, with the same result as the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.readers import jsonl
from evalkit.data.source import open_source

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["cuts", "shifted"]

_FARTHEST = 8 << 20  # bytes that are looked at for a line to cut before

Placed = TypeVar("Placed", Example, Location)


def cuts(dataset: DataSet, parts: int) -> list[int]:
    """Byte offsets between parts of about the same size, for `DataSet.part`.

    Reading the parts one by one gives the examples of the whole, whatever is broken in it: a cut
    lies before a line that surely begins a record, and where the reader forgets what was before.

    Args:
        dataset: Only plain JSONL in UTF-8 is cut; of others there is one part.
        parts: How many are wanted.

    Returns:
        Ascending, without 0 and the size; at most `parts` - 1, fewer where no line is found.

    Raises:
        InputError: The file is gone.
    """
    if not dataset.divisible or parts < 2:
        return []
    found: list[int] = []
    with open_source(dataset.place, dataset.path).open() as stream:
        for part in range(1, parts):
            place = -(-dataset.size * part // parts // jsonl.STRIDE) * jsonl.STRIDE
            if found and place <= found[-1]:
                continue
            cut = _row_after(stream, place, dataset.max_line_bytes)
            if cut is not None and 0 < cut < dataset.size:
                found.append(cut)
    return found


def _row_after(stream: BinaryIO, place: int, longest: int) -> int | None:
    """Where the first line that surely begins a record begins, at `place` or behind it."""
    if place <= 0:
        return None
    stream.seek(place - 1)  # a line that begins at the place itself counts
    line, begin = b"", place - 1
    while begin < place + _FARTHEST:
        piece = stream.readline(longest + 2)
        fits = line.endswith(b"\n") and len(piece.removesuffix(b"\n")) <= longest
        if fits and jsonl.begins_record(piece.rstrip(b"\r\n")):
            return begin
        if not piece:
            return None
        begin += len(piece)
        line = piece
    return None


def shifted(placed: Placed, lines: int, numbers: int) -> Placed:
    """An example of a part, or its location, where it stands in the whole file.

    Args:
        placed: Its line and number count from the beginning of the part.
        lines: Physical lines before the part.
        numbers: Examples before the part.
    """
    if isinstance(placed, Example):
        return replace(placed, location=placed.location.moved(lines, numbers))
    return placed.moved(lines, numbers)
