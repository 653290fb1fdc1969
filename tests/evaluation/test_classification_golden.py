# SPDX-License-Identifier: Apache-2.0
"""Real predictions through the whole path: recorded answers, samples, metrics, a run.

The expected numbers are scikit-learn's, to all digits.
"""

from __future__ import annotations

import csv
import json
import re

import pytest

from evalkit.core.exchange import Reply
from evalkit.evaluation.confusion_difference import confusion_difference
from evalkit.evaluation.results_csv import results_csv_names
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.stored import load_run, save_run
from evalkit.evaluation.suite import load_suite

ISSUES = ("bug", "feature", "question")
ALL_DIGITS = {"rel": 1e-13, "abs": 1e-13}


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21").run


def values(run, model):
    return {m.metric: m.interval.value for m in run.measures if m.model == model}


@pytest.fixture(scope="module")
def issues(shared):
    """Repository to (expected, predicted) of 300 issues."""
    found = {}
    for path in sorted((shared / "nlbse24-issues").glob("pred_*.txt")):
        text = path.read_text(encoding="utf-8")
        found[path.name] = [
            re.findall(rf"^{word} GitHub Issue type: ?(.*)$", text, re.MULTILINE)
            for word in ("Correct", "Predicted")
        ]
    return found


def test_fine_tuned_issue_classifiers(shared, recorded, issues, tmp_path):
    """Five tuned models; those after the first answer questions of their own sets."""
    golden = json.loads((shared / "nlbse24-issues" / "expected_metrics.json").read_text())
    assert len(issues) == len(golden) == 5
    for name, (expected, predicted) in issues.items():
        wanted = golden[name]
        rows = [(f"{name} {i}", label, {}) for i, label in enumerate(expected)]
        suite = (
            "labels: [bug, feature, question]\ntask: classification\n"
            "metrics: [macro_precision, macro_recall, macro_f1, kappa]"
        )
        done = run(recorded(rows, suite, tuned=predicted), tmp_path)
        found = values(done, "tuned")
        assert found["accuracy"] == pytest.approx(wanted["accuracy"], **ALL_DIGITS)
        for metric, value in wanted["macro_over_3_labels"].items():
            assert found[f"macro_{metric}"] == pytest.approx(value, **ALL_DIGITS)
        for label, of in wanted["per_class"].items():
            for metric, value in of.items():
                assert found[f"{metric}[{label}]"] == pytest.approx(value, **ALL_DIGITS)
        (matrix,) = [c for c in done.confusions if c.metric == "accuracy"]
        assert tuple(matrix.columns) == (*ISSUES, "(other)", "(none)")
        outside = dict.fromkeys(("(other)", "(none)"), 0)
        for label, row in zip(matrix.labels, matrix.counts, strict=True):
            theirs = wanted["confusion"][label]
            assert list(row[:3]) == [theirs.get(other, 0) for other in ISSUES]
            outside["(other)"] += row[3]
            outside["(none)"] += row[4]
        stray = wanted["predictions_outside_label_set"]
        assert outside["(none)"] == stray.get("", 0)
        assert outside["(other)"] == sum(n for label, n in stray.items() if label)
        assert confusion_difference(done, "tuned", "tuned").counts == ((0,) * 5,) * 3
        assert confusion_difference(done, "tuned", "base") is None
        assert done.curves == ()
        assert done.thresholds == {}


@pytest.fixture(scope="module")
def posts(shared):
    """Model to its rows: expected, predicted, probability of baseball."""
    found = {}
    for model in ("base", "tuned"):
        path = shared / "cls-probabilities-20news" / f"predictions_{model}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            found[model] = [
                (row["id"], row["label"], row["predicted"], float(row["probability_baseball"]))
                for row in csv.DictReader(file)
            ]
    return found


