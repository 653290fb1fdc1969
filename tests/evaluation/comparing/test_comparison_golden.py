# SPDX-License-Identifier: Apache-2.0
"""Answers that others published, one command each: their own figures come out."""

from __future__ import annotations

import json

import pytest

from evalkit.evaluation.comparing.comparison import Wanted, compare_answers


def compared(*files, **wanted):
    given = [(None, str(file)) for file in files]
    return compare_answers(given, Wanted(**wanted), started="2026-11-21T10:00:00+00:00")


def value(found, model, metric, where="all"):
    return next(
        m.interval.value
        for m in found.run.measures
        if (m.model, m.metric, m.slice) == (model, metric, where)
    )


def expected(folder):
    return json.loads((folder / "expected_metrics.json").read_text("utf-8"))


@pytest.mark.slow
def test_lawbench_2_4_the_tuned_model_is_worse(shared):
    folder = shared / "lawbench-zh"
    names = ("2-4_internlm-7b-chat", "2-4_chatlaw-13b")
    found = compared(*(folder / f"{name}.json" for name in names))
    assert (found.alignment.by, found.alignment.whole) == ("id", 500)
    assert len(found.run.labels) == 20
    for name in names:
        assert value(found, name, "accuracy") == pytest.approx(
            expected(folder)[f"{name}.json"]["score"]
        )
    first = found.run.differences[0]
    assert (first.fixed, first.broken, first.verdict) == (45, 85, "worse")
    assert found.run.decision == "dont_ship"
    assert "anywhere in the answers of every model" in found.run.notes[0][0]


def test_nlbse24_each_on_issues_of_its_own(shared):
    folder = shared / "nlbse24-issues"
    files = sorted(folder.glob("pred_*.txt"))
    found = compared(*files, by="none")
    for file in files:
        golden = expected(folder)[file.name]
        assert value(found, file.stem, "accuracy") == pytest.approx(golden["accuracy"])
        assert value(found, file.stem, "macro_f1") == pytest.approx(
            golden["macro_over_3_labels"]["f1"]
        )
        for label, per_class in golden["per_class"].items():
            for metric, number in per_class.items():
                assert value(found, file.stem, f"{metric}[{label}]") == pytest.approx(number)
    outside = {
        c.model: sum(row[3] for row in c.counts)
        for c in found.run.confusions
        if c.metric == "accuracy"
    }
    assert outside["pred_vscode_cell59"] == 2


def test_probabilities_of_a_label_in_a_column(shared):
    folder = shared / "cls-probabilities-20news"
    names = ("predictions_base", "predictions_tuned")
    found = compared(*(folder / f"{name}.csv" for name in names))
    for name in names:
        golden = expected(folder)[f"{name}.csv"]
        assert value(found, name, "accuracy") == pytest.approx(golden["accuracy"])
        assert value(found, name, "auroc") == pytest.approx(golden["auroc"])
        for metric in ("precision", "recall", "f1"):
            assert value(found, name, f"{metric}[baseball]") == pytest.approx(golden[metric])
    assert found.run.differences[0].verdict == "better"


def test_alpaca_outputs_found_by_their_instructions(shared):
    folder = shared / "alpaca-eval-pair"
    names = ("alpaca-7b", "alpaca-farm-ppo-human")
    found = compared(
        *(folder / name / "model_outputs.json" for name in names),
        primary="length_chars",
        slices=["dataset"],
    )
    assert (found.alignment.by, found.alignment.whole) == ("messages", 805)
    for name in names:
        golden = expected(folder)[name]["avg_output_2_chars"]
        assert value(found, name, "length_chars") == pytest.approx(golden)
    assert {d.slice for d in found.run.differences} >= {"dataset=koala", "dataset=vicuna"}
