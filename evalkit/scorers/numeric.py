# SPDX-License-Identifier: Apache-2.0
"""Is the number in the reply the expected one?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import nan
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._numbers import Number, numbers_in, stated_numbers
from evalkit.scorers._options import checked_by

__all__ = ["numeric"]

_ROUNDING = Fraction(1, 10**9)
_GREATEST = 10**300  # beyond it everything is right
_LONGEST = 400  # characters of a tolerance


def _check(options: Mapping[str, Any], where: str) -> None:
    _allowed(options.get("tolerance", 0), where)


@scale("share", binary=True)
@checked_by(_check)
def numeric(
    reply: Reply,
    expected: str,
    *,
    tolerance: float | str = 0,
    take: Literal["stated", "last", "first", "only"] = "stated",
) -> Score:
    r"""1 if the number read out of the reply is the expected one within the tolerance, else 0.

    Reads 1,234.50, ４２, -3, 12 %, 3/4, 1.5e6, 2 million, 3.2万, and where no digits stand Chinese
    numerals (三百二十, 百分之二十, 负三点五). "12 %" is met by 0.12 and by 12. No number in the
    reply: 0 without an answer. None in the expected text, or a failed request: NaN.

    Args:
        reply: The answer.
        expected: A number, or a text that ends in one, such as GSM8K's "… #### 42".
        tolerance: Greatest difference that is right: 0.5, or "1%" of the expected number.
        take: Which number of the reply counts: the one behind the last "####", "\boxed{", "the
            answer is" or 答案是, else the last ("stated"); always the "last"; the "first"; or the
            "only" one (several are wrong).
    """
    if error := failed(reply):
        return error
    wanted = _taken(expected, "stated" if take == "only" else take)
    if wanted is None:
        return Score(nan, why=f"no number is expected: {excerpt(expected)}")
    allowed = _allowed(tolerance)
    given = _taken(reply.text, take)
    if given is None:
        several = take == "only" and numbers_in(reply.text)
        return Score(0.0, why="several numbers" if several else "no number in the answer")
    right = any(abs(one - two) <= allowed(two) for one in given.values() for two in wanted.values())
    return Score(float(right), answer=_shown(given))


def _taken(text: str, take: str) -> Number | None:
    if take == "stated" and (stated := stated_numbers(text)):
        return stated[0]
    found = numbers_in(text)
    if not found or (take == "only" and len(found) > 1):
        return None
    return found[0] if take == "first" else found[-1]


def _allowed(
    tolerance: float | str, where: str = "the scorer `numeric`"
) -> Callable[[Fraction], Fraction]:
    """The greatest difference as a function of the expected number.

    Raises:
        UsageError: It is no size.
    """
    text = str(tolerance).strip()
    relative = text.endswith("%")
    try:
        size = Fraction(text.removesuffix("%").rstrip()) if len(text) <= _LONGEST else Fraction(-1)
    except (ValueError, ZeroDivisionError):
        size = Fraction(-1)
    if not 0 <= size <= _GREATEST:
        raise UsageError(
            f"{where}: the tolerance `{excerpt(text)}` is no size",
            "such as 0.5, or 1% of the expected number",
        )
    size = size / 100 if relative else size
    return lambda wanted: max(size * abs(wanted) if relative else size, _ROUNDING * abs(wanted))


def _shown(number: Number) -> str:
    value = number.value
    try:
        text = str(value) if value.denominator == 1 else f"{float(value):.12g}"
    except OverflowError:
        text = "more than a float holds"
    return f"{text}%" if number.percent else text
