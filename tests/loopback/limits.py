# SPDX-License-Identifier: Apache-2.0
"""Requests and tokens per minute, as a provider keeps to them, and when requests came."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Arrival", "Limits", "busiest"]


class Arrival(NamedTuple):
    """One request at the door."""

    time: float  # monotonic
    path: str
    key: str
    tokens: int  # that it counts for: a quarter of its bytes and its longest answer
    status: int


@dataclass
class Limits:
    """In any `window` seconds so much of the minute's limit as falls to them; None = no limit."""

    rpm: float | None = None
    tpm: float | None = None
    window: float = 60.0
    refused_count: bool = False  # whether a refused request uses the limit up, too
    _seen: deque[tuple[float, int]] = field(default_factory=deque, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def admit(self, tokens: int, now: float) -> tuple[bool, dict[str, str]]:
        """Whether a request may pass, and what the server says of its limits."""
        with self._lock:
            while self._seen and self._seen[0][0] <= now - self.window:
                self._seen.popleft()
            used = (len(self._seen), sum(n for _, n in self._seen))
            room = (self._share(self.rpm), self._share(self.tpm))
            # One that is larger than the whole window passes an empty one.
            fits = used[0] + 1 <= room[0] and (used[1] == 0 or used[1] + tokens <= room[1])
            if fits or self.refused_count:
                self._seen.append((now, tokens))
                used = (used[0] + 1, used[1] + tokens)
            reset = self._seen[0][0] + self.window - now if self._seen else 0.0
        headers = {}
        for name, limit, has, uses in zip(
            ("requests", "tokens"), (self.rpm, self.tpm), room, used, strict=True
        ):
            if limit is not None:
                headers[f"x-ratelimit-limit-{name}"] = f"{limit:.0f}"
                headers[f"x-ratelimit-remaining-{name}"] = f"{max(0, int(has - uses))}"
                headers[f"x-ratelimit-reset-{name}"] = f"{reset:.3f}s"
        if not fits:
            headers["retry-after-ms"] = f"{reset * 1000:.0f}"
            headers["retry-after"] = f"{reset:.3f}"
        return fits, headers

    def _share(self, per_minute: float | None) -> float:
        return float("inf") if per_minute is None else per_minute * self.window / 60


def busiest(arrivals: Sequence[tuple[float, float]], seconds: float) -> float:
    """The most that came within any so many seconds; of (time, amount), in any order."""
    ordered = sorted(arrivals)
    most = total = 0.0
    first = 0
    for time, amount in ordered:
        total += amount
        while ordered[first][0] <= time - seconds:
            total -= ordered[first][1]
            first += 1
        most = max(most, total)
    return most
