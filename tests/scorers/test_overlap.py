# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.scorers._tokenise import tokenise
from evalkit.scorers.rouge_l import overlap, rouge_l
from evalkit.scorers.token_f1 import token_f1

words = st.lists(
    st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "Cat's", "state-of", "3.14", "x_y"]),
    max_size=25,
)


@pytest.mark.parametrize(
    ("text", "expected", "f1"),
    [
        ("Paris, France", "Paris", 0.666667),
        ("in 1,000 AD", "1000 AD", 0.8),
        ("a cat and the dog", "cat dog", 0.8),
        ("U.S.", "US", 1),
        ("", "", 1),
        # The script says 1 to each of these four: it drops what the answer is.
        ("", "A", 0),
        ("the", "A", 0),
        ("the", "!", 0),
        ("", "?", 0),
        ("A", "a.", 1),
        ("The answer is A", "A", 0.4),
        ("answer", "the answer", 1),
        ("!", "?", 1),
        ("", "x", 0),
        ("x", "", 0),
        ("to be or not to be", "to be", 0.5),
        ("10 %", "10%", 1),
        ("state-of-the-art", "state of the art", 0),
        ("Café", "cafe", 0),
        # CJK by character, where the script says 0 for each
        ("北京。", "北京", 1),
        ("中国的首都是北京", "首都是北京", 0.769231),
        ("２０２４年", "2024年", 1),
    ],
)
def test_token_f1(text, expected, f1):
    assert token_f1(Reply(text=text), expected).value == pytest.approx(f1, abs=5e-7)
    assert token_f1(Reply(text=expected), text).value == pytest.approx(f1, abs=5e-7)


@pytest.mark.parametrize(
    ("text", "expected", "f"),
    [
        ("The cat sat on the mat.", "The cat is on the mat.", 0.833333),
        ("我今天很高兴见到你。", "今天见到你我很高兴。", 5 / 9),
        ("GPT-4 在2023年发布", "GPT-4 于2023年发布", 0.857143),
        ("中国的首都是北京", "中国的首都是北京", 1),
        ("2024年北京", "2024年上海", 0.5),
        ("", "", 1),
        ("。", "x", 0),
    ],
)
def test_rouge_l(text, expected, f):
    """English as rouge-score 0.1.2, which gives 0.0 for equal Chinese and 1.0 for 北京 and 上海."""
    assert rouge_l(Reply(text=text), expected).value == pytest.approx(f, abs=5e-6)


def test_rouge_l_of_bare_characters():
    """rouge-score with a character tokenizer, which keeps the full stop: 0.6."""
    assert overlap(list("我今天很高兴见到你。"), list("今天见到你我很高兴。")).f == pytest.approx(
        0.6
    )


@settings(deadline=None)
@given(words, words)
def test_equal_to_rouge_score_in_english(given_words, wanted_words):
    from rouge_score.rouge_scorer import RougeScorer

    text, expected = " ".join(given_words), " ".join(wanted_words)
    theirs = RougeScorer(["rougeL"], use_stemmer=False).score(expected, text)["rougeL"]
    ours = overlap(tokenise(text), tokenise(expected))
    if given_words or wanted_words:
        assert ours == pytest.approx((theirs.precision, theirs.recall, theirs.fmeasure))


@given(st.lists(st.integers(0, 4), max_size=90), st.lists(st.integers(0, 4), max_size=90))
def test_common_subsequence_equals_rapidfuzz(a, b):
    from rapidfuzz.distance import LCSseq

    a, b = list(map(str, a)), list(map(str, b))
    if a and b:
        assert overlap(a, b).precision == pytest.approx(LCSseq.similarity(a, b) / len(a))


@given(st.text(), st.text())
def test_any_text(a, b):
    for scorer in (token_f1, rouge_l):
        assert 0 <= scorer(Reply(text=a), b).value <= 1
        assert scorer(Reply(text=a), a).value == 1
        assert scorer(Reply(text=a), b).value == pytest.approx(scorer(Reply(text=b), a).value)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("GPT-4 在2023年发布。", ["gpt", "4", "在", "2023", "年", "发", "布"]),
        ("東京タワーへ行く", list("東京タワーへ行く")),
        ("한국어 테스트", list("한국어테스트")),
        ("Ünïcode naïve", ["ünïcode", "naïve"]),
        ("ＡＢＣ，１２", ["abc", "12"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("𠮷野家", ["𠮷", "野", "家"]),
        ("snake_case's", ["snake", "case", "s"]),
        ("", []),
    ],
)
def test_tokens(text, tokens):
    assert tokenise(text) == tokens


@pytest.mark.parametrize("scorer", [token_f1, rouge_l])
def test_a_failed_request_is_not_a_wrong_answer(scorer):
    assert isnan(scorer(Reply(text="", finish="error"), "").value)
