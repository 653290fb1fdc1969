# SPDX-License-Identifier: Apache-2.0
"""Errors that a user can act on; each knows its exit code.

EvalkitError            2
├── UsageError          2   the call, the configuration or the suite is off
├── InputError          2   a file that cannot be read as what it should be
├── MissingExtraError   2   an optional package or the local model is not there
├── RemoteError         3   incomplete because of a remote: refused, rate, budget; may be resumed
└── StoppedError      130   the user stopped it: what was under way is finished and stored

EndedError is none of them: the system told the process to end, which no code may swallow.

Findings in data are values, never exceptions (exit code 1 is decided by the command).
"""

from __future__ import annotations

__all__ = [
    "EndedError",
    "EvalkitError",
    "InputError",
    "MissingExtraError",
    "RemoteError",
    "StoppedError",
    "UsageError",
]


class EvalkitError(Exception):
    """What went wrong and how to mend it, each one line without a trailing full stop.

    Args:
        message: What and where; data in it must already be printable (`core.printable`).
        hint: The exact next step, or the empty string where there is none.
    """

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(EvalkitError):
    """The command line, the configuration or the suite says something that cannot be done."""


class InputError(EvalkitError):
    """A file is missing, unreadable, or not what it was taken for."""


class MissingExtraError(EvalkitError):
    """An optional package (or the local model) is needed and not installed.

    Args:
        package: What could not be imported, as its users know it.
        extra: The extra of evalkit that brings it.
        purpose: What it is needed for, as the end of "… is needed to".
    """

    def __init__(self, package: str, *, extra: str, purpose: str) -> None:
        super().__init__(
            f"{package} is needed to {purpose} and is not installed",
            f'install it: pip install "evalkit-ft[{extra}]"',
        )


class RemoteError(EvalkitError):
    """A remote refused, timed out or ran out; what was answered is kept and the run resumes.

    Args:
        message: As for `EvalkitError`.
        hint: As for `EvalkitError`.
        status: HTTP status where there was one.
        retry_after: Seconds that the remote asked us to wait, where it did.
        retryable: Whether asking again may help.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.status = status
        self.retry_after = retry_after
        self.retryable = retryable


class StoppedError(EvalkitError):
    """The user stopped it; what was under way is finished and stored, and the run resumes."""

    exit_code = 130


class EndedError(SystemExit):
    """The process was told to end (SIGTERM, SIGHUP).

    Whoever runs code of the user's lets it pass; a SystemExit of another kind is that code's own.
    """
