# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest

from evalkit.core.exchange import Reply
from evalkit.scorers.contains import contains
from evalkit.scorers.exact import exact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paris", "paris"),
        (" Paris.\n", "Paris"),
        ("北京。", "北京"),
        ("对，是的！", "对,是的!"),
        ("ＡＢＣ１２３", "abc123"),
        ("“yes”", '"yes"'),
        ("don’t", "don't"),
        ("two  words", "two\nwords"),
        ("?", "?"),
        ("", ""),
        ("", "  "),
        ("Straße", "STRASSE"),
    ],
)
def test_same(text, expected):
    assert exact(Reply(text=text), expected).value == 1.0
    assert exact(Reply(text=expected), text).value == 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paris, France", "Paris"),
        ("", "x"),
        ("?", ""),
        ("北京", "上海"),
        ("Café", "cafe"),
        ("3.14", "314"),
        ("-5", "5"),
    ],
)
def test_different(text, expected):
    assert exact(Reply(text=text), expected).value == 0.0


def test_options():
    assert exact(Reply(text="Paris"), "paris", ignore_case=False).value == 0.0
    assert exact(Reply(text=" 北京\n"), "北京", normal="strict").value == 1.0
    assert exact(Reply(text="北京。"), "北京", normal="strict").value == 0.0
    assert exact(Reply(text="Paris"), "paris", normal="strict").value == 0.0


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("Paris, France", "Paris", 0),
        ("in 1,000 AD", "1000 AD", 0),
        ("U.S.", "US", 1),
        ("the", "a", 1),
        ("", "", 1),
        ("", "x", 0),
        ("10 %", "10%", 1),
        ("state-of-the-art", "state of the art", 0),
        ("Café", "cafe", 0),
    ],
)
def test_squad(text, expected, value):
    """The official script's exact match (it ran; 北京。 is 1 here and 0 there, on purpose)."""
    assert exact(Reply(text=text), expected, normal="squad").value == value
    assert exact(Reply(text="北京。"), "北京", normal="squad").value == 1


def test_answer():
    assert exact(Reply(text=" Refund. "), "refund").answer == "refund"
    assert exact(Reply(text=" "), "refund").answer is None


def test_contains():
    assert contains(Reply(text="The answer is PARIS."), "paris").value == 1.0
    assert contains(Reply(text="The answer is PARIS."), "paris", ignore_case=False).value == 0.0
    assert contains(Reply(text="答案是：北京。"), "北京").value == 1.0
    nothing = contains(Reply(text="x"), " ")
    assert isnan(nothing.value)
    assert nothing.why == "nothing expected"


@pytest.mark.parametrize("scorer", [exact, contains])
def test_a_failed_request_is_not_a_wrong_answer(scorer):
    score = scorer(Reply(text="", finish="error", error="429\x1b[31m"), "x")
    assert isnan(score.value)
    assert "429" in score.why
    assert "\x1b" not in score.why
