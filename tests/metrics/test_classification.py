# SPDX-License-Identifier: Apache-2.0
"""Metrics of labels, against scikit-learn's numbers of real predictions."""

from __future__ import annotations

import csv
import json
import re
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.core.registry import find
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare
from evalkit.metrics._confusion import confusion
from evalkit.scorers.label import label as label_scorer
from evalkit.statistics.paired_binary import tango
from evalkit.statistics.proportion import wilson

CLASSES = ("accuracy", "macro_f1", "balanced_accuracy")
PER_LABEL = ("precision", "recall", "f1")


def sample(i, expected, answer, *, value=None, probabilities=None):
    right = float(answer == expected) if value is None else value
    return Sample(
        id=str(i),
        score=Score(right, answer=answer, probabilities=probabilities),
        expected=expected,
        reply=Reply(text=answer or ""),
    )


def samples(pairs):
    return [sample(i, expected, answer) for i, (expected, answer) in enumerate(pairs)]


def of(name, given, **options):
    return find("metrics", name)(given, **options)


ISSUES = ("bug", "feature", "question")


def issues(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = [m[1] for line in lines if (m := re.match(r"Correct GitHub Issue type: (.*)", line))]
    answers = [
        m[1] for line in lines if (m := re.match(r"Predicted GitHub Issue type: ?(.*)", line))
    ]
    return [
        Sample(
            id=str(i),
            score=label_scorer(Reply(text=answer), wanted, ISSUES),
            expected=wanted,
            reply=Reply(text=answer),
        )
        for i, (wanted, answer) in enumerate(zip(expected, answers, strict=True))
    ]


@pytest.mark.parametrize(
    "repository",
    ["bitcoin_cell65", "opencv_cell71", "react_cell48", "tensorflow_cell53", "vscode_cell59"],
)
def test_fine_tuned_issue_classifiers(shared, repository):
    """Predictions outside the set (access, class, an empty one) are wrong, and no label's own."""
    folder = shared / "nlbse24-issues"
    golden = json.loads((folder / "expected_metrics.json").read_text())[f"pred_{repository}.txt"]
    given_samples = issues(folder / f"pred_{repository}.txt")
    assert of("accuracy", given_samples).value == pytest.approx(golden["accuracy"], abs=1e-12)
    macro = golden["macro_over_3_labels"]
    assert of("macro_f1", given_samples).value == pytest.approx(macro["f1"], abs=1e-12)
    assert of("balanced_accuracy", given_samples).value == pytest.approx(macro["recall"], abs=1e-12)
    for one, wanted in golden["per_class"].items():
        for name in PER_LABEL:
            found = of(name, given_samples, label=one)
            assert found.value == pytest.approx(wanted[name], abs=1e-12)
            assert found.low < found.value < found.high
    precisions = [of("precision", given_samples, label=one).value for one in ISSUES]
    assert sum(precisions) / 3 == pytest.approx(macro["precision"], abs=1e-12)
    columns, counts = confusion(given_samples, ISSUES)
    assert columns == (*ISSUES, "(other)", "(none)")
    for one, row in zip(ISSUES, counts, strict=True):
        theirs = golden["confusion"][one]
        inside = [theirs.get(column, 0) for column in ISSUES]
        outside = sum(n for column, n in theirs.items() if column not in (*ISSUES, ""))
        assert list(row) == [*inside, outside, theirs.get("", 0)]


@pytest.fixture(scope="module")
def posts(shared):
    found = {}
    for model in ("base", "tuned"):
        path = shared / "cls-probabilities-20news" / f"predictions_{model}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            found[model] = [
                sample(
                    row["id"],
                    row["label"],
                    row["predicted"],
                    probabilities={
                        "baseball": float(row["probability_baseball"]),
                        "hockey": 1 - float(row["probability_baseball"]),
                    },
                )
                for row in csv.DictReader(file)
            ]
    return found


@pytest.mark.parametrize("model", ["base", "tuned"])
def test_probabilities_of_two_classes(shared, posts, model):
    golden = json.loads(
        (shared / "cls-probabilities-20news" / "expected_metrics.json").read_text()
    )[f"predictions_{model}.csv"]
    mine = posts[model]
    assert of("accuracy", mine).value == pytest.approx(golden["accuracy"], abs=1e-12)
    for name in PER_LABEL:
        assert of(name, mine, label="baseball").value == pytest.approx(golden[name], abs=1e-12)
    for label in ("baseball", None):
        found = of("auroc", mine, label=label)
        assert found.value == pytest.approx(golden["auroc"], abs=1e-12)
        assert 0 < found.low < found.value < found.high < 1
    assert of("auroc", mine, label="hockey").value == pytest.approx(golden["auroc"], abs=1e-9)


