# SPDX-License-Identifier: Apache-2.0
"""What a finished run tells the planner: how much two models disagree, how alike rows are."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, sqrt
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference
from evalkit.core.printable import printable
from evalkit.core.registry import suggestion
from evalkit.evaluation.result import Run
from evalkit.statistics.planning import Assumption

__all__ = ["Pilot", "read_pilot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """A run as the planner sees it.

    Attributes:
        folder: Where it was read.
        difference: Of the first compared pair on the metric, over all rows.
        accuracy: Of the candidate on the metric, a share; None for other units.
        expected: What to plan with: the disagreement seen, and what of it is not the difference.
        careful: The same at the upper ends of the 95 % intervals; None for means.
        design: Rows that tell as much as one independent row.
    """

    folder: str
    difference: Difference
    accuracy: float | None
    expected: Assumption
    careful: Assumption | None
    design: float


def read_pilot(folder: Path, metric: str | None) -> Pilot:
    """Read the run.

    Args:
        folder: Below reports/.
        metric: Of the run; None for its primary one.

    Raises:
        InputError: No finished run is there.
        UsageError: It compares nothing, not on this metric, or no pair was scored.
    """
    from evalkit.evaluation.stored import load_run
    from evalkit.statistics.proportion import wilson

    run = load_run(folder)
    found = _difference(run, metric, folder)
    n = found.interval.n
    if n < 2:
        raise UsageError(
            f"{folder}: only {n} pair of answers is scored in both models",
            "a pilot of 50 rows and more says something",
        )
    accuracy = next(
        (
            m.interval.value
            for m in run.measures
            if (m.model, m.metric, m.slice) == (found.candidate, found.metric, "all")
            and m.unit == "share"
            and not isnan(m.interval.value)
        ),
        None,
    )
    if found.fixed is None or found.broken is None:
        expected = Assumption(sd=_spread(found, folder), share=accuracy)
        return Pilot(
            folder=str(folder),
            difference=found,
            accuracy=accuracy,
            expected=expected,
            careful=None,
            design=1.0,  # the spread holds it
        )
    differ, smaller = found.fixed + found.broken, min(found.fixed, found.broken)
    # A set in which none was broken is no proof that none ever is: one row stands for it.
    noise = max(2 * smaller, 1) / n
    upper = min(1.0, 2 * wilson(smaller, n).high)
    return Pilot(
        folder=str(folder),
        difference=found,
        accuracy=accuracy,
        expected=Assumption(disagreement=max(differ, 1) / n, noise=noise, share=accuracy),
        careful=Assumption(disagreement=wilson(differ, n).high, noise=upper, share=accuracy),
        design=_design(run, found),
    )


def _difference(run: Run, metric: str | None, folder: Path) -> Difference:
    wanted = metric or run.primary
    whole = [d for d in run.differences if d.slice == "all"]
    for found in whole:
        if found.metric == wanted:
            return found
    if not whole:
        raise UsageError(
            f"{folder} compares no two models", "give a run of a suite with two models and more"
        )
    known = list(dict.fromkeys(d.metric for d in whole))
    raise UsageError(
        f"{folder} compares nothing on `{printable(wanted)}`{suggestion(wanted, known)}",
        f"compared: {', '.join(map(printable, known))}",
    )


def _spread(found: Difference, folder: Path) -> float:
    """√n times the standard error, from the width of the interval."""
    from evalkit.statistics.normal import two_sided_z
    from evalkit.statistics.student import t_quantile

    of = found.interval
    if isnan(of.low) or of.high <= of.low:
        raise UsageError(
            f"{folder}: {printable(found.metric)} has no interval ({printable(of.why)})",
            "say what to expect with --sd",
        )
    by_t = of.method.startswith("t")
    critical = t_quantile((1 + of.confidence) / 2, of.n - 1) if by_t else two_sided_z(of.confidence)
    return (of.high - of.low) / 2 / critical * sqrt(of.n)


def _design(run: Run, found: Difference) -> float:
    """Of the primary metric over the conversations; 1 where each row is its own."""
    if found.metric != run.primary or not any(row.cluster for row in run.rows):
        return 1.0
    from evalkit.statistics.clusters import paired_clustered_share

    rows = [r for r in run.rows if found.base in r.answers and found.candidate in r.answers]
    before = [r.answers[found.base].score for r in rows]
    after = [r.answers[found.candidate].score for r in rows]
    if any(not isnan(v) and v not in (0.0, 1.0) for v in (*before, *after)):
        return 1.0
    return paired_clustered_share(before, after, [r.cluster or r.id for r in rows]).design
