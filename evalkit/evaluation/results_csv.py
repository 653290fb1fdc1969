# SPDX-License-Identifier: Apache-2.0
"""A run's measures under the names that OpenAI's results.csv had for them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from evalkit.evaluation.old_names import NEEDS_A_LABEL, OLD_NAMES, metric_name
from evalkit.evaluation.result import Run

__all__ = ["results_csv_names"]


def results_csv_names(run: Run, model: str) -> Mapping[str, float]:
    """What results.csv would say of a model: old name to value, over all rows.

    Only what was measured is there: precision, recall, F1 and the areas are those of the suite's
    positive label, which the run's own names hold (`precision[spam]`).

    Args:
        run: Of a classification.
        model: Name in the suite.
    """
    values = {
        measure.metric: measure.interval.value
        for measure in run.measures
        if measure.model == model and measure.slice == "all"
    }
    positive = run.positive
    found = {}
    for old, name in OLD_NAMES.items():
        if positive is None and name in NEEDS_A_LABEL:
            continue
        value = values.get(metric_name(name, positive=positive), values.get(name))
        if value is not None and not isnan(value):
            found[old] = value
    return found