@pytest.mark.parametrize("name", [*CLASSES, "auroc"])
def test_tuned_is_better_than_base_and_swapped_worse(posts, name):
    metric = find("metrics", name)
    there = compare(metric, posts["base"], posts["tuned"])
    back = compare(metric, posts["tuned"], posts["base"])
    assert there.interval.value == pytest.approx(
        metric.value(posts["tuned"]) - metric.value(posts["base"])
    )
    assert there.interval.low > 0
    assert there.interval.p < 0.05
    assert back.interval.high == pytest.approx(-there.interval.low)
    assert back.low90 == pytest.approx(-there.high90)
    assert back.interval.p == pytest.approx(there.interval.p)
    same = compare(metric, posts["base"], posts["base"])
    assert (same.interval.value, same.interval.p) == (0.0, 1.0)


def test_recall_is_compared_on_the_samples_of_the_label(posts):
    recall = find("metrics", "recall")
    found = compare(recall, posts["base"], posts["tuned"], label="hockey")
    assert found.interval.n == 399
    assert found.fixed - found.broken == 387 - 71
    assert (found.interval.low, found.interval.high) == tango(found.fixed, found.broken, 399)


@pytest.mark.parametrize("name", ["precision", "f1"])
def test_per_label_differences(posts, name):
    metric = find("metrics", name)
    found = compare(metric, posts["base"], posts["tuned"], label="baseball")
    values = [metric.value(posts[m], label="baseball") for m in ("tuned", "base")]
    assert found.interval.value == pytest.approx(values[0] - values[1])
    assert found.interval.low < found.interval.value < found.interval.high
    assert found.interval.low > 0


answers = st.sampled_from(["a", "b", "c", "(other)", None])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("abc"), answers), min_size=1, max_size=40))
def test_equal_to_scikit_learn(pairs):
    from sklearn.metrics import f1_score, precision_recall_fscore_support, recall_score

    mine = samples(pairs)
    wanted, given_answers = [e for e, _ in pairs], [a or "" for _, a in pairs]
    present = sorted(set(wanted))
    shared = {"labels": present, "zero_division": 0}
    assert find("metrics", "macro_f1").prepare(mine)(range(len(mine))) == pytest.approx(
        f1_score(wanted, given_answers, average="macro", **shared)
    )
    assert find("metrics", "balanced_accuracy").prepare(mine)(range(len(mine))) == pytest.approx(
        recall_score(wanted, given_answers, average="macro", **shared)
    )
    rows = precision_recall_fscore_support(
        wanted, given_answers, labels=present, zero_division=nan
    )[:3]
    for name, row in zip(PER_LABEL, rows, strict=True):
        for one, theirs in zip(present, row, strict=True):
            ours = of(name, mine, label=one)
            assert ours.value == pytest.approx(theirs, nan_ok=True)
            point = find("metrics", name)
            if point.pair == "resample":
                assert point.prepare(mine, label=one)(range(len(mine))) == pytest.approx(
                    theirs, nan_ok=True
                )


def test_three_labels_one_against_the_rest():
    from sklearn.metrics import roc_auc_score

    labels = ("a", "b", "c")
    expected = [labels[i % 3] for i in range(45)]
    raw = [
        [(i * 7 + j * 5 + (labels[j] == e) * 6) % 13 + 1 for j in range(3)]
        for i, e in enumerate(expected)
    ]
    given_probabilities = [[x / sum(row) for x in row] for row in raw]
    mine = [
        sample(i, e, "a", probabilities=dict(zip(labels, row, strict=True)))
        for i, (e, row) in enumerate(zip(expected, given_probabilities, strict=True))
    ]
    found = of("auroc", mine)
    assert found.value == pytest.approx(
        roc_auc_score(expected, given_probabilities, multi_class="ovr")
    )
    assert found.low < found.value < found.high
    # The influence function against the bootstrap of samples.
    from evalkit.statistics.resample import bootstrap

    resampled = bootstrap(find("metrics", "auroc").prepare(mine), 45, draws=400)
    variance = find("metrics", "auroc").curve(mine).variance
    assert resampled.draws.std() == pytest.approx(variance**0.5, rel=0.15)


def test_interval_of_f1_is_that_of_the_jaccard_share():
    """6 hits, 2 false alarms, 3 misses: J = 6/11, F1 = 12/17."""
    mine = samples([("a", "a")] * 6 + [("b", "a")] * 2 + [("a", "b")] * 3 + [("b", "b")] * 9)
    found, j = of("f1", mine, label="a"), wilson(6, 11)
    assert found.value == pytest.approx(12 / 17)
    assert found.low == pytest.approx(2 * j.low / (1 + j.low))
    assert found.high == pytest.approx(2 * j.high / (1 + j.high))
    assert found.n == 11


