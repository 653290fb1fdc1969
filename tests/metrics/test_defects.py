# SPDX-License-Identifier: Apache-2.0
"""What others got wrong, and these metrics must not (measured of their releases of 2026)."""

from __future__ import annotations

import pytest

from evalkit.core.exchange import Reply
from evalkit.core.registry import find
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare


def valued(values):
    return [
        Sample(id=str(i), score=Score(v), expected="x", reply=Reply(text="y"))
        for i, v in enumerate(values)
    ]


def classified(labelled, n=200):
    return labelled([("ab"[i % 2], "ab"[i % 2 if i % 5 else i % 3 % 2]) for i in range(n)])


def half_width(found):
    return (found.high - found.low) / 2


@pytest.mark.parametrize("name", ["macro_f1", "weighted_f1", "micro_f1", "kappa", "mcc"])
def test_the_bootstraps_error_is_not_divided_by_the_root_of_its_draws(labelled, name):
    """One harness took the mean's error of 1,000 draws for the error: 31.6 times too small.

    Held against the jackknife, which shares no code with the bootstrap.
    """
    import numpy as np

    samples = classified(labelled)
    of = find("metrics", name)
    statistic, n = of.prepare(samples), len(samples)
    everyone = np.arange(n)
    without = np.array([statistic(np.delete(everyone, i)) for i in range(n)])
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    assert half_width(of(samples)) / 1.96 == pytest.approx(error, rel=0.15)


def test_all_right_is_no_error_of_0():
    """One harness published 51 rows with a standard error of exactly 0."""
    for n, low in ((4, 0.5101), (20, 0.8389)):
        found = find("metrics", "accuracy")(valued([1.0] * n))
        assert (found.value, found.high) == (1.0, 1.0)
        assert found.low == pytest.approx(low, abs=1e-4)
        assert find("metrics", "token_f1")(valued([1.0] * n)).low == pytest.approx(low, abs=1e-4)


def test_all_wrong_is_no_error_of_0():
    assert find("metrics", "accuracy")(valued([0.0] * 4)).high == pytest.approx(0.4899, abs=1e-4)


def test_no_pair_that_differs_is_no_interval_of_width_0():
    """One harness gave (0, 0) at n = 20, and (1, 1) for 8 of 8 improved."""
    accuracy = find("metrics", "accuracy")
    same = compare(accuracy, valued([1.0] * 20), valued([1.0] * 20)).interval
    assert (same.value, same.p) == (0.0, 1.0)
    assert (same.low, same.high) == (
        pytest.approx(-0.161, abs=1e-3),
        pytest.approx(0.161, abs=1e-3),
    )
    all_better = compare(accuracy, valued([0.0] * 8), valued([1.0] * 8)).interval
    assert (all_better.low, all_better.high) == (pytest.approx(0.351, abs=1e-3), 1.0)


def test_scores_are_not_rounded_per_item():
    """One harness rounds each F1 to two digits: 2/3 becomes 0.67."""
    found = find("metrics", "token_f1")(valued([2 / 3] * 3 + [1 / 3]))
    assert found.value == pytest.approx(7 / 12, abs=1e-15)


def test_one_sample_is_not_nan_and_has_no_false_interval():
    """One harness gave NaN at one sample."""
    found = find("metrics", "token_f1")(valued([0.5]))
    assert found.value == 0.5
    assert found.low != found.low
    assert found.why == "one value: no interval"


def test_the_number_of_discordant_pairs_changes_no_test():
    """One harness switched tests at 25 of them: 17 to 7 p = .064, 18 to 7 p = .0455."""
    accuracy = find("metrics", "accuracy")
    found = []
    for fixed in (17, 18):
        before = [0.0] * fixed + [1.0] * 7 + [1.0] * (100 - fixed - 7)
        after = [1.0] * fixed + [0.0] * 7 + [1.0] * (100 - fixed - 7)
        found.append(compare(accuracy, valued(before), valued(after)).interval.p)
    assert found == [pytest.approx(0.0433, abs=1e-4), pytest.approx(0.0290, abs=1e-4)]


def test_paired_data_are_compared_as_pairs():
    """One harness compares two models on the same rows by an unpaired z: power 6 % for 79 %."""
    import numpy as np

    random = np.random.default_rng(5)
    hard = random.random(400)
    before = (hard < 0.5).astype(float).tolist()
    after = (hard < 0.55).astype(float).tolist()
    found = compare(find("metrics", "accuracy"), valued(before), valued(after)).interval
    error = (2 * 0.25 / 400) ** 0.5
    assert found.value < 1.96 * error  # unpaired: not seen
    assert found.p < 0.001
    assert found.low > 0
