# SPDX-License-Identifier: Apache-2.0
import pytest

from evalkit.core.errors import UsageError
from evalkit.evaluation.gate_sentence import parse_gate

MODELS = ["base", "tuned", "old"]


def gate(text):
    return parse_gate(text, models=MODELS, place="x.eval.yaml, gate 1")


def test_better():
    found = gate("tuned better than base")
    assert (found.relation, found.model, found.other, found.metric, found.where) == (
        "better",
        "tuned",
        "base",
        None,
        None,
    )


def test_better_on_a_metric_and_a_slice():
    found = gate("tuned is better than base on macro_f1 where lang = zh")
    assert (found.metric, found.where) == ("macro_f1", ("lang", "zh"))


@pytest.mark.parametrize(
    ("text", "bound"),
    [("2 points", 0.02), ("1 point", 0.01), ("2.5%", 0.025), ("0.3", 0.3)],
)
def test_not_worse_by_a_margin(text, bound):
    found = gate(f"tuned not worse than old by {text}")
    assert found.relation == "not_worse"
    assert found.bound == pytest.approx(bound)


def test_not_worse_without_a_margin_has_none():
    assert gate("tuned not worse than old").bound == 0


@pytest.mark.parametrize(
    ("text", "relation", "metric", "bound", "end"),
    [
        ("tuned accuracy >= 90%", "at_least", "accuracy", 0.9, "value"),
        ("tuned accuracy low >= 87%", "at_least", "accuracy", 0.87, "low"),
        ("tuned accuracy.low > 0.8", "above", "accuracy", 0.8, "low"),
        ("tuned recall[refund] >= 95%", "at_least", "recall[refund]", 0.95, "value"),
        ("tuned recall[退款 申请] >= 95%", "at_least", "recall[退款 申请]", 0.95, "value"),
        ("tuned errors == 0", "at_most", "errors", 0, "value"),
        ("tuned length_chars <= 200", "at_most", "length_chars", 200, "value"),
    ],
)
def test_thresholds(text, relation, metric, bound, end):
    found = gate(text)
    assert (found.relation, found.metric, found.bound, found.end) == (
        relation,
        metric,
        pytest.approx(bound),
        end,
    )


def test_ratio():
    found = gate("tuned cost <= 1.2x base")
    assert (found.relation, found.metric, found.other, found.bound) == (
        "ratio",
        "cost",
        "base",
        1.2,
    )


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({"model": "tuned", "better_than": "base"}, "tuned better than base"),
        (
            {"model": "tuned", "not_worse_than": "old", "margin": 0.02, "metric": "accuracy"},
            "tuned not worse than old by 2 points on accuracy",
        ),
        (
            {
                "model": "tuned",
                "metric": "accuracy",
                "at_least": "90%",
                "end": "low",
                "where": {"lang": "en"},
            },
            "tuned accuracy low >= 90% where lang=en",
        ),
        (
            {"model": "tuned", "metric": "cost", "at_most": 1.2, "times": "base"},
            "tuned cost <= 1.2x base",
        ),
    ],
)
def test_the_mapping_form_means_a_sentence(mapping, sentence):
    assert gate(mapping) == gate(sentence)


@pytest.mark.parametrize(
    "text",
    ["tuned is great", "tuned accuracy == 90%", "tuned accuracy >= much", "better than base", ""],
)
def test_what_is_not_understood_is_refused_with_the_forms(text):
    with pytest.raises(UsageError, match="not understood") as caught:
        gate(text)
    assert "tuned better than base" in caught.value.hint


def test_an_unknown_model_gets_a_suggestion():
    with pytest.raises(UsageError, match="did you mean `tuned`"):
        gate("tuend better than base")
