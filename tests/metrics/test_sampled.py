# SPDX-License-Identifier: Apache-2.0
"""Every metric over repeats and over clusters: one rule for all, also for plug-ins."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.core.registry import find, names
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare
from evalkit.metrics._metric import metric
from evalkit.metrics._sampled import compared, in_clusters, measured
from evalkit.metrics.win_rate import HELD_AGAINST
from evalkit.statistics.proportion import wilson

LABELS = ("a", "b", "c")


def sample(i, given_, *, cluster=None, expected=None, failed=False):
    wanted = expected or LABELS[i % 3]
    value = nan if failed else float(given_ == wanted)
    rest = [label for label in LABELS if label != given_]
    return Sample(
        id=str(i),
        score=Score(value, answer=None if failed else given_,
                    probabilities=None if failed else {given_: 0.6, rest[0]: 0.3, rest[1]: 0.1}),
        expected=wanted,
        reply=Reply(text="" if failed else given_, finish="error" if failed else "stop"),
        cluster=cluster,
    )  # fmt: skip


def options(of):
    return {"label": "a"} if "label" in of.accepts and of.name != "auroc" else {}


def all_metrics():
    return [find("metrics", name) for name in names("metrics")]


def answers(n, period, *, per=1):
    """n samples, each `period`-th wrong, `per` of them to a cluster."""
    return [
        sample(i, LABELS[(i + (i % period == 0)) % 3], cluster=str(i // per) if per > 1 else None)
        for i in range(n)
    ]


@pytest.mark.parametrize("of", all_metrics(), ids=lambda m: m.name)
def test_one_answer_to_independent_questions_is_the_plain_metric(of):
    for base, candidate in ((answers(60, 4), answers(60, 5)), (answers(60, 3), answers(60, 3))):
        assert repr(measured(of, [base], **options(of))) == repr(of(base, **options(of)))
        assert repr(compared(of, [base], [candidate], **options(of))) == repr(
            compare(of, base, candidate, **options(of))
        )


@pytest.mark.parametrize("of", all_metrics(), ids=lambda m: m.name)
def test_repeats_that_agree_change_no_value_and_narrow_no_interval(of):
    base, candidate = answers(60, 4), answers(60, 5)
    once, four = of(base, **options(of)), measured(of, [base] * 4, **options(of))
    assert four.value == pytest.approx(once.value, nan_ok=True)
    assert four.left_out == once.left_out
    if not isnan(four.low):
        assert four.high - four.low > 0.85 * (once.high - once.low)
    one = compare(of, base, candidate, **options(of)).interval
    more = compared(of, [base] * 4, [candidate] * 4, **options(of)).interval
    assert more.value == pytest.approx(one.value, nan_ok=True)
    if not isnan(more.low) and not isnan(one.low):
        assert more.high - more.low > 0.85 * (one.high - one.low)


@pytest.mark.parametrize("period", [3, 4, 99])
@pytest.mark.parametrize("of", all_metrics(), ids=lambda m: m.name)
def test_clusters_keep_the_value_and_widen_the_interval(of, period):
    """Six copies of each question in one cluster: the value of all, the doubt of one."""
    copies = [
        sample(i * 100 + k, s.score.answer, cluster=str(i), expected=s.expected)
        for i, s in enumerate(answers(60, period))
        for k in range(6)
    ]
    alone = [Sample(id=s.id, score=s.score, expected=s.expected, reply=s.reply) for s in copies]
    assert in_clusters(copies)
    assert not in_clusters(alone)
    plain, found = of(alone, **options(of)), measured(of, [copies], **options(of))
    assert found.value == pytest.approx(plain.value, nan_ok=True)
    if not isnan(found.low) and plain.high - plain.low > 1e-9:
        assert found.high - found.low > 1.5 * (plain.high - plain.low), found
        assert "clustered" in found.method


@pytest.mark.parametrize("of", all_metrics(), ids=lambda m: m.name)
@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("per", [1, 9])
@pytest.mark.parametrize("k", [1, 3])
def test_next_to_nothing_is_calm(of, n, per, k):
    some = [answers(n, 2, per=per) for _ in range(k)]
    failed = [[sample(i, "a", cluster="c", failed=True) for i in range(n)] for _ in range(k)]
    for repeats in (some, failed):
        found = measured(of, repeats, **options(of))
        assert found.n <= max(n, 1)
        compared(of, repeats, some, **options(of))
        compared(of, some, repeats, **options(of))
        if isnan(found.value):
            assert found.why


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), min_size=1))
@settings(max_examples=40)
def test_swapping_models_mirrors(rows):
    n = len(rows)
    for of in (find("metrics", "accuracy"), find("metrics", "macro-f1")):
        one = [
            [sample(i, LABELS[a], cluster=str(i // 2), failed=bad) for i, (a, _, bad) in
             enumerate(rows)],
            [sample(i, LABELS[b], cluster=str(i // 2)) for i, (_, b, _) in enumerate(rows)],
        ]  # fmt: skip
        two = [[sample(i, LABELS[i % 3], cluster=str(i // 2)) for i in range(n)]] * 2
        there, back = compared(of, one, two).interval, compared(of, two, one).interval
        assert there.value == pytest.approx(-back.value, nan_ok=True)
        assert there.p == pytest.approx(back.p, nan_ok=True)


def test_a_repeat_that_failed_is_left_out_of_its_questions_mean():
    accuracy = find("metrics", "accuracy")
    good = [sample(i, LABELS[i % 3]) for i in range(4)]
    bad = [sample(i, LABELS[(i + 1) % 3]) for i in range(4)]
    failed = [sample(i, "a", failed=True) for i in range(4)]
    repeats = [[good[0], bad[1], failed[2], failed[3]], [failed[0], good[1], failed[2], bad[3]]]
    found = measured(accuracy, repeats)
    assert found.value == pytest.approx((1 + 0.5 + 0) / 3)
    assert (found.n, found.left_out) == (3, 1)


def test_models_asked_differently_often_are_compared():
    accuracy = find("metrics", "accuracy")
    base = [answers(30, 2)]
    candidate = [answers(30, 5), answers(30, 6), answers(30, 7)]
    found = compared(accuracy, base, candidate)
    means = sum(s.score.value for row in candidate for s in row) / 90
    assert found.interval.value == pytest.approx(means - 0.5)
    with pytest.raises(ValueError, match="aligned by id"):
        compared(accuracy, base, [answers(29, 5)])


def test_recall_of_a_label_is_clustered_by_its_own_rows():
    recall = find("metrics", "recall")
    rows = [
        sample(i, "a" if i % 4 else "b", cluster=str(i // 4), expected="a" if i % 2 else "c")
        for i in range(40)
    ]
    found = measured(recall, [rows], label="a")
    assert (found.n, found.value, found.method) == (20, 1.0, "wilson-clustered")
    assert found.low == pytest.approx(wilson(10, 10).low, abs=0.1)  # ten conversations
    apart = [sample(i, "a", cluster=str(i // 4), expected=LABELS[i % 4 % 3]) for i in range(40)]
    once = measured(recall, [apart], label="b")  # once in each conversation: independent
    assert repr(once) == repr(recall(apart, label="b"))
    paired = compared(recall, [apart], [apart], label="b")
    assert paired.interval.method == "tango+mcnemar-midp"
    assert measured(recall, [rows], label="b").why == "no sample expects the label"


def test_a_plug_in_that_drops_rows_in_silence_is_not_clustered_and_says_so():
    @metric(unit="share", better="higher", pair="binary")
    def odd_ones(samples, *, confidence=0.95):
        x = values(samples)
        return wilson(sum(x), len(x), confidence=confidence)

    @odd_ones.each
    def values(samples):
        return [s.score.value for s in samples if int(s.id) % 2]

    rows = answers(40, 3, per=4)
    found = measured(odd_ones, [rows])
    assert found.n == 20
    assert "does not say which rows it looks at" in found.why
    assert "does not say" in compared(odd_ones, [rows], [rows]).interval.why


def amounts(pairs, *, per=1):
    """Samples with answers of so many characters that took so many seconds, `per` to a cluster."""
    return [
        Sample(
            id=str(i),
            score=Score(nan),
            expected="",
            reply=Reply(text="x" * size),
            seconds=seconds,
            cluster=str(i // per),
        )
        for i, (size, seconds) in enumerate(pairs)
    ]


@pytest.mark.parametrize("per", [1, 2])
@pytest.mark.parametrize("name", ["length_chars", "latency"])
def test_an_interval_of_what_cannot_be_negative_ends_at_0(name, per):
    found = measured(find("metrics", name), [amounts([(1, 0.001)] * 7 + [(900, 0.9)], per=per)])
    assert found.value > 0
    assert found.low >= 0
    assert found.high >= found.value


def preferences(values, *, per):
    return [
        Sample(id=str(i), score=Score(v), expected="", reply=Reply(text="x"), cluster=str(i // per))
        for i, v in enumerate(values)
    ]


def test_a_win_rate_over_equal_conversations_has_the_interval_of_its_difference():
    of, values = find("metrics", "win_rate"), [1.0, 0.5, 0.5] * 5
    rate = measured(of, [preferences(values, per=3)])
    half = preferences([0.5] * 15, per=3)
    difference = compared(of, [half], [preferences(values, per=3)]).interval
    assert rate.value == pytest.approx(2 / 3)
    assert (rate.low, rate.high) == pytest.approx((0.5 + difference.low, 0.5 + difference.high))
    assert 0 <= rate.low < rate.value < rate.high <= 1


@pytest.mark.parametrize("repeats", [1, 3])
def test_what_others_are_held_against_is_one_half_by_definition(repeats):
    of = find("metrics", "win_rate")
    row = [
        Sample(id=str(i), score=Score(0.5, why=HELD_AGAINST), expected="", reply=Reply(text="x"),
               cluster=str(i // 2))
        for i in range(6)
    ]  # fmt: skip
    found = measured(of, [row] * repeats)
    assert (found.value, found.method, found.why) == (0.5, "by definition", HELD_AGAINST)


def test_points_over_conversations_stay_on_their_scale():
    of = find("metrics", "judge_score")
    found = measured(of, [preferences([5.0, 5.0, 5.0, 1.0], per=2)], scale=(1.0, 5.0))
    assert (found.low, found.high) == (1.0, 5.0)
