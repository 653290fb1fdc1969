# SPDX-License-Identifier: Apache-2.0
"""Measures as tests compare them: floats that know their interval and refuse the classic errors.

`run["tuned"].accuracy >= 0.9` is the point estimate, `.low` and `.high` are the ends. What is
undefined passes no comparison: it raises AssertionError with the reason. Two measures are never
subtracted nor compared: the same rows were answered, so the difference is a paired one, and
`run.compare("tuned", "base")` has it with its interval.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any, NoReturn

from evalkit.core.measure import Better, Interval, Verdict

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run

__all__ = ["Change", "Check", "End", "Number", "UndefinedError"]

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}


class UndefinedError(AssertionError):
    """A measure without a value was compared: nothing was scored, or no row was of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One comparison that a test made.

    Attributes:
        number: What was compared.
        said: Such as "tuned accuracy >= 0.9".
        holds: Whether it was true.
        close: The interval contains the bound: with other rows it might go the other way.
    """

    number: Number
    said: str
    holds: bool
    close: bool


class _Heard(float):
    """A float whose order relations are heard of: `_compared` tells, and answers."""

    __slots__ = ()

    def __ge__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: bool = self._compared(">=", other)
        return found

    def __gt__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: bool = self._compared(">", other)
        return found

    def __le__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: bool = self._compared("<=", other)
        return found

    def __lt__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: bool = self._compared("<", other)
        return found

    def _compared(self, sign: str, other: object) -> Any:
        raise NotImplementedError


class Number(_Heard):
    """A measure of one model: compares as its value, prints with its interval.

    Attributes:
        name: Such as "tuned accuracy", or "tuned accuracy where lang=zh".
        model: Name in the suite.
        metric: Such as "recall[refund]".
        slice: "all", or such as "lang=zh".
        unit: As in `Measure`.
        better: Which direction is good.
        interval: Value, ends, n, confidence, method.
        run: Where it comes from.
        tell: Hears of every comparison.
    """

    __slots__ = ("better", "interval", "metric", "model", "name", "run", "slice", "tell", "unit")

    better: Better
    interval: Interval
    metric: str
    model: str
    name: str
    run: Run
    slice: str
    tell: Callable[[Check], None]
    unit: str

    @classmethod
    def of(cls, interval: Interval, tell: Callable[[Check], None], **about: Any) -> Any:
        """A number of an interval.

        Args:
            interval: The numbers.
            tell: Called with each comparison that a test makes.
            about: The other attributes.
        """
        number = cls(interval.value)
        number.interval, number.tell = interval, tell
        for key, value in about.items():
            setattr(number, key, value)
        return number

    @property
    def value(self) -> float:
        """The point estimate as a plain float."""
        return float.__pos__(self)

    @property
    def low(self) -> End:
        """Lower end of the interval; NaN where there is none."""
        return End.of(self, "low")

    @property
    def high(self) -> End:
        """Upper end of the interval."""
        return End.of(self, "high")

    @property
    def n(self) -> int:
        """Rows that counted."""
        return self.interval.n

    def __eq__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: bool = self._compared("==", other)
        return found

    def __ne__(self, other: object) -> bool:
        __tracebackhide__ = True
        found: Any = self._compared("==", other)
        return found if found is NotImplemented else not found

    __hash__ = float.__hash__

    def __sub__(self, other: float) -> float:
        __tracebackhide__ = True
        if isinstance(other, Number):
            self._unpaired(other, "subtracted")
        return float.__sub__(self, other)

    def __rsub__(self, other: float) -> float:
        return float.__rsub__(self, other)

    def __repr__(self) -> str:
        from evalkit.pytest_plugin.explain import seen

        return f"{self.name} = {seen(self, 'en')}"

    def _compared(self, sign: str, other: object) -> Any:
        __tracebackhide__ = True
        if isinstance(other, Number):
            if other is self:
                return _SIGNS[sign](self.value, self.value)
            self._unpaired(other, "compared")
        if isinstance(other, bool) or not isinstance(other, int | float):
            return NotImplemented
        return _held(self, self, sign, other)

    def _unpaired(self, other: Number, done: str) -> NoReturn:
        __tracebackhide__ = True
        said = f"{self.name} and {other.name} may not be {done}"
        if (self.metric, self.slice) != (other.metric, other.slice) or self.model == other.model:
            raise TypeError(f"{said}: they measure different things; hold each against a bound")
        where = "" if self.slice == "all" else '.where({}="{}")'.format(*self.slice.split("=", 1))
        metric = self.metric.replace("-", "_")
        name = f".{metric}" if metric.isidentifier() else f'["{metric}"]'
        raise TypeError(
            f"{said}: both answered the same rows, so that the difference is paired; it is "
            f'run.compare("{self.model}", "{other.model}"){where}{name}'
        )


class Change(Number):
    """A paired difference over the same rows, candidate minus base.

    Attributes:
        other: The base.
        verdict: Without a margin: "better", "worse" or "undecided".
        p: Two-sided p-value.
        fixed: Rows that only the candidate got right, for right and wrong; else None.
        broken: Rows that only the base got right.
        needed: About how many rows would decide it, where that is known.
    """

    __slots__ = ("broken", "fixed", "needed", "other", "p", "verdict")

    broken: int | None
    fixed: int | None
    needed: int | None
    other: str
    p: float
    verdict: Verdict


class End(_Heard):
    """One end of an interval: a float that remembers of what."""

    __slots__ = ("end", "number")

    end: str
    number: Number

    @classmethod
    def of(cls, number: Number, end: str) -> End:
        """The end named "low" or "high"."""
        made = cls(getattr(number.interval, end))
        made.number, made.end = number, end
        return made

    def _compared(self, sign: str, other: object) -> Any:
        __tracebackhide__ = True
        if isinstance(other, bool) or not isinstance(other, int | float):
            return NotImplemented
        return _held(self, self.number, sign, other)


def _held(value: float, number: Number, sign: str, other: float) -> bool:
    __tracebackhide__ = True
    plain, bound = float.__pos__(value), float.__pos__(float(other))
    end = f".{value.end}" if isinstance(value, End) else ""
    said = f"{number.name}{end} {sign} {bound:.12g}"
    holds = _SIGNS[sign](plain, bound)
    at = number.interval
    close = not end and sign != "==" and at.low <= bound <= at.high
    number.tell(Check(number=number, said=said, holds=holds, close=close))
    if isnan(plain):
        why = at.why or ("it has no interval" if end else "nothing was scored")
        raise UndefinedError(f"{said}: {number.name}{end} is undefined: {why}")
    return holds
