# SPDX-License-Identifier: Apache-2.0
"""What a three-valued verdict does in CI, against what naive gates do: rates measured elsewhere."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from evalkit.evaluation.verdict import difference
from evalkit.statistics.paired import paired_binary

DRAWS = 3000  # a rate near 5 % is then known to ± 0.8 points


@cache
def found(b, c, n):
    base = [0.0] * b + [1.0] * c + [1.0] * (n - b - c)
    candidate = [1.0] * b + [0.0] * c + [1.0] * (n - b - c)
    return difference(
        paired_binary(base, candidate),
        metric="accuracy",
        base="base",
        candidate="tuned",
        where="all",
        better="higher",
        unit="share",
    )


@cache
def rates(n, delta, margin=0.05):
    """Shares of sets: worse, not worse by the margin, mean dropped, dropped by 2 points."""
    psi = 0.2
    shares = [(psi + delta) / 2, (psi - delta) / 2, 1 - psi]
    drawn = np.random.default_rng(n).multinomial(n, shares, size=DRAWS)
    total = np.zeros(4)
    for b, c, _ in drawn.tolist():
        one = found(b, c, n)
        total += [
            one.verdict == "worse",
            one.low_one_sided > -margin,
            one.interval.value < 0,
            one.interval.value < -0.02,
        ]
    return total / DRAWS


@pytest.mark.parametrize(
    ("n", "worse", "dropped", "by_two"),
    [
        (50, 0.020, 0.436, 0.322),
        (200, 0.025, 0.469, 0.239),
        (1000, 0.025, 0.485, 0.071),
    ],
)
def test_identical_models(n, worse, dropped, by_two):
    """They are called worse in 2 %; "must not drop" would fail them every other time."""
    got = rates(n, 0.0)
    assert got[0] == pytest.approx(worse, abs=0.01)
    assert got[2] == pytest.approx(dropped, abs=0.03)
    assert got[3] == pytest.approx(by_two, abs=0.03)


@pytest.mark.parametrize(
    ("n", "unseen", "certified", "identical_refused"),
    [
        (50, 0.899, 0.050, 0.81),
        (200, 0.649, 0.050, 0.53),
        (1000, 0.056, 0.048, 0.03),
    ],
)
def test_a_loss_of_5_points(n, unseen, certified, identical_refused):
    """ "No significant regression" lets it pass; "not worse by 5 points" does so in 5 %."""
    got = rates(n, -0.05)
    assert 1 - got[0] == pytest.approx(unseen, abs=0.03)
    assert got[1] == pytest.approx(certified, abs=0.012)
    assert 1 - rates(n, 0.0)[1] == pytest.approx(identical_refused, abs=0.03)


def test_undecided_says_how_many_rows():
    one = found(9, 4, 50)
    assert one.verdict == "undecided"
    assert one.needed > 50
    assert found(30, 4, 50).verdict == "better"
    assert found(4, 30, 50).verdict == "worse"


@pytest.mark.parametrize(("b", "c"), [(4, 0), (15, 6), (46, 29)])
def test_better_needs_interval_and_test(b, c):
    """Tango leaves out 0, mid-p is 5 % or more: undecided, in both directions."""
    one, other = found(b, c, 200), found(c, b, 200)
    assert one.interval.low > 0
    assert one.interval.p >= 0.05
    assert one.verdict == other.verdict == "undecided"


def test_models_that_never_differ():
    one = found(0, 0, 20)
    assert one.verdict == "undecided"
    assert (one.interval.value, one.interval.p) == (0.0, 1.0)
    assert one.interval.low == -one.interval.high == pytest.approx(-0.1611, abs=5e-5)
    assert one.needed is None