def test_everything_right():
    mine = samples([(e, e) for e in "aabbcc" * 4])
    for name in CLASSES:
        found = of(name, mine)
        assert found.value == 1.0
        assert 0 < found.low < 1.0 == found.high
    for name in PER_LABEL:
        found = of(name, mine, label="a")
        assert 0 < found.low < 1.0 == found.high


def test_everything_empty():
    mine = samples([(e, None) for e in "aabbcc" * 4])
    for name in CLASSES:
        found = of(name, mine)
        assert found.value == 0.0 == found.low < found.high < 1
    assert of("recall", mine, label="a").value == 0.0
    assert of("f1", mine, label="a").value == 0.0
    never = of("precision", mine, label="a")
    assert isnan(never.value)
    assert never.why == "the label was never given"
    assert confusion(mine, "abc")[1] == ((0, 0, 0, 0, 8),) * 3


def test_absent_label():
    mine = samples([("a", "a"), ("a", "b"), ("b", "b")] * 3)
    for name, why in [
        ("recall", "no sample expects"),
        ("precision", "never given"),
        ("f1", "neither"),
    ]:
        found = of(name, mine, label="c")
        assert isnan(found.value)
        assert why in found.why
        assert isnan(compare(find("metrics", name), mine, mine, label="c").interval.value)
    given_only = of("recall", mine, label="b")
    assert (given_only.value, given_only.n) == (1.0, 3)


def test_unscored_are_left_out_and_counted():
    scored = samples([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")])
    mine = [*scored, sample(9, "a", None, value=nan)]
    for name in CLASSES:
        ours, theirs = of(name, mine), of(name, scored)
        assert ours.value == theirs.value
        assert (ours.n, ours.left_out) == (4, 1)
        difference = compare(find("metrics", name), mine, mine)
        assert (difference.interval.n, difference.interval.left_out) == (4, 1)
    for name in PER_LABEL:
        ours, theirs = of(name, mine, label="a"), of(name, scored, label="a")
        assert (ours.value, ours.n) == (theirs.value, theirs.n)
        assert ours.left_out == 1
    assert confusion(mine, "ab")[1] == ((1, 1, 0, 1), (0, 2, 0, 0))


@pytest.mark.parametrize("size", [0, 1, 2, 5])
@pytest.mark.parametrize("value", [0.0, 1.0, nan])
@pytest.mark.parametrize(
    "name", [*CLASSES, *PER_LABEL, "auroc", "exact_match", "token_f1", "rouge_l"]
)
def test_few_samples_of_one_class_are_calm(name, size, value):
    """No exception and no warning (warnings are errors), and NaN never without a reason."""
    answer = {1.0: "a", 0.0: "b"}.get(value)
    mine = [
        sample(i, "a", answer, value=value, probabilities={"a": 0.5, "b": 0.5} if answer else None)
        for i in range(size)
    ]
    options = {"label": "a"} if name in PER_LABEL else {}
    found = of(name, mine, **options)
    if isnan(found.value) or isnan(found.low):
        assert found.why
    difference = compare(find("metrics", name), mine, mine, **options)
    assert difference.interval.value == 0.0 or difference.interval.why
    assert not difference.interval.low > 0
    assert not difference.interval.high < 0


def test_labels_that_differ_by_case_only():
    mine = samples([("US", "US"), ("US", "us"), ("us", "us"), ("us", "us")])
    assert of("recall", mine, label="US").value == 0.5
    assert of("precision", mine, label="us").value == pytest.approx(2 / 3)
    assert confusion(mine, ["US", "us"])[1] == ((1, 1, 0, 0), (0, 2, 0, 0))


def test_confusion_of_strict_text():
    """The exact scorer's answers are case-folded text; they find their labels."""
    mine = samples([("Refund", "refund"), ("Refund", "i want"), ("Billing", "billing")])
    columns, counts = confusion(mine, ["Refund", "Billing"])
    assert columns == ("Refund", "Billing", "(other)", "(none)")
    assert counts == ((1, 0, 1, 0), (0, 1, 0, 0))


def test_unaligned_samples_are_a_mistake():
    mine = samples([("a", "a"), ("b", "b")])
    with pytest.raises(ValueError, match="aligned"):
        compare(find("metrics", "accuracy"), mine, mine[::-1])
    with pytest.raises(ValueError, match="aligned"):
        compare(find("metrics", "accuracy"), mine, mine[:1])


def test_many_samples_and_labels():
    """20 labels, 20,000 samples: the bootstrap draws counts, not rows."""
    pairs = [(str(i % 20), str((i * i) % 20)) for i in range(20_000)]
    found = of("macro_f1", samples(pairs))
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.02
