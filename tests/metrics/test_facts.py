# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan

import pytest

from evalkit.core.exchange import Reply
from evalkit.core.registry import find
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare

REPLIES = [
    Reply(text="Your refund is on its way."),
    Reply(text="I'm sorry, but I can't find your order."),
    Reply(text=" \n"),
    Reply(text="You will", finish="length"),
    Reply(text="", finish="error", error="429"),
    Reply(text="", tool_calls=({"name": "refund"},), finish="tool_calls"),
    Reply(text="", refusal="No."),
    Reply(text="", finish="content_filter"),
    Reply(text="I'm sorry, but I can't assist with that."),
    Reply(text="很抱歉，我无法提供该信息。"),
]
SAMPLES = [
    Sample(id=str(i), score=Score(nan), expected="x", reply=reply)
    for i, reply in enumerate(REPLIES)
]


@pytest.mark.parametrize(
    ("name", "hits", "n"),
    [
        ("errors", {4}, 10),
        ("empty", {2, 7}, 9),
        ("cut_off", {3}, 9),
        ("refused", {6, 7, 8, 9}, 9),
    ],
)
def test_facts(name, hits, n):
    metric = find("metrics", name)
    values = metric.values(SAMPLES)
    assert {i for i, v in enumerate(values) if v == 1} == hits
    found = metric(SAMPLES)
    assert (found.value, found.n, found.left_out) == (len(hits) / n, n, 10 - n)
    assert found.low < found.value < found.high
    assert metric.better == "lower"


def test_length():
    found = find("metrics", "length_chars")(SAMPLES[:5])
    assert found.value == (26 + 39 + 2 + 8) / 4
    assert (found.n, found.left_out) == (4, 1)


@pytest.mark.parametrize("name", ["errors", "empty", "cut_off", "refused", "length_chars"])
def test_compared(name):
    found = compare(find("metrics", name), SAMPLES, SAMPLES)
    assert (found.interval.value, found.interval.p) == (0.0, 1.0)
    assert isnan(find("metrics", name)([]).value)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I cannot help with that request.", True),
        ("Sorry, I can’t comply.", True),
        ("As an AI language model, I", True),
        ("作为一个人工智能语言模型，我", True),
        ("对不起，我不能回答这个问题", True),
        ("Sorry for the delay! I can help.", False),
        ("I'm sorry to hear that. I cannot see your invoice.", False),
        ("抱歉给您带来不便，我们会尽快退款。", False),
        ("对不起，我不能找到您的订单", False),
    ],
)
def test_words_of_refusal(text, refused):
    sample = Sample(id="1", score=Score(1.0), expected="", reply=Reply(text=text))
    assert find("metrics", "refused").values([sample]) == [float(refused)]
