# SPDX-License-Identifier: Apache-2.0
"""What one model takes for another label more or less often than the other does."""

from __future__ import annotations

from evalkit.evaluation.result import Confusion, Run

__all__ = ["confusion_difference", "counts_apart"]


def confusion_difference(
    run: Run, candidate: str, base: str, *, metric: str | None = None
) -> Confusion | None:
    """Candidate's counts minus base's: more on the diagonal is good, more beside it is bad.

    Args:
        run: Of a classification.
        candidate: Name of the model judged.
        base: Of the model compared with.
        metric: What gave the labels; None = the primary metric's.

    Returns:
        As `Run.confusions`, with the model "CANDIDATE - BASE"; the sum of a row is 0 where both
        answered as often. None where one of the two has no matrix.
    """
    wanted = metric or run.primary
    by_model = {found.model: found for found in run.confusions if found.metric == wanted}
    if candidate not in by_model or base not in by_model:
        return None
    counts = counts_apart(by_model[base], by_model[candidate])
    if counts is None:
        return None
    return Confusion(
        model=f"{candidate} - {base}",
        metric=wanted,
        labels=by_model[base].labels,
        columns=by_model[base].columns,
        counts=counts,
    )


def counts_apart(base: Confusion, candidate: Confusion) -> tuple[tuple[int, ...], ...] | None:
    """The second's counts minus the first's, cell by cell; None where their labels differ."""
    if list(base.columns) != list(candidate.columns) or list(base.labels) != list(candidate.labels):
        return None
    return tuple(
        tuple(ours - theirs for theirs, ours in zip(row, other, strict=True))
        for row, other in zip(base.counts, candidate.counts, strict=True)
    )
