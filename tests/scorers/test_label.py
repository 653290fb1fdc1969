# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import exp, isnan, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.exchange import Position, Reply
from evalkit.scorers.label import label
from evalkit.scorers.label_logprob import label_logprob

LABELS = ("billing", "refund", "退款")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("refund", "refund"),
        (" Refund.\n", "refund"),
        ("**refund**", "refund"),
        ('"REFUND"', "refund"),
        ("退款。", "退款"),
        ("The label is refund", "(other)"),
        ("refund billing", "(other)"),
        ("refunds", "(other)"),
        ("<script>", "(other)"),
        (" \n", None),
    ],
)
def test_label(text, answer):
    score = label(Reply(text=text), "refund", LABELS)
    assert score.answer == answer
    assert score.value == float(answer == "refund")


def test_synonyms():
    names = {"refund": ["money back", "Return"], "billing": "invoice"}
    assert label(Reply(text="Money Back!"), "refund", LABELS, synonyms=names).value == 1.0
    assert label(Reply(text="invoice"), "billing", LABELS, synonyms=names).value == 1.0
    assert label(Reply(text="invoice"), "billing", LABELS).answer == "(other)"


def test_labels_that_differ_by_case_only():
    labels = ("US", "us", "them")
    assert label(Reply(text="us"), "us", labels).value == 1.0
    assert label(Reply(text="US"), "us", labels).value == 0.0
    assert label(Reply(text="Us"), "us", labels).answer == "(other)"
    assert label(Reply(text="Them"), "them", labels).value == 1.0


@pytest.mark.parametrize("scorer", [label, label_logprob])
def test_what_cannot_be_scored(scorer):
    failed = scorer(Reply(text="", finish="error", error="timeout"), "refund", LABELS)
    assert isnan(failed.value)
    assert "timeout" in failed.why
    foreign = scorer(Reply(text="refund"), "reфund\x1b", LABELS)
    assert isnan(foreign.value)
    assert "not one of the labels" in foreign.why
    assert "\x1b" not in foreign.why


def at(token, **tops):
    """A position: token generated, alternatives with probabilities ("_" for a blank)."""
    top = tuple((t.replace("_", " "), log(p)) for t, p in tops.items())
    return Position(token, dict(top).get(token, log(0.5)), top)


def choice(*positions, labels=LABELS, expected="refund"):
    return label_logprob(Reply(text="", positions=positions), expected, labels)


def test_mass_of_first_tokens():
    score = choice(at("Ref", Ref=0.5, _ref=0.1, bill=0.2, The=0.1, 退=0.05))
    assert (score.value, score.answer) == (1.0, "refund")
    assert score.covered == pytest.approx(0.85)
    assert score.probabilities == pytest.approx(
        {"refund": 0.6 / 0.85, "billing": 0.2 / 0.85, "退款": 0.05 / 0.85}
    )


def test_choice_is_not_the_text():
    """The model begins a sentence, yet of the labels it holds `refund` most likely."""
    score = choice(at("The", The=0.9, refund=0.06, billing=0.02))
    assert (score.answer, score.value) == ("refund", 1.0)
    assert score.covered == pytest.approx(0.08)


def test_whole_labels_and_what_follows():
    score = choice(at("refund.", **{"refund.": 0.6, "refunds": 0.3, "refund\n": 0.1}))
    assert score.covered == pytest.approx(0.7)  # `refunds` is another word


def test_tokens_as_sentencepiece_writes_them():
    score = choice(at("▁refund", **{"▁refund": 0.6, "Ġbilling": 0.4}))
    assert score.probabilities["refund"] == pytest.approx(0.6)


def test_no_label_among_the_alternatives():
    score = choice(at("The", The=0.9, A=0.1))
    assert (score.value, score.answer, score.covered) == (0.0, "(other)", 0.0)
    assert score.probabilities is None


@pytest.mark.parametrize("positions", [(), (Position("refund", -0.1),)])
def test_no_log_probabilities(positions):
    score = choice(*positions)
    assert isnan(score.value)
    assert score.why == "the model gave no log-probabilities"


SHARED = ("refund", "return", "billing")


def test_shared_first_token_is_told_apart_on_the_path():
    score = choice(at("re", re=0.8, bill=0.2), at("turn", turn=0.75, fund=0.25), labels=SHARED)
    assert score.answer == "return"
    assert score.probabilities == pytest.approx({"return": 0.6, "refund": 0.2, "billing": 0.2})
    assert score.covered == pytest.approx(1.0)


