# SPDX-License-Identifier: Apache-2.0
"""Exact match and F1 of the official scripts of SQuAD 2.0 and CMRC 2018."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.scorers._cmrc import cmrc_segments
from evalkit.scorers._nltk_words import nltk_words
from evalkit.scorers.cmrc_exact_match import cmrc_exact_match
from evalkit.scorers.cmrc_f1 import cmrc_f1
from evalkit.scorers.exact import exact
from evalkit.scorers.squad_exact_match import squad_exact_match
from evalkit.scorers.squad_f1 import squad_f1


@pytest.mark.parametrize(
    ("text", "expected", "em", "f1"),
    [
        ("Paris, France", "Paris", 0, 0.666667),
        ("in 1,000 AD", "1000 AD", 0, 0.8),
        ("a cat and the dog", "cat dog", 0, 0.8),
        ("U.S.", "US", 1, 1),
        ("the", "a", 1, 1),
        ("", "", 1, 1),
        ("", "x", 0, 0),
        ("to be or not to be", "to be", 0, 0.5),
        ("10 %", "10%", 1, 1),
        ("state-of-the-art", "state of the art", 0, 0),
        ("北京。", "北京", 0, 0),
        ("Café", "cafe", 0, 0),
    ],
)
def test_squad(text, expected, em, f1):
    """evaluation.md 5, item 12: evaluate-v2.0.py was run."""
    assert squad_exact_match(Reply(text=text), expected).value == em
    assert squad_f1(Reply(text=text), expected).value == pytest.approx(f1, abs=5e-7)


def test_the_best_of_several_answers_counts():
    assert (
        squad_f1(Reply(text="Denver Broncos"), "Broncos|Denver Broncos", separator="|").value == 1
    )
    assert cmrc_exact_match(Reply(text="北京。"), "上海|北京", separator="|").value == 1


@pytest.mark.parametrize(
    ("text", "expected", "em", "f1"),
    [
        ("北京。", "北京", 1, 1),
        ("《光明日报》", "光明日报", 1, 1),
        ("中国的首都是北京", "首都是北京", 0, 10 / 13),
        ("上海", "北京", 0, 0),
        ("1990年5月", "1990年", 0, 4 / 6),  # 1990 年 5 月 against 1990 年
        ("Windows XP系统", "windows xp", 0, 4 / 6),
        ("我今天很高兴见到你", "今天见到你我很高兴", 0, 2 * 3 / 18),  # a run, not a subsequence
        ("北京!", "北京", 0, 0.8),  # not in the script's list
        ("", "", 1, 0),  # as the script has it
        ("", "北京", 0, 0),
    ],
)
def test_cmrc(text, expected, em, f1):
    assert cmrc_exact_match(Reply(text=text), expected).value == em
    assert cmrc_f1(Reply(text=text), expected).value == pytest.approx(f1)


pieces = st.lists(
    st.sampled_from(
        ["中", "国", "，", "。", "…", "can't", "cannot", " ", "'tis ", "U.S.", "3.88", "$", '"', "''",
         "(a)", "--", "it's", "wanna ", ",", ":5", "a:b", "Mr. X", "!", "?", "*", "`", "»", "-", "…"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(pieces)
@settings(max_examples=400)
def test_words_are_those_of_nltk(text):
    from nltk.tokenize import NLTKWordTokenizer

    assert nltk_words(text) == NLTKWordTokenizer().tokenize(text)


@given(pieces, pieces)
@settings(max_examples=200)
def test_cmrc_f1_is_that_of_the_script(text, expected):
    assert cmrc_f1(Reply(text=text), expected).value == pytest.approx(_script_f1(expected, text))


def _script_f1(answer, prediction):
    """`calc_f1_score` and `find_lcs` of cmrc2018_evaluate.py, for one answer, in Python 3."""
    s1, s2 = cmrc_segments(answer), cmrc_segments(prediction)
    m = [[0 for _ in range(len(s2) + 1)] for _ in range(len(s1) + 1)]
    longest = 0
    for i in range(len(s1)):
        for j in range(len(s2)):
            if s1[i] == s2[j]:
                m[i + 1][j + 1] = m[i][j] + 1
                longest = max(longest, m[i + 1][j + 1])
    if longest == 0:
        return 0
    precision, recall = longest / len(s2), longest / len(s1)
    return (2 * precision * recall) / (precision + recall)


def test_a_full_stop_costs_nothing_by_any_normal_form():
    """On CMRC 2018 dev it would cost 97 points of raw exact match."""
    for normal in ("text", "squad", "cmrc", "tokens"):
        assert exact(Reply(text="北京。"), "北京", normal=normal).value == 1, normal
    assert exact(Reply(text="北京。"), "北京", normal="strict").value == 0
