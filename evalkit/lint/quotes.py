# SPDX-License-Identifier: Apache-2.0
"""Excerpts of the data beside findings, also of rows that had passed when theirs were known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.pointer import at
from evalkit.core.secrets import masked, quoted

__all__ = ["excerpt_of", "rows_again"]

_WINDOW = 8192  # bytes that are looked at for an excerpt
_WIDTH = 96


def excerpt_of(example: Example, pointer: str = "") -> str:
    """What stands at the pointer if that is text, else the place of the error, else the start."""
    if pointer and example.broken is None:
        try:
            value = at(example.value, pointer)
        except LookupError:
            value = None
        if isinstance(value, str):
            return f'"{quoted(value, _WIDTH)}"'
    text = example.raw[: 1 << 20].decode("utf-8", "replace")
    column = (example.broken.column if example.broken is not None else None) or 1
    if column > _WIDTH // 2:
        # Masked before it is cut: half a secret would not be known for one.
        before = masked(text[max(0, column - 4096) : column - 1])[-_WIDTH // 2 :]
        return quoted(f"…{before}{masked(text[column - 1 :][:4096])}", _WIDTH)
    return quoted(text, _WIDTH)


def rows_again(path: str, places: Iterable[Location]) -> Iterator[tuple[str, str]]:
    """An excerpt of each row and the first 16 hex digits of the SHA-256 of its bytes.

    Args:
        path: A plain JSONL file in UTF-8.
        places: Of the rows; the file is read at their spans.
    """
    with ExitStack() as stack:
        try:
            stream: BinaryIO | None = stack.enter_context(Path(path).open("rb"))
        except OSError:
            stream = None
        for place in places:
            if stream is None:
                yield "", ""
                continue
            stream.seek(place.start)
            raw = stream.read(place.end - place.start).rstrip(b"\r\n")
            shown = quoted(raw[:_WINDOW].decode("utf-8", "replace"), _WIDTH)
            yield shown, hashlib.sha256(raw).hexdigest()[:16]
