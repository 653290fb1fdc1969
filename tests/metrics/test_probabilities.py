# SPDX-License-Identifier: Apache-2.0
"""Metrics of label probabilities, against scikit-learn."""

from __future__ import annotations

from math import inf, isnan, log
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalkit.core.registry import find
from evalkit.metrics._compare import compare
from evalkit.metrics._reliability import reliability
from evalkit.metrics._roc import capped, pr_points, roc_points

NAMES = ("auroc", "auprc", "brier", "log_loss", "ece")
LABELS = ("ham", "spam", "news")


def spread(weights, labels):
    """Probabilities from whole numbers, so that ties are common."""
    total = sum(weights) or 1
    return {label: w / total if sum(weights) else 1 / len(labels)
            for label, w in zip(labels, weights, strict=True)}  # fmt: skip


def made(labelled, rows, labels):
    shares = [spread(weights, labels) for _, weights in rows]
    tops = [max(labels, key=one.get) for one in shares]
    return labelled([(wanted, top) for (wanted, _), top in zip(rows, tops, strict=True)], shares)


def drawn(k):
    labels = LABELS[:k]
    weights = st.tuples(*[st.integers(0, 4)] * k)
    return st.lists(st.tuples(st.sampled_from(labels), weights), min_size=1, max_size=40)


def point(name, samples, **options):
    of = find("metrics", name)
    if of.pair == "mean":
        values = of.values(samples, **options)
        return sum(values) / len(values)
    if of.pair == "rank":
        return of.curve(samples, **options).area
    return of.prepare(samples, **options)(range(len(samples)))


@settings(max_examples=20)
@given(drawn(2))
def test_two_labels_are_equal_to_scikit_learn(labelled, rows):
    from sklearn import metrics

    samples = made(labelled, rows, LABELS[:2])
    wanted = [int(s.expected == "spam") for s in samples]
    p = [s.score.probabilities["spam"] for s in samples]
    assert point("brier", samples) == pytest.approx(metrics.brier_score_loss(wanted, p))
    assert point("brier", samples, label="spam") == pytest.approx(point("brier", samples))
    loss = metrics.log_loss(wanted, p, labels=[0, 1])
    assert point("log_loss", samples) == pytest.approx(loss, rel=1e-9, abs=1e-12)
    assert point("log_loss", samples, label="spam") == pytest.approx(loss, rel=1e-9, abs=1e-12)
    assume(0 < sum(wanted) < len(wanted))
    area = metrics.average_precision_score(wanted, p)
    assert point("auprc", samples, label="spam") == pytest.approx(area)
    assert point("auroc", samples, label="spam") == pytest.approx(metrics.roc_auc_score(wanted, p))


@settings(max_examples=20)
@given(drawn(3))
def test_three_labels_are_equal_to_scikit_learn(labelled, rows):
    from sklearn import metrics

    samples = made(labelled, rows, LABELS)
    wanted = [s.expected for s in samples]
    order = sorted(LABELS)
    p = [[s.score.probabilities[label] for label in order] for s in samples]
    theirs = metrics.brier_score_loss(wanted, p, labels=order)
    assert point("brier", samples) == pytest.approx(theirs)
    loss = metrics.log_loss(wanted, p, labels=order)
    assert point("log_loss", samples) == pytest.approx(loss, rel=1e-9, abs=1e-12)
    present = sorted(set(wanted))
    assume(len(present) > 1)
    areas = [
        metrics.average_precision_score([w == label for w in wanted], [row[order.index(label)]
                                        for row in p])
        for label in present
    ]  # fmt: skip
    assert point("auprc", samples) == pytest.approx(sum(areas) / len(areas))


@settings(max_examples=20)
@given(drawn(2))
def test_curves_are_those_of_scikit_learn(labelled, rows):
    from sklearn import metrics

    samples = made(labelled, rows, LABELS[:2])
    wanted = [int(s.expected == "spam") for s in samples]
    p = [s.score.probabilities["spam"] for s in samples]
    roc, pr = roc_points(samples, "spam"), pr_points(samples, "spam")
    if not any(wanted):
        assert (roc, pr) == ([], [])
        return
    precision, recall, thresholds = metrics.precision_recall_curve(wanted, p)
    theirs = list(zip(recall[:-1], precision[:-1], thresholds, strict=True))[::-1]
    assert pr == [pytest.approx(row) for row in theirs]
    steps = zip(pr, [(0.0, 1.0, inf), *pr], strict=False)
    assert sum((x - before) * y for (x, y, _), (before, _, _) in steps) == pytest.approx(
        point("auprc", samples, label="spam"), nan_ok=True
    ) or all(wanted)
    if all(wanted):
        assert roc == []
        return
    x, y, t = metrics.roc_curve(wanted, p, drop_intermediate=False)
    assert roc == [pytest.approx(row) for row in zip(x, y, t, strict=True)]


def honest(labelled, n, shift=0.0):
    """Probabilities that mean what they say, but for a shift."""
    random = Random(7)  # noqa: S311  of samples
    pairs, shares = [], []
    for _ in range(n):
        p = random.random()
        label = "spam" if random.random() < p else "ham"
        said = min(1.0, max(0.0, p + shift))
        shares.append({"spam": said, "ham": 1 - said})
        pairs.append((label, "spam" if said >= 0.5 else "ham"))
    return labelled(pairs, shares)