def test_shared_first_token_off_the_path():
    unclear = choice(at("bill", re=0.55, bill=0.45), labels=SHARED)
    assert isnan(unclear.value)
    assert "refund, return" in unclear.why
    certain = choice(at("bill", re=0.2, bill=0.8), labels=SHARED, expected="billing")
    assert (certain.value, certain.answer, certain.probabilities) == (1.0, "billing", None)
    assert certain.why
    negligible = choice(at("bill", re=0.002, bill=0.8), labels=SHARED)
    assert negligible.probabilities["billing"] == 1.0


def test_shared_first_token_and_no_second_position():
    assert isnan(choice(at("re", re=0.8, bill=0.2), labels=SHARED).value)


NESTED = ("order", "order_status", "billing")


def test_label_that_begins_another():
    first = at("order", order=0.8, bill=0.2)
    end = Position("<|end|>", log(0.5), (("<|end|>", log(0.5)), ("_status", log(0.3))))
    positions = (first, end)  # 0.2 of the second position is not listed: it does not go on either
    score = choice(*positions, labels=NESTED, expected="order")
    assert score.answer == "order"
    assert score.probabilities == pytest.approx(
        {"order": 0.56, "order_status": 0.24, "billing": 0.2}
    )
    longer = (first, Position("_status", log(0.9), (("_status", log(0.9)), (".", log(0.1)))))
    score = choice(*longer, labels=NESTED, expected="order_status")
    assert score.probabilities == pytest.approx(
        {"order": 0.08, "order_status": 0.72, "billing": 0.2}
    )
    ended = choice(first, labels=NESTED, expected="order")  # it stopped there: it is `order`
    assert ended.probabilities["order"] == pytest.approx(0.8)


def test_leading_blank_token():
    blank = Position("\n", log(0.9), (("\n", log(0.9)), ("bill", log(0.1))))
    score = choice(blank, at("refund", refund=0.8, bill=0.2))
    assert score.probabilities == pytest.approx({"refund": 0.72, "billing": 0.28, "退款": 0.0})


def test_probabilities_of_the_model_itself():
    reply = Reply(text="", probabilities={"Refund": 0.3, "billing": 0.5, "elsewhere": 0.2})
    score = label_logprob(reply, "billing", LABELS)
    assert score.value == 1.0
    assert score.covered == pytest.approx(0.8)
    assert score.probabilities == pytest.approx({"billing": 0.625, "refund": 0.375, "退款": 0.0})


def test_broken_numbers_are_no_mass():
    reply = Reply(text="", probabilities={"refund": nan, "billing": float("inf"), "退款": -1.0})
    assert label_logprob(reply, "refund", LABELS).answer == "(other)"
    odd = Position("refund", nan, (("refund", nan), ("billing", 0.5)))
    assert label_logprob(Reply(text="", positions=(odd,)), "refund", LABELS).answer == "billing"


tokens = st.sampled_from(
    ["", " ", "re", "Re", "fund", "refund", "turn", " bill", "ing", "x", "_", "."]
)


def position(token, top):
    """Of what a model says: all that may stand here has a probability of 1 at most."""
    whole = {token: -3.0, **top}
    over = max(0.0, log(sum(map(exp, whole.values()))))
    kept = tuple((other, said - over) for other, said in top.items())
    return Position(token, whole[token] - over, kept)


positions = st.builds(
    position,
    tokens,
    st.dictionaries(tokens, st.floats(-20, -0.5), max_size=6),
)


@given(st.lists(positions, max_size=4), st.sampled_from([LABELS, SHARED, NESTED]))
def test_any_positions(given_positions, labels):
    score = label_logprob(Reply(text="", positions=tuple(given_positions)), labels[0], labels)
    assert isnan(score.value) == (score.value not in (0.0, 1.0))
    if score.probabilities is not None:
        assert sum(score.probabilities.values()) == pytest.approx(1)
        most = max(score.probabilities.values())
        assert score.probabilities[score.answer] == most
        first = given_positions[0]
        mass = sum(exp(p) for _, p in first.top) + exp(first.logprob)
        assert score.covered <= mass + 1e-9
    if isnan(score.value):
        assert score.why
