# SPDX-License-Identifier: Apache-2.0
"""What a set can see goes by the confidence asked for, and no share differs by more than 100 %."""

from __future__ import annotations

from math import isnan

import pytest

from evalkit.evaluation.verdict import difference, visible_difference
from evalkit.statistics.paired import paired_binary, paired_mean
from evalkit.statistics.power import rows_needed_binary, rows_needed_mean, visible_mean

BASE, CANDIDATE = [0.0] * 9 + [1.0] * 51, [1.0] * 9 + [0.0] * 5 + [1.0] * 46


def compared(paired, unit="share", better="higher", where="all"):
    return difference(
        paired, metric="m", base="a", candidate="b", where=where, better=better, unit=unit
    )


def test_the_confidence_reaches_what_is_seen_and_needed():
    usual, strict = (paired_binary(BASE, CANDIDATE, confidence=c) for c in (0.95, 0.99))
    assert visible_difference(strict) > 1.1 * visible_difference(usual)
    psi, delta = 14 / 60, 4 / 60
    assert compared(usual).needed == rows_needed_binary(psi, delta)
    assert compared(strict).needed == rows_needed_binary(psi, delta, alpha=0.01)
    assert compared(strict, where="x=1").visible == visible_difference(strict)


def test_the_confidence_reaches_means():
    x, y = [float(i % 5) for i in range(40)], [float(i % 5) + i % 3 - 0.9 for i in range(40)]
    strict = paired_mean(x, y, confidence=0.99)
    assert visible_difference(strict) == pytest.approx(
        visible_mean(strict.spread, 40, alpha=0.01), rel=1e-9
    )
    one = compared(strict, unit="characters")
    assert one.needed == rows_needed_mean(strict.spread, strict.interval.value, alpha=0.01)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_two_rows_of_shares(better):
    """Student's ends of token_f1 were -685.3 … +585.3 points, and it "could see 140.1 points"."""
    paired = paired_mean([1.0, 0.5], [0.0, 0.5])
    assert paired.interval.low < -5
    one = compared(paired, better=better)
    assert (one.interval.value, one.interval.low, one.interval.high) == (-0.5, -1.0, 1.0)
    assert one.low_one_sided == -1.0
    assert one.verdict == "undecided"
    assert isnan(visible_difference(paired, unit="share"))
    assert isnan(compared(paired, where="x=1").visible)


def test_other_units_have_no_such_ends():
    paired = paired_mean([10.0, 20.0], [30.0, 70.0])
    one = compared(paired, unit="characters")
    assert one.interval == paired.interval
    assert visible_difference(paired, unit="characters") > 1


def test_no_interval_stays_none():
    one = compared(paired_mean([0.5], [1.0]))
    assert isnan(one.interval.low)
    assert isnan(one.low_one_sided)
