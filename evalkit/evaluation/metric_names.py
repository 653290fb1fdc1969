# SPDX-License-Identifier: Apache-2.0
"""The metric that a name means: one of its own, or the mean of a scorer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, names, suggestion
from evalkit.evaluation.scorer_options import BoundScorer, bound_scorer
from evalkit.metrics._of_scorer import metric_of

__all__ = ["is_scorer", "metric_named"]


def is_scorer(stem: str, bound: Mapping[str, BoundScorer] | None = None) -> bool:
    """Whether a name means a scorer that has no metric of its own name."""
    plain = stem.replace("_", "-")
    return plain not in names("metrics") and (plain in (bound or {}) or plain in names("scorers"))


def metric_named(stem: str, bound: Mapping[str, BoundScorer] | None = None) -> Any:
    """The metric of a name without its label, such as "recall" or "numeric".

    Args:
        stem: With - or _.
        bound: The suite's own scorers.

    Raises:
        UsageError: No such metric, and no such scorer.
    """
    plain = stem.replace("_", "-")
    if plain in names("metrics"):
        return find("metrics", plain)
    if not is_scorer(plain, bound):
        known = sorted({*names("metrics"), *names("scorers"), *(bound or {})})
        shown = [name.replace("-", "_") for name in known]
        raise UsageError(
            f"no metric named `{excerpt(stem)}`{suggestion(stem, shown)}",
            f"known: {', '.join(shown)}",
        )
    scorer = bound_scorer(plain, bound)
    return metric_of(
        plain,
        pair="binary" if scorer.scale.binary else "mean",
        unit=scorer.scale.unit,
        better=scorer.scale.better,
    )
