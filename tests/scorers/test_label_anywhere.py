# SPDX-License-Identifier: Apache-2.0
"""Labels found in sentences, by other names, and by probability of several tokens."""

import json
from math import exp, isnan, log

import pytest

from evalkit.core.exchange import Position, Reply
from evalkit.scorers.label import label
from evalkit.scorers.label_logprob import label_logprob

LABELS = ["refund", "no refund", "shipping", "退款"]


@pytest.mark.parametrize(
    ("text", "answer", "value"),
    [
        ("refund", "refund", 1),
        ("This is about a refund.", "refund", 1),
        ("It was refunded", None, 0),  # a whole word is meant
        ("no refund here", "no refund", 0),
        ("no refund, but a refund of shipping", "(other)", 0),
        ("refund or shipping", "(other)", 0),
        ("REFUND!", "refund", 1),
        ("我要退款。", "退款", 0),
        ("I cannot say.", None, 0),
        ("", None, 0),
        ("[label]refund<eoa>", "refund", 1),
    ],
)
def test_anywhere(text, answer, value):
    found = label(Reply(text=text), "refund", LABELS, find="anywhere")
    assert (found.answer, found.value) == (answer, value)


def test_the_whole_text_is_the_default():
    found = label(Reply(text="It is a refund."), "refund", LABELS)
    assert (found.answer, found.value) == ("(other)", 0)


def test_synonyms_count_anywhere_too():
    names = {"refund": ["money back", "还钱"], "shipping": "delivery"}
    for text in ("money back", "I want my money back!", "请还钱"):
        assert label(Reply(text=text), "refund", LABELS, synonyms=names, find="anywhere").value == 1
    both = Reply(text="money back for the delivery")
    assert label(both, "refund", LABELS, synonyms=names, find="anywhere").answer == "(other)"
    assert label(Reply(text="Money back."), "refund", LABELS, synonyms=names).value == 1


def test_what_is_expected_must_be_a_label():
    assert isnan(label(Reply(text="refund"), "invoice", LABELS, find="anywhere").value)


@pytest.mark.parametrize(
    "name",
    ["2-4_internlm-7b-base.json", "2-4_internlm-7b-chat.json", "2-4_chatlaw-13b.json"],
)
def test_lawbench_2_4(shared, name):
    """The official accuracy and abstention rate of 500 answers among 20 classes."""
    folder = shared / "lawbench-zh"
    wanted = json.loads((folder / "expected_metrics.json").read_text("utf-8"))[name]
    read = json.loads((folder / name).read_text("utf-8"))
    rows = list(read.values()) if isinstance(read, dict) else read
    classes = rows[0]["origin_prompt"].partition("类别包括：")[2].partition("。")[0].split("、")
    assert len(classes) == 20
    scores = [
        label(Reply(text=row["prediction"]), row["refr"], classes, find="anywhere") for row in rows
    ]
    assert sum(s.value for s in scores) / wanted["n"] == wanted["score"]
    assert sum(s.answer is None for s in scores) / wanted["n"] == wanted["abstention_rate"]


def position(token, **alternatives):
    top = {token: alternatives.pop("p", 0.6), **alternatives}
    return Position(token, log(top[token]), tuple((t, log(p)) for t, p in top.items()))


def test_labels_of_several_tokens_are_told_apart_where_they_part():
    """bill-in and bill-out begin alike: the second token parts the 0.8 of the first."""
    reply = Reply(
        text="bill-in",
        positions=(position("bill", p=0.8, ship=0.15), position("-in", **{"-out": 0.3, "p": 0.7})),
    )
    found = label_logprob(reply, "bill-in", ["bill-in", "bill-out", "ship"])
    assert (found.value, found.answer) == (1, "bill-in")
    assert found.covered == pytest.approx(0.95)  # 0.05 went to nothing of the set
    given = {k: v * found.covered for k, v in found.probabilities.items()}
    assert given == pytest.approx({"bill-in": 0.56, "bill-out": 0.24, "ship": 0.15})


def test_chinese_labels_by_their_first_character():
    reply = Reply(
        text="退款", positions=(position("退", p=0.5, 发=0.3, 好=0.2), position("款", p=1.0))
    )
    found = label_logprob(reply, "退款", ["退款", "发货", "咨询"])
    assert found.answer == "退款"
    assert found.covered == pytest.approx(0.8)
    assert found.probabilities["退款"] == pytest.approx(0.5 / 0.8)


def test_the_mass_of_other_names_is_the_label_s():
    reply = Reply(text="money", positions=(position("money", p=0.4, refund=0.2, ship=0.3),))
    plain = label_logprob(reply, "refund", ["refund", "ship"])
    assert plain.answer == "ship"
    assert plain.covered == pytest.approx(0.5)
    named = label_logprob(reply, "refund", ["refund", "ship"], synonyms={"refund": ["money back"]})
    assert (named.value, named.answer) == (1, "refund")
    assert named.probabilities["refund"] == pytest.approx(0.6 / 0.9)
    assert exp(log(named.covered)) == pytest.approx(0.9)


def test_synonyms_that_begin_as_the_label_does_are_no_doubt():
    reply = Reply(text="refund", positions=(position("refund", p=0.7, ship=0.2),))
    names = {"refund": ["refunding", "Refund"]}
    found = label_logprob(reply, "refund", ["refund", "ship"], synonyms=names)
    assert found.answer == "refund"
    assert found.probabilities["refund"] == pytest.approx(0.7 / 0.9)
