# SPDX-License-Identifier: Apache-2.0
"""Numbers as people write them in `evalkit rows-needed`: `2 points`, `85%`, `0.85`."""

from __future__ import annotations

import re
from collections.abc import Callable

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

__all__ = ["amounts", "points", "share"]

_NUMBER = re.compile(
    r"\s*(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\s*"
    r"(?P<unit>%|％|pp|points?|个百分点|百分点|点)?\s*",
    re.IGNORECASE,
)
Parse = Callable[[str, str], float]


def points(text: str, option: str) -> float:
    """A difference of shares: `2`, `2 points`, `2%`, `2 个百分点` are all 0.02.

    Raises:
        UsageError: Not such a number, or one below 1 without a unit: nobody knows whether 0.02
            means two points or a fiftieth of one.
    """
    number, unit = _read(text, option, "such as `2 points`")
    if not unit and 0 < number < 1:
        raise UsageError(
            f"{option}: is {number:g} a share or a part of a point?",
            f"write `{number * 100:g} points` or `{number:g} points`",
        )
    return _within(number / 100, text, option, "points between 0 and 100")


def share(text: str, option: str) -> float:
    """A share: `85%`, `85` and `0.85` are all 0.85; a bare number of at most 1 is the share itself.

    Raises:
        UsageError: Not such a number.
    """
    number, unit = _read(text, option, "such as `85%` or `0.85`")
    return _within(number / 100 if unit or number > 1 else number, text, option, "0 to 100 %")


def amounts(text: str, option: str) -> float:
    """A positive number in the metric's own unit, without a unit behind it.

    Raises:
        UsageError: Not such a number.
    """
    number, unit = _read(text, option, "a number in the metric's unit")
    if unit:
        raise UsageError(
            f"{option} {excerpt(text, 40)}: with --sd it is a number in the metric's unit",
            "such as --sd 12 --difference 5 (both in milliseconds)",
        )
    if number <= 0:
        raise UsageError(f"{option} {excerpt(text, 40)} is not above 0", "give a positive number")
    return number


def _read(text: str, option: str, wanted: str) -> tuple[float, str]:
    match = _NUMBER.fullmatch(text)
    if match is None and _NUMBER.fullmatch(text.strip().lstrip("-−")) is not None:
        raise UsageError(
            f"{option} {excerpt(text, 40)} is below 0",
            "write how large it is: a loss takes as many rows as a gain",
        )
    if match is None:
        raise UsageError(f"{option} {excerpt(text, 40)} is no number", f"write it {wanted}")
    return float(match["number"]), match["unit"] or ""


def _within(value: float, text: str, option: str, wanted: str) -> float:
    if not 0 <= value <= 1:
        raise UsageError(f"{option} {excerpt(text, 40)} is out of range", f"give {wanted}")
    return value
