# SPDX-License-Identifier: Apache-2.0
"""Why an order is not sent."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import EvalkitError, UsageError

__all__ = ["ClosedError", "RefusedError", "TwinsError"]


class ClosedError(UsageError):
    """The provider takes no such job any more; the hint names those that do."""


class TwinsError(EvalkitError):
    """Two machines ordered the same in the same second, and the later job cannot be cancelled."""

    exit_code = 1


class RefusedError(EvalkitError):
    """The rows or their price do not pass; nothing was sent.

    Args:
        message: As for `EvalkitError`.
        hint: As for `EvalkitError`.
        lines: The findings, one line each, shown between the two.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", *, lines: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.lines = tuple(lines)

    def __str__(self) -> str:
        parts = [self.message, *self.lines, *([self.hint] if self.hint else [])]
        return "\n  ".join(parts)
