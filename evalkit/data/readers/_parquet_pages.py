# SPDX-License-Identifier: Apache-2.0
"""How large the dictionary of a Parquet column is, by the header of its page.

The header is a struct of Thrift's compact protocol, of which the first three fields are wanted:
type, uncompressed size and compressed size, each an i32 (parquet-format 2.11, parquet.thrift,
`PageHeader`). Arrow unpacks by the same numbers, so that they cannot lie.
"""

from __future__ import annotations

from typing import BinaryIO

__all__ = ["longest_entry"]

_DICTIONARY = 2
_I32 = 5


def longest_entry(stream: BinaryIO, offset: int) -> int:
    """Bytes that one entry of a dictionary page may have, at the most; 0 where there is no page.

    Args:
        stream: The file.
        offset: Where the page begins.
    """
    if offset <= 0:
        return 0
    stream.seek(offset)
    header, at, field = stream.read(24), 0, 0
    found: dict[int, int] = {}
    while len(found) < 3 and at < len(header):
        kind, step = header[at] & 15, header[at] >> 4
        if kind != _I32 or not step:  # not a page header: whoever reads it says so
            return 0
        value, at = _varint(header, at + 1)
        field += step
        found[field] = (value >> 1) ^ -(value & 1)
    return max(0, found.get(2, 0)) if found.get(1) == _DICTIONARY else 0


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 64:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value, at