def test_calibration(labelled):
    good, bad = honest(labelled, 600), honest(labelled, 600, 0.25)
    ece = find("metrics", "ece")
    assert point("ece", good, label="spam") < 0.08  # 0.8 sqrt(p (1 - p) 15/n) by chance
    assert 0.18 < point("ece", bad, label="spam") < 0.3
    found = ece(bad, label="spam")
    assert found.low < found.value < found.high
    assert [one.n for one in reliability(good, "spam")] == [40] * 15
    bins = reliability(bad, "spam")
    assert len(bins) < 15  # the ties at 1 stay in one bin
    assert sum(one.n for one in bins) == 600
    by_hand = sum(one.n * abs(one.mean_probability - one.share_right) for one in bins) / 600
    assert found.value == pytest.approx(by_hand)
    worse = compare(ece, good[:200], bad[:200], label="spam").interval
    assert worse.low > 0.05
    top = reliability(good)
    assert min(one.low for one in top) >= 0.5


@pytest.mark.parametrize("rows", [100, 150, 250])
def test_the_interval_of_a_calibration_difference_agrees_with_its_p(labelled, rows):
    """BCa's lay at 1.3 to 7.2 points with p = .105: both come from the same draws now."""
    ece = find("metrics", "ece")
    before, after = honest(labelled, rows), honest(labelled, rows, 0.12)
    found = compare(ece, before, after, label="spam").interval
    assert found.method == "centred-bootstrap"
    assert found.low < found.value < found.high
    assert (found.low > 0 or found.high < 0) == (found.p < 0.05)
    back = compare(ece, after, before, label="spam").interval
    assert (back.value, back.p) == pytest.approx((-found.value, found.p))
    assert (back.low, back.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize("name", NAMES)
def test_rows_without_probabilities_are_left_out_and_counted(labelled, name):
    of = find("metrics", name)
    all_of_them, pairs = honest(labelled, 60), [("spam", "spam"), ("ham", "spam")] * 5
    mixed = [*all_of_them, *labelled(pairs)]
    found, plain = of(mixed), of(all_of_them)
    assert found.value == pytest.approx(plain.value)
    assert (found.n, found.left_out) == (60, 10)
    none = of(labelled(pairs))
    assert isnan(none.value)
    assert (none.why, none.left_out) == ("no label probabilities", 10)
    some, others = [*all_of_them, *labelled(pairs)], [*labelled(pairs), *all_of_them]
    renamed = [type(s)(id=t.id, score=s.score, expected=s.expected, reply=s.reply)
               for s, t in zip(others, some, strict=True)]  # fmt: skip
    both = compare(of, some, renamed).interval
    assert (both.n, both.left_out) == (50, 20)


@pytest.mark.parametrize("name", ["auroc", "auprc"])
@pytest.mark.parametrize(("each", "interval", "warned"), [(4, False, True), (9, True, True),
                                                          (10, True, False)])  # fmt: skip
def test_a_class_with_few_samples(labelled, name, each, interval, warned):
    pairs = [("ham", "ham")] * 40 + [("spam", "spam")] * each
    shares = [{"spam": (i * 7 % 40) / 80, "ham": 1 - (i * 7 % 40) / 80} for i in range(40)]
    shares += [{"spam": 0.3 + i / 40, "ham": 0.7 - i / 40} for i in range(each)]
    samples = labelled(pairs, shares)
    shuffled = labelled(pairs, shares[1:40] + shares[:1] + shares[40:])
    of = find("metrics", name)
    for found in (of(samples, label="spam"), compare(of, samples, shuffled, label="spam").interval):
        assert isnan(found.low) is not interval, found
        if found.method != "mover-delong":
            assert ("of one class" in found.why) is warned, found


@pytest.mark.parametrize("name", NAMES)
def test_a_class_that_is_absent(labelled, name):
    shares = [{"spam": 0.1 + i / 50, "ham": 0.9 - i / 50} for i in range(20)]
    found = find("metrics", name)(labelled([("ham", "ham")] * 20, shares))
    assert isnan(found.value) is (name in ("auroc", "auprc"))
    assert not isnan(found.value) or found.why


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_next_to_nothing_is_calm(labelled, name, n):
    pairs = [("spam", "spam"), ("ham", "spam")][:n]
    found = find("metrics", name)(labelled(pairs, [{"spam": 0.7, "ham": 0.3}] * n))
    assert found.n == n
    assert found.why or not isnan(found.low)


def test_certain_and_right_or_wrong(labelled):
    sure = [{"spam": 1.0, "ham": 0.0}] * 20
    right, wrong = labelled([("spam", "spam")] * 20, sure), labelled([("ham", "spam")] * 20, sure)
    assert find("metrics", "brier").value(right) == 0.0
    assert find("metrics", "brier").value(wrong) == 1.0
    assert find("metrics", "log_loss").value(wrong) == pytest.approx(-log(2.220446049250313e-16))
    assert find("metrics", "ece").value(wrong) == 1.0
    assert "no interval" in find("metrics", "ece")(wrong).why


def test_all_in_order_has_a_width(labelled):
    shares = [{"spam": i / 40, "ham": 1 - i / 40} for i in range(40)]
    samples = labelled([("ham", "ham")] * 20 + [("spam", "spam")] * 20, shares)
    for name in ("auroc", "auprc"):
        for options in ({"label": "spam"}, {}):
            found = find("metrics", name)(samples, **options)
            assert (found.value, found.high) == (1.0, 1.0)
            assert 0.75 < found.low < 0.9


def test_curves_are_capped_with_their_ends(labelled):
    points = roc_points(honest(labelled, 600), "spam")
    assert len(points) > 400
    short = capped(points, 200)
    assert len(short) == 200
    assert (short[0], short[-1]) == (points[0], points[-1])
    assert short == sorted(short, key=lambda p: (p[0], p[1]))
    assert capped(points, 9999) == points
