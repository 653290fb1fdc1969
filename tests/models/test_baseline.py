# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.models.baseline import terms
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

ROWS = (
    ("I want my money back", "refund"),
    ("give me a refund please", "refund"),
    ("please return my money", "refund"),
    ("我要退款", "refund"),
    ("where is my parcel", "delivery"),
    ("the parcel has not arrived", "delivery"),
    ("我的快递没到", "delivery"),
)


def ask(name, train, *questions, labels=()):
    from evalkit.core.exchange import Request

    async def go():
        spec = parse_spec(f"baseline:{name}", where="test")
        async with open_model(spec, name="m", folder=Path(), train=train) as model:
            made = [
                Request(
                    messages=[
                        {"role": "system", "content": "where parcel"},  # must not count
                        {"role": "user", "content": text},
                    ],
                    labels=labels,
                )
                for text in questions
            ]
            return model, [await model.answer(request) for request in made]

    return asyncio.run(go())


def test_majority(examples):
    model, (reply,) = ask("majority", examples(*ROWS), "anything")
    assert reply.text == "refund"
    assert reply.probabilities == {"delivery": 3 / 7, "refund": 4 / 7}
    assert (model.host, model.logprobs) == (None, True)


def test_majority_of_equals_does_not_hang_on_order(examples):
    assert ask("majority", examples(*ROWS[:3], *ROWS[4:]), "?")[1][0].text == "delivery"
    assert ask("majority", examples(*ROWS[4:], *ROWS[:3]), "?")[1][0].text == "delivery"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("my money, now!", "refund"),
        ("PARCEL?", "delivery"),
        ("快递", "delivery"),
        ("退款吧", "refund"),
    ],
)
def test_tfidf_logreg(examples, text, label):
    labels = ("refund", "delivery", "praise")
    _, (reply,) = ask("tfidf-logreg", examples(*ROWS), text, labels=labels)
    assert reply.text == label
    assert tuple(reply.probabilities) == labels
    assert reply.probabilities["praise"] == 0.0
    assert reply.covered == pytest.approx(1.0)
    assert max(reply.probabilities, key=reply.probabilities.get) == label


def test_nearest_answer(examples):
    rows = (("How do I log in?", "Use the link."), ("怎么登录？", "点链接。"))
    model, replies = ask("nearest-answer", examples(*rows), "log in how", "请问怎么登录", "zzz")
    assert [r.text for r in replies] == ["Use the link.", "点链接。", "Use the link."]
    assert not model.logprobs


def test_one_class_only(examples):
    assert ask("tfidf-logreg", examples(*ROWS[:2]), "parcel")[1][0].text == "refund"


def test_identity_is_of_the_rows(examples):
    def identity(rows, name="majority", system="s"):
        return ask(name, examples(*rows, system=system))[0].identity

    assert identity(ROWS) == identity(ROWS, system="other")
    assert len({identity(ROWS), identity(ROWS[1:]), identity(ROWS, "nearest-answer")}) == 3


def test_same_twice(examples):
    first, second = (ask("tfidf-logreg", examples(*ROWS), "parcel")[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("name", "rows", "says"),
    [
        ("majorty", ROWS, "did you mean `majority`"),
        ("majority", (), "no training rows"),
        ("tfidf-logreg", tuple((f"q{n}", f"a{n}") for n in range(9)), "needs labels"),
        ("nearest-answer", (("?", "a"), ("!", "b")), "no words"),
    ],
)
def test_refused(examples, name, rows, says):
    with pytest.raises(UsageError, match=says):
        ask(name, examples(*rows), "x")


def test_terms():
    assert terms("The CAT's") == ["the", "cat", "s", "the cat", "cat s"]
    assert terms("我要Refund") == ["我", "要", "我要", "refund"]
    assert terms("ｒｅｆｕｎｄ") == ["refund"]
    assert terms(" ,.!") == []


@given(st.text())
def test_terms_of_anything(text):
    assert all(isinstance(term, str) and term.strip() for term in terms(text))


def test_on_real_posts(shared, examples):
    """Another implementation, headers dropped: .844 with 200 training posts, .884 with 400."""
    import json

    def pairs(name, n):
        with (shared / "20news-baseball-hockey" / f"{name}.jsonl").open("rb") as stream:
            rows = [json.loads(line) for line in stream]
        rows = rows[:: len(rows) // n][:n]
        return [(row["text"].partition("\n\n")[2], row["label"]) for row in rows]

    test = pairs("test", 200)
    _, replies = ask("tfidf-logreg", examples(*pairs("train", 400)), *(text for text, _ in test))
    right = sum(r.text == label for r, (_, label) in zip(replies, test, strict=True))
    assert max(Counter(label for _, label in test).values()) < 120
    assert right / len(test) > 0.85
