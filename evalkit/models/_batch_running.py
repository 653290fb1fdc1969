# SPDX-License-Identifier: Apache-2.0
"""Which batches go on at their providers when a run ends, and how that is said."""

from __future__ import annotations

from evalkit.core.errors import EvalkitError, RemoteError, StoppedError

__all__ = ["Running"]

_NAMED = 3  # batches of one host that are named; the others are counted


class Running:
    """The batches on their way: one list for all models and repeats of a run.

    Each of them ends by itself when the run is stopped, some while others still make a batch: what
    goes on is only known, and said, once all have ended (`reword`).
    """

    def __init__(self) -> None:
        """Nothing is on its way."""
        self._batches: list[tuple[str, str]] = []
        self._raised: list[tuple[EvalkitError, str]] = []
        self._interrupted = False

    def add(self, batch: str, host: str) -> None:
        """A batch goes on at a host; twice where two calls want its answers."""
        self._batches.append((batch, host))

    def remove(self, batch: str, host: str) -> None:
        """A batch has ended."""
        self._batches.remove((batch, host))

    def said(self) -> tuple[str, str]:
        """What goes on without us, and how to go on with it."""
        if not self._batches:
            return "nothing is on its way", "the same command starts again"
        by_host: dict[str, list[str]] = {}
        for batch, host in dict.fromkeys(self._batches):
            by_host.setdefault(host, []).append(batch)
        return (
            "; ".join(_going_on(batches, host) for host, batches in by_host.items()),
            "the same command fetches the answers; nothing is asked twice",
        )

    def stopped(self) -> StoppedError:
        """The error for the user's stop."""
        what, how = self.said()
        error = StoppedError(f"stopped: {what}", how)
        self._raised.append((error, "stopped"))
        return error

    def late(self) -> RemoteError:
        """The error for the end of the time."""
        what, how = self.said()
        error = RemoteError(f"the deadline has come: {what}", how)
        self._raised.append((error, "the deadline has come"))
        return error

    def interruption(self) -> str | None:
        """A line for who interrupts it all; only the first time, as each call is interrupted."""
        if self._interrupted:
            return None
        self._interrupted = True
        return "interrupted: {}; {}".format(*self.said())

    def reword(self, error: BaseException) -> None:
        """Let an error that ends the run name every batch that goes on, not its own call's."""
        what, how = self.said()
        for raised, why in self._raised:
            if raised is error:
                raised.message, raised.hint = f"{why}: {what}", how
                return
        if self._batches and isinstance(error, EvalkitError):
            error.message = f"{error.message}; {what}"


def _going_on(batches: list[str], host: str) -> str:
    more = f" + {len(batches) - _NAMED} more" if len(batches) > _NAMED else ""
    verb = "goes" if len(batches) == 1 else "go"
    return f"{', '.join(batches[:_NAMED])}{more} {verb} on at {host}"
