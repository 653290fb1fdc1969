# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest

from evalkit.core.exchange import Reply
from evalkit.core.registry import find
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare
from evalkit.metrics._ratio import ratio_of

METRIC = find("metrics", "cost_per_correct")


def samples(rows):
    """Of (cost, score)."""
    return [
        Sample(id=str(i), score=Score(score), expected="a", reply=Reply(text="a"), cost=cost)
        for i, (cost, score) in enumerate(rows)
    ]


def drawn(n, share, scale, seed):
    import numpy as np

    random = np.random.default_rng(seed)
    rows = zip(random.lognormal(sigma=0.6, size=n) * scale, random.random(n) < share, strict=True)
    return [(float(cost), float(right)) for cost, right in rows]


def test_money_for_all_by_the_right_ones():
    found = METRIC(samples([(0.01, 1.0), (0.02, 0.0), (0.03, 1.0), (0.02, 0.5)]))
    assert found.value == pytest.approx(0.08 / 2.5)
    assert 0 < found.low < found.value < found.high
    assert (found.n, found.left_out, found.method) == (4, 0, "mover-ratio")


def test_what_is_not_known():
    no_price = METRIC(samples([(None, 1.0)] * 4))
    assert (isnan(no_price.value), no_price.left_out) == (True, 4)
    assert no_price.why == "no price or no token counts are known"
    none_right = METRIC(samples([(0.01, 0.0)] * 4))
    assert isnan(none_right.value)
    assert "no answer is right" in none_right.why
    failed = METRIC(samples([(0.01, 1.0), (0.02, 1.0), (None, 1.0), (0.5, float("nan"))]))
    assert (failed.value, failed.n, failed.left_out) == (pytest.approx(0.015), 2, 2)
    assert METRIC([]).why == "nothing to count"


def test_all_right_at_one_price_still_has_a_width():
    found = METRIC(samples([(0.01, 1.0)] * 20))
    assert found.value == pytest.approx(0.01)
    assert found.low == pytest.approx(0.01)
    assert found.high == pytest.approx(0.01 / 0.8389, rel=1e-3)  # Wilson's low end of 20 of 20
    free = METRIC(samples([(0.0, 1.0), (0.0, 0.0)]))
    assert (free.value, free.low, free.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("n", "share"), [(30, 0.6), (60, 0.9), (200, 0.3)])
def test_the_interval_keeps_its_promise(n, share):
    """95 % of the intervals hold the true value: mean cost by true share, over 250 sets."""
    import numpy as np

    true = float(np.exp(0.18)) / share
    found = [METRIC(samples(drawn(n, share, 1.0, seed))) for seed in range(250)]
    held = sum(one.low <= true <= one.high for one in found) / len(found)
    assert held >= 0.91


def test_the_ratio_of_two_models():
    base, tuned = samples(drawn(120, 0.5, 1.0, 1)), samples(drawn(120, 0.9, 1.2, 2))
    there = ratio_of(METRIC, [base], [tuned])
    back = ratio_of(METRIC, [tuned], [base])
    assert there.value == pytest.approx(METRIC.value(tuned) / METRIC.value(base))
    assert there.low < there.value < there.high < 1
    assert back.value == pytest.approx(1 / there.value)
    assert back.low == pytest.approx(1 / there.high)
    assert there.p < 0.05
    same = ratio_of(METRIC, [base], [base])
    assert (same.value, same.p) == (1.0, 1.0)
    unpriced = ratio_of(METRIC, [samples([(None, 1.0)] * 120)], [tuned])
    assert isnan(unpriced.value)
    assert unpriced.why


def test_the_difference_is_paired():
    rows = drawn(80, 0.7, 1.0, 3)
    dearer = [(cost * 1.1, score) for cost, score in rows]
    found = compare(METRIC, samples(rows), samples(dearer)).interval
    assert found.value == pytest.approx(0.1 * METRIC.value(samples(rows)))
    assert found.low > 0  # a tenth more on every row is seen, though costs vary by far more
    missing = [(None if i < 20 else cost, score) for i, (cost, score) in enumerate(dearer)]
    fewer = compare(METRIC, samples(rows), samples(missing)).interval
    assert (fewer.n, fewer.left_out) == (60, 20)
