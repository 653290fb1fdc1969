# SPDX-License-Identifier: Apache-2.0
"""Names of results.csv, and short names with a positive label."""

from __future__ import annotations

import pytest

from evalkit.core.errors import UsageError
from evalkit.evaluation.old_names import OLD_NAMES, metric_name
from evalkit.evaluation.suite import suite_from


@pytest.mark.parametrize(
    ("name", "positive", "meant"),
    [
        ("classification/accuracy", None, "accuracy"),
        ("classification/accuracy", "spam", "accuracy"),
        ("classification/precision", "spam", "precision[spam]"),
        ("classification/f1.0", "two words", "f1[two words]"),
        ("classification/auroc", None, "auroc"),
        ("classification/auroc", "spam", "auroc[spam]"),
        ("classification/weighted_f1_score", "spam", "weighted_f1"),
        (" auprc ", "spam", "auprc[spam]"),
        ("recall", "垃圾", "recall[垃圾]"),
        ("recall", None, "recall"),
        ("recall[ham]", "spam", "recall[ham]"),
        ("macro_f1", "spam", "macro_f1"),
        ("my-own", "spam", "my-own"),
    ],
)
def test_what_a_name_means(name, positive, meant):
    assert metric_name(name, positive=positive) == meant


def test_what_is_none_of_them_is_told():
    with pytest.raises(UsageError, match=r"did you mean `classification/f1\.0`"):
        metric_name("classification/f1", positive="spam")
    with pytest.raises(UsageError, match="the suite names none") as caught:
        metric_name("classification/recall")
    assert "positive: LABEL" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        metric_name("classification/\x1b[31m")
    assert "\x1b" not in str(caught.value)


def test_suites_and_gates_are_read_so(tmp_path):
    document = {
        "data": "test.jsonl",
        "models": {"tuned": "openai/gpt-4.1-mini", "base": "openai/gpt-4.1"},
        "positive": "spam",
        "primary": "classification/f1.0",
        "metrics": list(OLD_NAMES)[:-2],
        "gates": [
            "tuned classification/f1.0 >= 90%",
            "tuned classification/f1.0 low >= 90%",
            "tuned better than base on classification/auprc",
            {"model": "tuned", "metric": "classification/recall", "at_least": 0.9},
        ],
    }
    suite = suite_from(document, folder=tmp_path, name="x")
    assert suite.primary == "f1[spam]"
    assert list(suite.metrics) == [
        "accuracy", "precision[spam]", "recall[spam]", "auroc[spam]", "auprc[spam]",
    ]  # fmt: skip
    assert [gate.metric for gate in suite.gates] == [
        "f1[spam]", "f1[spam]", "auprc[spam]", "recall[spam]",
    ]  # fmt: skip
    assert suite.gates[0].sentence == "tuned classification/f1.0 >= 90%"
    assert suite.gates[1].end == "low"
    document["gates"] = ["tuned classification/f2 >= 90%"]
    with pytest.raises(UsageError, match=r"the suite, gate 1: .* had no column"):
        suite_from(document, folder=tmp_path, name="x")
