# SPDX-License-Identifier: Apache-2.0
"""Text in lines of a terminal: where it may be cut, and where not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.core.printable import clipped, columns

__all__ = ["shortened", "wrapped"]

_OPENING = "（《“「【"  # no line ends behind them
_CLOSING = "，。、；：？！）》”」】…,.;:?!)]}%"  # no line begins with them
_COMMAND = re.compile(r"\bevalkit [^`]*")  # to the quote behind it, or to the end
_SHELL_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+""")


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most that many columns, cut at blanks and beside Chinese characters.

    A word is never cut, nor is a path in a command, whatever it is written in: addresses and
    commands can be copied. What is longer than a line stands beyond its end.
    """
    if columns(text) <= width:
        return [text]
    lines: list[str] = []
    start = last = 0
    for cut in [*_cuts(text), len(text)]:
        if last > start and columns(text[start:cut].rstrip()) > width:
            lines.append(text[start:last].rstrip())
            start = last
        last = cut
    return [*lines, text[start:]]


def _cuts(text: str) -> Iterator[int]:
    """Where a line may begin."""
    kept: set[int] = set()  # places inside the words of a command
    for command in _COMMAND.finditer(text):
        for word in _SHELL_WORD.finditer(text, *command.span()):
            kept.update(range(word.start() + 1, word.end()))
    for at in range(1, len(text)):
        before, behind = text[at - 1], text[at]
        if at in kept or behind == " ":
            continue
        taken = columns(before), columns(behind)  # 2 = wide, 0 = a mark on what is before it
        beside = 2 in taken and taken[1] and before not in _OPENING and behind not in _CLOSING
        if before == " " or beside:
            yield at


def shortened(text: str, width: int) -> str:
    """Printable text, cut in its middle where it takes more columns than `width`: a path."""
    if columns(text) <= width:
        return text
    tail = ""
    for character in reversed(text):
        if columns(character + tail) > (width - 1) * 2 // 3:
            break
        tail = character + tail
    head = clipped(text, width - columns(tail))
    return head + tail