@pytest.mark.slow
def test_two_classifiers_with_probabilities(shared, recorded, posts, tmp_path):
    golden = json.loads((shared / "cls-probabilities-20news" / "expected_metrics.json").read_text())
    rows = [(f"post {name}", label, {}) for name, label, _, _ in posts["base"]]
    answers = {
        model: [
            Reply(text=predicted, probabilities={"baseball": p, "hockey": 1 - p})
            for _, _, predicted, p in those
        ]
        for model, those in posts.items()
    }
    suite = (
        "positive: baseball\n"
        "primary: classification/accuracy\n"
        "metrics: [classification/precision, classification/weighted_f1_score]\n"
        "gates:\n"
        "  - tuned better than base on classification/f1.0\n"
        "  - tuned classification/auprc >= 99%\n"
        "  - tuned log_loss <= 0.3\n"
    )
    done = run(recorded(rows, suite, **answers), tmp_path)
    assert [gate.verdict for gate in done.gates] == ["pass", "pass", "pass"]
    names = {
        "accuracy": "accuracy", "precision": "precision[baseball]", "recall": "recall[baseball]",
        "f1": "f1[baseball]", "auroc": "auroc[baseball]", "log_loss": "log_loss",
        "auprc_average_precision": "auprc[baseball]",
    }  # fmt: skip
    for model in ("base", "tuned"):
        theirs, found = golden[f"predictions_{model}.csv"], values(done, model)
        for name, ours in names.items():
            assert found[ours] == pytest.approx(theirs[name], **ALL_DIGITS), (model, name)
        old = results_csv_names(done, model)
        assert list(old) == [
            "classification/accuracy", "classification/precision", "classification/recall",
            "classification/auroc", "classification/auprc", "classification/f1.0",
            "classification/weighted_f1_score",
        ]  # fmt: skip
        assert old["classification/f1.0"] == pytest.approx(theirs["f1"], **ALL_DIGITS)
        (matrix,) = [c for c in done.confusions if (c.model, c.metric) == (model, "accuracy")]
        cells = [n for row in matrix.counts for n in row[:2]]
        assert cells == [theirs[cell] for cell in ("tp", "fn", "fp", "tn")]
    apart = confusion_difference(done, "tuned", "base")
    tuned, base = (golden[f"predictions_{model}.csv"] for model in ("tuned", "base"))
    assert [n for row in apart.counts for n in row[:2]] == [
        tuned[cell] - base[cell] for cell in ("tp", "fn", "fp", "tn")
    ]
    assert {(c.model, c.label) for c in done.curves} == {
        (model, label) for model in ("base", "tuned") for label in (None, "baseball")
    }
    for curve in done.curves:
        assert len(curve.roc) <= 200 >= len(curve.pr)
        assert sum(one.n for one in curve.reliability) == 796
    save_run(done, tmp_path / "kept")
    again = load_run(tmp_path / "kept")
    assert repr(again.curves) == repr(done.curves)
    assert again.positive == "baseball"


def test_columns_of_the_old_table_have_their_metric(shared):
    """Every classification column of a real results.csv is a name that suites may use."""
    from evalkit.evaluation.old_names import OLD_NAMES

    path = shared / "finetune-results" / "legacy_classification_results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        columns = [name for name in next(csv.reader(file)) if name.startswith("classification/")]
    assert set(columns) <= set(OLD_NAMES)
    assert len(columns) == 6


@pytest.mark.slow
def test_the_same_numbers_by_compare(shared, evalkit, tmp_path):
    """Straight from the files as they are: columns of ids, labels, answers and probabilities."""
    folder = shared / "cls-probabilities-20news"
    golden = json.loads((folder / "expected_metrics.json").read_text())
    done = evalkit(
        "compare",
        *(f"{model}={folder / f'predictions_{model}.csv'}" for model in ("base", "tuned")),
        "--columns", "answer=predicted,expected=label",
        "--metric", "auprc[baseball]", "--metric", "log_loss",
        "--metric", "classification/weighted_f1_score",
        "--output-format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = {(m["model"], m["metric"]): m["value"] for m in json.loads(done.out)["measures"]}
    for model in ("base", "tuned"):
        theirs = golden[f"predictions_{model}.csv"]
        for name, ours in (
            ("accuracy", "accuracy"),
            ("precision", "precision[baseball]"),
            ("recall", "recall[baseball]"),
            ("f1", "f1[baseball]"),
            ("auroc", "auroc"),
            ("log_loss", "log_loss"),
            ("auprc_average_precision", "auprc[baseball]"),
        ):
            assert found[model, ours] == pytest.approx(theirs[name], **ALL_DIGITS), (model, name)
        assert (model, "weighted_f1") in found
