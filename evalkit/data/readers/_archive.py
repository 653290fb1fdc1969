# SPDX-License-Identifier: Apache-2.0
"""Whether a workbook may be unpacked: what its archive holds is looked at before calamine does.

What the directory of an archive says of its members is the word of whoever wrote it. Members are
unpacked here piece by piece, which needs no memory, and must be as long as the directory says.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import sub
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from evalkit.core.errors import InputError

__all__ = ["check_archive"]

_MOST_BYTES = 1 << 30  # unpacked
_MOST_RATIO = 200  # unpacked to packed, for workbooks above ...
_SMALL = 64 << 20
# Calamine holds the rectangle around all cells of a sheet, about 32 bytes each: two far cells in a
# file of 6 KB take 3 GB (measured 2026-11 with 0.9.1). 16 M cells are a full sheet of 16 columns.
_MOST_CELLS = 16_000_000
_MOST_TEXT = 2 << 30  # bytes of shared texts in cells: each cell has a copy of its own

# As calamine takes them: any quote, blanks around the sign, small letters, any prefix.
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?r\s*=\s*[\"'](\d{1,7})[\"']")
_PLACE = re.compile(rb"<(?:\w+:)?c\s[^>]*?r\s*=\s*[\"']([A-Za-z]{1,7})(\d{1,7})[\"']")
# Places beyond column Z or row 99,999 (and some other numbers), and what they look like when a
# letter is A, a digit 9 and blanks are gone: that is found in half the time, and seldom there.
_FAR = re.compile(rb"=\s*[\"'](?:([A-Za-z]{2,7})(\d{1,7})|[A-Za-z]?([1-9]\d{5,6}))[\"']")
_SHAPE = bytes.maketrans(
    b"abcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ012345678'", b"A" * 51 + b"9" * 9 + b'"'
)
_FAR_SHAPES = (b'="AA', b'="999999', b'="A999999')
_REPEATED = re.compile(
    rb"<(?:\w+:)?(table-cell|table-row)\s[^>]*?number-(?:columns|rows)-repeated\s*=\s*[\"'](\d{1,9})"
)
_TEXT = re.compile(rb"<(?:\w+:)?si[\s/>]")
_INDEX = re.compile(rb"<(?:\w+:)?v\s*>\s*(\d{1,9})")

_BLOCK = 1 << 18
_OVERLAP = 512


def check_archive(path: str, place: str) -> None:
    """Refuse workbooks that need far more memory than they have bytes.

    Args:
        path: For messages.
        place: Where the file lies.

    Raises:
        InputError: It is one of these, or damaged.
        BadZipFile: It is no archive at all.
        OSError: It cannot be read.
    """
    with ZipFile(place) as archive:
        members = archive.infolist()
    _check_ratio(path, members)
    with Path(place).open("rb") as stream:
        looks = [_Look.at(_pieces(stream, member)) for member in members]
        for member, look in zip(members, looks, strict=True):
            if look.rows * look.columns > _MOST_CELLS:
                _check_extent(path, _pieces(stream, member))
        longest = max((look.longest_text for look in looks), default=0)
        cells = sum(look.tags for look in looks) // 4  # <c><v></v></c>
        if longest * cells > _MOST_TEXT:
            _check_texts(path, stream, members, looks)


def _check_ratio(path: str, members: Sequence[ZipInfo]) -> None:
    unpacked = sum(m.file_size for m in members)
    times = unpacked // (sum(m.compress_size for m in members) or 1)
    if unpacked > _MOST_BYTES or (unpacked > _SMALL and times > _MOST_RATIO):
        raise InputError(
            f"{path} unpacks to {unpacked >> 20:,} MiB, {times} times its size",
            "save the sheet as CSV if you trust it",
        )


@dataclass(slots=True)
class _Look:
    """What is seen of a member in passing.

    Attributes:
        rows: As many as its cells may span.
        columns: As many as its cells may span.
        tags: How many there are.
        longest_text: Bytes of the longest text of a table of shared texts, with its tags.
    """

    rows: int = 99_999
    columns: int = 26
    tags: int = 0
    longest_text: int = 0

    @classmethod
    def at(cls, pieces: Iterator[bytes]) -> _Look:
        look, rest, begin = cls(), b"", -1
        place = 0  # of the piece in the member
        for piece in pieces:
            look.tags += piece.count(b"<")
            joined = rest + piece
            shape = joined.translate(_SHAPE, b" \t\r\n")
            far = any(one in shape for one in _FAR_SHAPES)
            for letters, row, further in _FAR.findall(joined) if far else ():
                look.rows = max(look.rows, int(row or further))
                look.columns = max(look.columns, _number(letters.upper()))
            if b"-repeated" in joined:
                look.rows = look.columns = _MOST_CELLS
            if b"<si" in joined or b":si" in joined:
                before = place - len(rest)
                starts = [before + match.start() for match in _TEXT.finditer(joined)]
                if starts:
                    first = begin if begin >= 0 else starts[0]
                    gaps = map(sub, starts, (first, *starts))
                    look.longest_text = max(look.longest_text, *gaps)
                    begin = starts[-1]
            place += len(piece)
            rest = joined[-_OVERLAP:]
        if begin >= 0:
            look.longest_text = max(look.longest_text, place - begin)
        return look


def _check_extent(path: str, pieces: Iterator[bytes]) -> None:
    """Refuse a sheet whose cells span too much."""
    rows = columns = 1
    rest = b""
    for piece in pieces:
        joined = rest + piece
        rest = joined[-_OVERLAP:]
        if numbers := _ROW.findall(joined):
            rows = max(rows, *map(int, numbers))
        if found := _PLACE.findall(joined):
            rows = max(rows, *(int(row) for _, row in found))
            columns = max(columns, *map(_number, {letters.upper() for letters, _ in found}))
        for what, times in _REPEATED.findall(joined):
            if what == b"table-row":
                rows = max(rows, int(times))
            else:
                columns = max(columns, int(times))
        if rows * columns > _MOST_CELLS:
            raise InputError(
                f"{path}: its cells span {rows:,} rows and {columns:,} columns",
                "delete the far cells, or save the sheet as CSV",
            )


def _check_texts(
    path: str, stream: BinaryIO, members: Sequence[ZipInfo], looks: Sequence[_Look]
) -> None:
    """Refuse a workbook in which many cells mean the same long texts."""
    lengths: list[int] = []
    for member, look in zip(members, looks, strict=True):
        if look.longest_text:
            whole = b"".join(_pieces(stream, member))
            starts = [match.start() for match in _TEXT.finditer(whole)]
            ends = [*starts[1:], len(whole)]
            lengths += [end - start for start, end in zip(starts, ends, strict=True)]
    for member, look in zip(members, looks, strict=True):
        if look.longest_text:
            continue
        size, rest = 0, b""
        for piece in _pieces(stream, member):
            joined = rest + piece
            cut = joined.rfind(b"<", 0, max(0, len(joined) - 32))
            joined, rest = (joined[:cut], joined[cut:]) if cut > 0 else (b"", joined[-_BLOCK:])
            indexes = map(int, _INDEX.findall(joined))
            size += sum(lengths[index] for index in indexes if index < len(lengths))
            if size > _MOST_TEXT:
                raise InputError(
                    f"{path}: its cells hold more than {_MOST_TEXT >> 30} GiB of text, "
                    "most of it again and again",
                    "save the sheet as CSV if you trust it",
                )


def _pieces(stream: BinaryIO, member: ZipInfo) -> Iterator[bytes]:
    """The bytes of a member, as long as the directory says.

    Raises:
        _DamagedError: They are longer or shorter, or packed in a way that workbooks are not.
    """
    stream.seek(member.header_offset)
    header = stream.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise _DamagedError("a member is not where the directory says")
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    place, end = stream.tell() + name + extra, stream.tell() + name + extra + member.compress_size
    unpack = zlib.decompressobj(-15) if member.compress_type == ZIP_DEFLATED else None
    if unpack is None and member.compress_type != ZIP_STORED:
        raise _DamagedError(f"a member is packed by method {member.compress_type}")
    given = 0
    rest = b""
    while place < end or rest:
        if not rest:
            stream.seek(place)
            rest = stream.read(min(_BLOCK, end - place))
            if not rest:
                raise _DamagedError("a member ends too early")
            place += len(rest)
        if unpack is None:
            piece, rest = rest, b""
        else:
            piece = unpack.decompress(rest, _BLOCK * 4)
            rest = unpack.unconsumed_tail
        given += len(piece)
        if given > member.file_size:
            raise _DamagedError("a member is longer than the directory says")
        yield piece
        if unpack is not None and unpack.eof:
            return


class _DamagedError(Exception):
    """What is wrong with an archive."""


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
