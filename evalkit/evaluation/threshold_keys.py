# SPDX-License-Identifier: Apache-2.0
"""What a suite says of a threshold, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion
from evalkit.evaluation.suite import Suite
from evalkit.metrics._threshold import CRITERIA

__all__ = ["METRICS", "check_threshold"]

METRICS = (
    "accuracy_at_threshold",
    "precision_at_threshold",
    "recall_at_threshold",
    "f1_at_threshold",
)


def check_threshold(suite: Suite, labels: Sequence[str]) -> tuple[str, ...]:
    """The metrics at the threshold that the suite has; () where it has none.

    Args:
        suite: With `positive`, `validation`, `threshold`.
        labels: Of the classification; () where it is none.

    Raises:
        UsageError: What it says of them does not go together.
    """
    if suite.positive is not None and suite.positive not in labels:
        raise UsageError(
            f"the suite's positive label `{suite.positive}` is not among its labels"
            f"{suggestion(suite.positive, list(labels))}",
            f"labels: {', '.join(labels)}"
            if labels
            else "only a classification has one: task: classification",
        )
    if suite.threshold is None:
        named = (suite.primary, *suite.metrics, *(gate.metric for gate in suite.gates))
        for name in named:
            if name in METRICS:
                raise UsageError(
                    f"the metric `{name}` needs a threshold, and the suite has none",
                    "give a set to choose it on: validation: data/validation.jsonl",
                )
        return ()
    if suite.positive is None:
        raise UsageError(
            "the suite has a threshold, and no label that it is of", "say which: positive: LABEL"
        )
    if isinstance(suite.threshold, str) and suite.validation is None:
        raise UsageError(
            f"a threshold by {suite.threshold} is chosen on another set than `data`",
            "give one: validation: data/validation.jsonl; or the number itself: threshold: 0.5",
        )
    if not isinstance(suite.threshold, str) and suite.validation is not None:
        raise UsageError(
            "the threshold is a number: there is nothing to choose on `validation`",
            f"leave one of the two out, or write threshold: {' or '.join(CRITERIA)}",
        )
    return METRICS
