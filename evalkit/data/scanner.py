# SPDX-License-Identifier: Apache-2.0
"""Finds where JSON values end without parsing them: brackets and quotes only."""

from __future__ import annotations

import re

__all__ = ["Scanner"]

# Whole strings and what is neither quote nor bracket; nothing is tried twice.
_PLAIN = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')


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
        while True:
            if self.inside:
                match = _INSIDE.search(piece, at)
            else:
                plain = _PLAIN.match(piece, at)
                match = _OUTSIDE.search(piece, plain.end() if plain else at)
            if match is None:
                return len(piece)
            at = match.end()
            byte = piece[at - 1]
            if byte == 0x22:
                self.inside = not self.inside
            elif byte == 0x5C:
                if at == len(piece):
                    self._escaped = True
                    return at
                at += 1
            elif byte in b"{[":
                self.depth += 1
            else:
                self.depth -= 1
                if floor is not None and self.depth <= floor:
                    return at
