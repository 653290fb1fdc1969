# SPDX-License-Identifier: Apache-2.0
"""What a scorer of the user's own returns, held to what it promised before it counts."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from math import isfinite, isnan, nan
from typing import Any

from evalkit.core.printable import excerpt
from evalkit.core.scale import Scale
from evalkit.core.score import Score
from evalkit.core.secrets import quoted

__all__ = ["own_score"]

_SILENT = "the scorer says nothing"
_LONGEST_WHY = 200
_LONGEST_ANSWER = 10_000
_TEXTS = (str, bytes, bytearray)  # float("0.5") would take them


class _NoScoreError(ValueError):
    """It is none; the text says what was returned."""


def own_score(value: Any, scale: Scale) -> Score:
    """What a function returned: a number, true or false, a mapping, a Score, or None.

    None is "cannot say", and so is a mapping or a Score whose value is NaN with a `why`. Whatever
    else is no number of the scale is NaN with the fault "scorer", which is counted and told.

    Args:
        value: As returned.
        scale: What the suite or the function says of its numbers.
    """
    try:
        return _read(value, scale)
    except _NoScoreError as error:
        return Score(nan, why=f"it returned {error}", fault="scorer")


def _read(value: Any, scale: Scale) -> Score:
    if value is None:
        return Score(nan, why=_SILENT)
    if isinstance(value, Score):
        why, answer = _line(value.why), _answer(value.answer)
        number = _number(value.value, scale, unknown=True)
        if isnan(number):
            return Score(nan, answer=answer, why=why or _SILENT)
        return Score(number, answer=answer, why=why)
    if isinstance(value, Mapping):
        given = [key for key in ("score", "value") if key in value]
        if not given:
            has = ", ".join(quoted(str(key), 20) for key in list(value)[:4]) or "nothing"
            raise _NoScoreError(f"a mapping without `score` (it has {has})")
        why, answer = _line(value.get("why")), _answer(value.get("answer"))
        if value[given[0]] is None:
            return Score(nan, answer=answer, why=why or _SILENT)
        number = _number(value[given[0]], scale, unknown=bool(why))
        return Score(number, answer=answer, why=why)
    return Score(_number(value, scale, unknown=False))


def _number(value: Any, scale: Scale, *, unknown: bool) -> float:
    """The value as a float of the scale.

    Raises:
        _NoScoreError: It is none.
    """
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()  # or Python complains that nobody awaited it
        raise _NoScoreError("something to await: a scorer is an ordinary function")
    shown = quoted(" ".join(repr(value).split()), 40)
    kind = type(value).__name__
    if isinstance(value, _TEXTS):
        raise _NoScoreError(f"a text, no number: {shown}")
    try:
        number = float(value)
    except OverflowError:
        raise _NoScoreError("a number too large") from None
    except (TypeError, ValueError):
        raise _NoScoreError(f"{excerpt(kind)}, no number: {shown}") from None
    if isnan(number) and unknown:
        return nan
    if not isfinite(number):
        raise _NoScoreError(f"{number:g}, no number (return None where it cannot say)")
    if scale.binary and number not in (0.0, 1.0):
        raise _NoScoreError(f"{shown}, and it promises true or false (`-> bool`)")
    if scale.unit == "share" and not 0 <= number <= 1:
        raise _NoScoreError(f"{shown}, and its unit is share: from 0 to 1")
    return number


def _line(why: Any) -> str:
    return "" if why is None else excerpt(str(why), _LONGEST_WHY)


def _answer(answer: Any) -> str | None:
    return None if answer is None else str(answer)[:_LONGEST_ANSWER]
