# SPDX-License-Identifier: Apache-2.0
"""What a writer is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

__all__ = ["Row", "Writer", "fits_all"]

Row = Mapping[str, Any]


def fits_all(row: Row) -> str:  # noqa: ARG001  (the shape of a callback)
    """For containers that hold every row."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A container that rows can be written to.

    Attributes:
        name: As users say it.
        suffixes: Of files that are such, with the dot.
        takes: Whether `write` is given rows, or lines of JSON without line feeds.
        write: Writes them all to a stream; returns what a person should know of the outcome, one
            sentence each. It holds a few rows at a time.
        text: Whether it is text: it may be packed, and go to standard output.
        flat: Whether it is a table that people read: rows of `table-row` where no layout is named.
        why_not: Why a row does not fit, in a few words; "" where it does.
    """

    name: str
    suffixes: tuple[str, ...]
    takes: Literal["rows", "lines"]
    write: Callable[[Iterable[Any], BinaryIO], Sequence[str]]
    text: bool = True
    flat: bool = False
    why_not: Callable[[Row], str] = fits_all
