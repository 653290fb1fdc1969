# SPDX-License-Identifier: Apache-2.0
"""What each gate can prove with the rows at hand, told before anything is asked.

Nothing is known of the models yet, so the spread of their differences is assumed, as a range:
two models' verdicts differ on 10 to 20 % of the rows (right or wrong), or the differences of their
scores have a standard deviation of 0.2 to 0.4 (shares such as token_f1). The planning formulas are
those of `statistics.power`; evaluation.md 2.2 (P9, P10) has their sources.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt
from typing import Literal

from evalkit.core.errors import UsageError
from evalkit.evaluation.gates.gate import Gate, Relation
from evalkit.evaluation.metric_names import metric_named
from evalkit.evaluation.questions import Question
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.slices import holds, values_of
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.metrics._parse import parse
from evalkit.statistics.normal import quantile
from evalkit.statistics.power import (
    rows_needed_margin,
    visible_binary,
    visible_mean,
)

__all__ = ["DISAGREEMENT", "POWER", "SPREAD", "GateOutlook", "check_slices", "gate_outlooks"]

POWER = 0.8
DISAGREEMENT = (0.1, 0.2)
SPREAD = (0.2, 0.4)
# Of judged pairs, half or all of which are decided: d is -1/2, 0 or 1/2.
_DECIDED = (0.35, 0.5)

Pair = Literal["binary", "mean", "preference", "resample", "rank"]

_SPREADS: Mapping[str, tuple[float, float]] = {
    "binary": DISAGREEMENT,
    "mean": SPREAD,
    "preference": _DECIDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutlook:
    """What one gate can prove.

    Attributes:
        gate: Its sentence.
        relation: As in `Gate`.
        metric: As suites name it.
        rows: That it looks at: of its slice, and of its label for recall.
        bound: As in `Gate`: margin or threshold, in the metric's unit.
        pair: How the metric compares pairs; "rank" and "resample" have no planning formula.
        shows: better and not_worse: the least difference or margin that shows, with little and with
            much spread; thresholds: twice the true value from which the gate passes four times in
            five. NaN = none; None = not known before the answers are.
        needed: not_worse: rows that its margin takes, with little and with much spread; None where
            the margin is 0 or nothing is known.
    """

    gate: str
    relation: Relation
    metric: str
    rows: int
    bound: float
    pair: Pair
    shows: tuple[float, float] | None = None
    needed: tuple[int, int] | None = None

    @property
    def standing(self) -> Literal["yes", "maybe", "no", "unknown"]:
        """Whether the rows suffice for a not_worse gate between equal models."""
        if self.needed is None:
            return "unknown"
        if self.rows >= self.needed[1]:
            return "yes"
        return "maybe" if self.rows >= self.needed[0] else "no"


def gate_outlooks(suite: Suite, task: Task, questions: Sequence[Question]) -> list[GateOutlook]:
    """One per gate that compares, or holds a measure against a number; ratios prove nothing.

    Args:
        suite: With its gates.
        task: Names the primary metric.
        questions: The rows.
    """
    found = []
    bound = bound_scorers(suite)
    for gate in suite.gates:
        metric = gate.metric or task.primary
        if gate.relation in ("ratio", "judge_agrees") or metric == "cost":
            continue
        stem, options = parse(metric)
        if stem == "recall_at_threshold":
            options = {"label": suite.positive or ""}
        kind = metric_named(stem, bound)
        rows = _rows(gate, questions, stem, options)
        bare = GateOutlook(
            gate=gate.sentence,
            relation=gate.relation,
            metric=metric,
            rows=rows,
            bound=gate.bound,
            pair=kind.pair,
        )
        found.append(_known(bare, gate, kind.unit, 1 - suite.confidence))
    return found


def check_slices(suite: Suite, questions: Sequence[Question]) -> None:
    """Whether the data have every slice that a gate names: told before anything is spent.

    Raises:
        UsageError: They have not.
    """
    known = sorted(
        {f"{k}={v}" for q in questions for k in q.slices for v in values_of(q.slices, k)}
    )
    for gate in suite.gates:
        for field, value in gate.where:
            if f"{field}={value}" not in known:
                raise UsageError(
                    f"a gate names the slice {field}={value}, which the data has not",
                    f"slices: {', '.join(known) or f'none; name the field: slices: [{field}]'}",
                )


def _rows(
    gate: Gate, questions: Sequence[Question], stem: str, options: Mapping[str, object]
) -> int:
    kept = [q for q in questions if holds(q.slices, gate.where)]
    # Of the rows that are of this label.
    if stem.replace("-", "_") in ("recall", "recall_at_threshold"):
        kept = [q for q in kept if q.expected.strip() == options.get("label")]
    return len(kept)


def _known(bare: GateOutlook, gate: Gate, unit: str, alpha: float) -> GateOutlook:
    n = bare.rows
    if unit != "share" or n == 0:
        return bare
    if gate.relation == "better" and bare.pair in _SPREADS:
        show = visible_binary if bare.pair == "binary" else visible_mean
        spreads = _SPREADS[bare.pair]
        low, high = (show(spread, n, alpha=alpha, power=POWER) for spread in spreads)
        return replace(bare, shows=(low, high))
    if gate.relation == "not_worse" and bare.pair in _SPREADS:
        binary = bare.pair == "binary"
        low, high = _SPREADS[bare.pair]
        shows = (_least_margin(low, n, binary), _least_margin(high, n, binary))
        a, b = (rows_needed_margin(s, 0.0, gate.bound, binary, power=POWER) for s in (low, high))
        return replace(bare, shows=shows, needed=(a, b) if a and b else None)
    # Precision is measured on the rows that a model gives its label to: not known before.
    if gate.relation in ("at_least", "above", "at_most", "below") and bare.pair == "binary":
        at = _passes_from(gate, n, alpha)
        return replace(bare, shows=(at, at))
    return bare


def _least_margin(spread: float, n: int, binary: bool) -> float:
    """The least margin in whole points (tenths below one) that n rows of equal models prove."""
    points: list[float] = [*(tenth / 10 for tenth in range(1, 10)), *range(1, 101)]

    def proven(point: float) -> int:
        needed = rows_needed_margin(spread, 0.0, point / 100, binary, power=POWER)
        return int(needed is not None and needed <= n)

    least = bisect_left(points, 1, key=proven)  # the greater, the fewer rows it takes
    return points[least] / 100 if least < len(points) else nan


def _passes_from(gate: Gate, n: int, alpha: float) -> float:
    """The true share from which the gate passes four times in five.

    What must be measured: the bound; where an end of the interval is held against it, the bound
    and z √(b (1 - b) / n) more, or less (Wilson's interval, inverted). Then p is that from which
    so much is measured four times in five: p -+ z_power √(p (1 - p) / n). "None at all" and "all of
    them" are exact: (1 - p)ⁿ = power and pⁿ = power. NaN: it can never pass.
    """
    upward = gate.relation in ("at_least", "above")
    if not 0 <= gate.bound <= 1:
        return nan
    if gate.bound == (1 if upward else 0):
        share = float(POWER ** (1 / n))
        return nan if gate.end != "value" else share if upward else 1 - share
    more = {"value": 0, "low": 1, "high": -1}[gate.end] * quantile(1 - alpha / 2)
    measured = gate.bound + more * sqrt(gate.bound * (1 - gate.bound) / n)
    if not 0 <= measured <= 1:
        return nan if (measured > 1) == upward else float(not upward)
    z = quantile(POWER)
    low, high = (measured, 1.0) if upward else (0.0, measured)
    sign = -1 if upward else 1
    for _ in range(60):
        middle = (low + high) / 2
        over = middle + sign * z * sqrt(middle * (1 - middle) / n) >= measured
        low, high = (low, middle) if over else (middle, high)
    return (low + high) / 2
