# SPDX-License-Identifier: Apache-2.0
"""Finds where JSON values end without parsing them: brackets and quotes only."""

from __future__ import annotations

import re

__all__ = ["Scanner"]

# All of these are possessive: nothing is tried twice, however hostile the bytes.
_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# Whole strings and what is outside, so many that what is made of them stays small.
_WHOLE = re.compile(rb'(?:[^"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"){0,20000}+', re.DOTALL)
# Up to the next bracket, or to a string that does not end in the piece.
_PLAIN = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)


class Scanner:
    """Follows depth and strings through pieces of bytes.

    Attributes:
        depth: Open brackets.
        inside: Whether the place is inside a string.
    """

    __slots__ = ("_escaped", "depth", "inside")

    def __init__(self) -> None:
        self.depth = 0
        self.inside = False
        self._escaped = False

    @property
    def closed(self) -> bool:
        """Whether every bracket and string is closed."""
        return self.depth <= 0 and not self.inside

    def feed(self, piece: bytes, start: int = 0, *, floor: int | None = None) -> int:
        """Go through `piece` from `start`.

        Args:
            piece: The next bytes.
            start: Where to begin in them.
            floor: Stop behind the closing bracket that brings the depth down to this.

        Returns:
            Where it stopped: behind that bracket, or the length of the piece.
        """
        at = start
        if self._escaped and at < len(piece):
            at, self._escaped = at + 1, False
        if self.inside:
            at = self._text(piece, at)
        return self._all(piece, at) if floor is None else self._until(piece, at, floor)

    def _text(self, piece: bytes, at: int) -> int:
        """Go to behind the quote that closes the text, or to the end."""
        match = _TEXT.match(piece, at)
        at = match.end() if match else at
        if at < len(piece):
            self.inside = piece[at] != 0x22
            self._escaped = self.inside  # a backslash that nothing follows
            at += 1
        return at

    def _until(self, piece: bytes, at: int, floor: int) -> int:
        while at < len(piece):
            match = _PLAIN.match(piece, at)
            at = match.end() if match else at
            if at == len(piece):
                break
            byte = piece[at]
            at += 1
            if byte == 0x22:
                self.inside = True
                at = self._text(piece, at)
            elif byte in b"{[":
                self.depth += 1
            else:
                self.depth -= 1
                if self.depth <= floor:
                    break
        return at

    def _all(self, piece: bytes, at: int) -> int:
        while match := _WHOLE.match(piece, at):
            outside = match.group()
            if b'"' in outside:
                outside = _STRING.sub(b"", outside)
            self.depth += outside.count(b"{") + outside.count(b"[")
            self.depth -= outside.count(b"}") + outside.count(b"]")
            if match.end() == at:
                break
            at = match.end()
        if at < len(piece):  # a quote
            self.inside = True
            self._text(piece, at + 1)
        return len(piece)
