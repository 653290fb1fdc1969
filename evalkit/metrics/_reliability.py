# SPDX-License-Identifier: Apache-2.0
"""The points of a reliability curve: what was said against what happened."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.score import Sample
from evalkit.metrics._probabilities import of_label, said, top
from evalkit.statistics.calibration import BINS, MassBin, mass_bins

__all__ = ["Bin", "reliability"]

Bin = MassBin


def reliability(samples: Sequence[Sample], label: str | None = None, bins: int = BINS) -> list[Bin]:
    """The bins of `ece`, by rising probability; none is empty.

    Args:
        samples: Shape (n,); those without probabilities are left out.
        label: Whose probability; None = the greatest, against whether the answer is right.
        bins: Most bins, each of about as many samples.
    """
    kept = said(samples)
    outcomes, probabilities = top(kept) if label is None else of_label(kept, label)
    return mass_bins(probabilities, outcomes, bins)
