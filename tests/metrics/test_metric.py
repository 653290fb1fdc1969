# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.registry import find, names
from evalkit.core.score import Sample, Score
from evalkit.metrics._metric import Metric
from evalkit.metrics._parse import parse
from evalkit.metrics._threshold import SCORER as AT_THRESHOLD


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("accuracy", ("accuracy", {})),
        ("recall[refund]", ("recall", {"label": "refund"})),
        (" f1[ 退款 ] ", ("f1", {"label": "退款"})),
        ("recall[a[b]]", ("recall", {"label": "a[b]"})),
        ("macro-f1", ("macro-f1", {})),
        ("precision[two words]", ("precision", {"label": "two words"})),
    ],
)
def test_parse(name, parsed):
    assert parse(name) == parsed


@pytest.mark.parametrize("name", ["", "[x]", "recall[", "recall[]", "recall[ ]", "a b", "\x1b[31m"])
def test_not_a_name(name):
    with pytest.raises(UsageError) as caught:
        parse(name)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", names("metrics"))
def test_every_metric_declares_itself(name):
    metric = find("metrics", name)
    assert isinstance(metric, Metric)
    assert metric.name == name.replace("-", "_")
    assert metric.better in ("higher", "lower")
    assert metric.unit in ("share", "score", "nats", "characters", "tokens", "ms", "usd")
    assert metric.pair in ("binary", "mean", "preference", "resample", "rank")
    assert "Args:" in metric.__doc__
    assert "Returns:" in metric.__doc__
    assert metric.reads in ("score", "probabilities", "cost")
    # Samples at a threshold are made from others, those of judged answers by the suite's judge.
    if metric.scorer and metric.scorer not in (AT_THRESHOLD, "judge"):
        assert find("scorers", metric.scorer)


def test_signature():
    recall, macro_f1 = find("metrics", "recall"), find("metrics", "macro_f1")
    found = recall.signature(label="refund", scorer="label")
    assert found.startswith("recall|label:refund|scorer:label|ci:wilson95|v:")
    assert "ci:wilson90|" in recall.signature(label="refund", confidence=0.9)
    assert macro_f1.signature(seed=3).startswith(
        "macro_f1|seed:3|scorer:label-logprob|ci:bca-bootstrap95|v:"
    )
    assert "scorer" not in find("metrics", "errors").signature()


def test_options_are_checked():
    recall = find("metrics", "recall")
    with pytest.raises(UsageError, match="no option `labl`"):
        recall([], labl="x")
    with pytest.raises(UsageError, match="needs a label"):
        recall([])
    with pytest.raises(TypeError, match="no value per sample"):
        find("metrics", "macro_f1").values([])


def test_default_values_are_the_scores():
    samples = [
        Sample(id=str(i), score=Score(v), expected="x", reply=Reply(text=""))
        for i, v in enumerate([1.0, 0.25])
    ]
    token_f1 = find("metrics", "token_f1")
    assert token_f1.values(samples) == [1.0, 0.25]
    assert token_f1.value(samples) == 0.625
