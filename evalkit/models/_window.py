# SPDX-License-Identifier: Apache-2.0
"""How many requests may be under way: found by trying, as a provider's patience is not published.

Doubled until the first refusal, a fifth less after each spell of refusals, then one more for each
round without any (the scheme of TCP's slow start and congestion avoidance, RFC 5681 3.1, with a
gentler cut).
"""

from __future__ import annotations

__all__ = ["Window"]

_START = 8
_CUT = 0.8


class Window:
    """The number of requests that may be under way.

    Attributes:
        size: How many now.
        most: How many at most.
    """

    __slots__ = ("_calm", "_cut_at", "_served", "most", "size")

    def __init__(self, most: int, *, start: int = _START) -> None:
        self.most = max(1, most)
        self.size = min(self.most, max(1, start))
        self._calm = True  # nothing was refused yet
        self._served = 0
        self._cut_at = float("-inf")

    def limit(self, most: int) -> None:
        """Keep to a lower ceiling too."""
        self.most = max(1, min(self.most, most))
        self.size = min(self.size, self.most)

    def served(self) -> None:
        """A request was answered."""
        self._served += 1
        if self._served < self.size or self.size >= self.most:
            return
        self._served = 0
        self.size = min(self.most, self.size * 2 if self._calm else self.size + 1)

    def refused(self, started: float, now: float) -> None:
        """A request was refused for its rate.

        Args:
            started: When it went out: what was under way at the last cut says nothing new.
            now: The time.
        """
        if started < self._cut_at:
            return
        self._calm = False
        self._served = 0
        self._cut_at = now
        self.size = max(1, int(self.size * _CUT))
