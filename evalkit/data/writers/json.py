# SPDX-License-Identifier: Apache-2.0
"""One list of all rows, a row a line, so that it can be read and compared like JSONL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

from evalkit.data.writers._writer import Writer

__all__ = ["json"]

_TOGETHER = 64


def _write(lines: Iterable[bytes], stream: BinaryIO) -> Sequence[str]:
    rest = iter(lines)
    before = b"[\n"
    while some := list(islice(rest, _TOGETHER)):
        stream.write(before + b",\n".join(some))
        before = b",\n"
    stream.write(b"[]\n" if before == b"[\n" else b"\n]\n")
    return ()


json = Writer(name="json", suffixes=(".json",), takes="lines", write=_write)
