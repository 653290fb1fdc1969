# SPDX-License-Identifier: Apache-2.0
"""The normal distribution without scipy: quantiles and tails."""

from __future__ import annotations

from math import erfc, sqrt
from statistics import NormalDist

__all__ = ["cumulative", "quantile", "two_sided_p", "two_sided_z"]

_STANDARD = NormalDist()


def quantile(probability: float) -> float:
    """The z with P(Z <= z) = probability, in (0, 1)."""
    return _STANDARD.inv_cdf(probability)


def cumulative(z: float) -> float:
    """P(Z <= z); accurate in the lower tail."""
    return erfc(-z / sqrt(2)) / 2


def two_sided_z(confidence: float) -> float:
    """The z of a two-sided interval of that confidence, in (0, 1): 1.96 for 0.95."""
    return quantile((1 + confidence) / 2)


def two_sided_p(z: float) -> float:
    """P(|Z| >= |z|)."""
    return erfc(abs(z) / sqrt(2))
