# SPDX-License-Identifier: Apache-2.0
"""So much a minute, spread evenly: the generic cell rate algorithm, which needs one number.

It keeps the time at which the next unit is due (ITU-T I.371, annex A). Nothing saved up is spent
at once: providers count in windows shorter than the minute that they name, so a burst after a
pause is refused although the minute had room for it.
"""

from __future__ import annotations

__all__ = ["Bucket"]

_SPARE = 0.98  # of the limit: clocks and the way to the server differ by a little


class Bucket:
    """A rate that is kept by waiting; one unit may be larger than a whole minute's.

    Attributes:
        per_minute: The limit as the provider or the user says it; None = none is known.
    """

    __slots__ = ("_due", "per_minute")

    def __init__(self, per_minute: float | None = None) -> None:
        self.per_minute = per_minute
        self._due = 0.0

    def wait(self, now: float) -> float:
        """Seconds until something may go out; 0 = at once."""
        return max(0.0, self._due - now)

    def take(self, amount: float, now: float) -> None:
        """Let `amount` go out now; what is too large is paid off by those that come after it."""
        if self.per_minute is not None:
            self._due = max(self._due, now) + self._seconds(amount)

    def correct(self, reserved: float, used: float) -> None:
        """Charge what was reserved too little.

        Nothing is given back: providers count what a request may need, `max_tokens` included, when
        it comes in, and not what it used (OpenAI and Azure, rate limits guides, 2026-11).
        """
        if self.per_minute is not None and used > reserved:
            self._due += self._seconds(used - reserved)

    def learn(self, per_minute: float) -> None:
        """The provider says its limit: it holds where none, or a larger one, was known."""
        if per_minute > 0 and (self.per_minute is None or per_minute < self.per_minute):
            self.per_minute = per_minute

    def empty_until(self, when: float) -> None:
        """The provider has nothing left before that time."""
        self._due = max(self._due, when)

    def _seconds(self, amount: float) -> float:
        return amount * 60.0 / (self.per_minute * _SPARE) if self.per_minute else 0.0
