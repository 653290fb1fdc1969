# SPDX-License-Identifier: Apache-2.0
"""Several right answers in one expected text."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["alternatives", "best"]


def alternatives(expected: str, separator: str | None) -> list[str]:
    """The right answers that a separator parts; without one the text is the only one.

    Such as "2" and "two" of "2 | two" with the separator "|"; empty parts do not count.
    """
    if not separator:
        return [expected]
    parts = [part.strip() for part in expected.split(separator)]
    return [part for part in parts if part] or [expected]


def best(expected: str, separator: str | None, worth: Callable[[str], float]) -> float:
    """The greatest worth over the right answers, as the SQuAD script takes it."""
    return max(map(worth, alternatives(expected, separator)))
