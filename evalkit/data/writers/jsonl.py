# SPDX-License-Identifier: Apache-2.0
"""A row a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

from evalkit.data.writers._writer import Writer

__all__ = ["jsonl"]

_TOGETHER = 64  # lines that are joined and written at once


def _write(lines: Iterable[bytes], stream: BinaryIO) -> Sequence[str]:
    rest = iter(lines)
    while some := list(islice(rest, _TOGETHER)):
        some.append(b"")
        stream.write(b"\n".join(some))
    return ()


jsonl = Writer(name="jsonl", suffixes=(".jsonl", ".ndjson"), takes="lines", write=_write)
