# SPDX-License-Identifier: Apache-2.0
"""ROUGE against rouge-score 0.1.2, and LawBench's official scores."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.exchange import Reply
from evalkit.scorers._tokenise import tokens
from evalkit.scorers.rouge_1 import rouge_1
from evalkit.scorers.rouge_2 import rouge_2
from evalkit.scorers.rouge_l import rouge_l

words = st.lists(
    st.sampled_from(["the", "cat", "sat", "On", "a", "mat.", "3.14", "x-y"]), max_size=9
)


@pytest.fixture(scope="module")
def scorer():
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(["rouge1", "rouge2", "rougeL"])


@given(words, words)
@settings(max_examples=300)
def test_as_rouge_score(scorer, ours, theirs):
    text, expected = " ".join(ours), " ".join(theirs)
    found = scorer.score(expected, text)
    for of, name in ((rouge_1, "rouge1"), (rouge_2, "rouge2"), (rouge_l, "rougeL")):
        mine = of(Reply(text=text), expected).value
        if len(tokens(text)) < 2 and len(tokens(expected)) < 2 and tokens(text) == tokens(expected):
            assert mine == 1.0  # two equal texts too short for the n-gram: rouge-score says 0
        else:
            assert mine == pytest.approx(found[name].fmeasure, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected", "r1", "r2", "rl"),
    [
        ("The cat sat on the mat.", "The cat is on the mat.", 0.833333, 0.6, 0.833333),
        ("GPT-4 在2023年发布", "GPT-4 于2023年发布", 0.857143, 0.666667, 0.857143),
        ("我今天很高兴见到你", "今天见到你我很高兴", 1.0, 0.625, 0.555556),
        ("。！", "？", 1.0, 1.0, 1.0),
        ("", "北京", 0.0, 0.0, 0.0),
    ],
)
def test_goldens(text, expected, r1, r2, rl):
    for of, value in ((rouge_1, r1), (rouge_2, r2), (rouge_l, rl)):
        assert of(Reply(text=text), expected).value == pytest.approx(value, abs=1e-6)


def test_a_character_tokenizer_gives_the_published_rouge_l():
    """evaluation.md 5, item 15: the full stop is a character there."""
    ours, theirs = list("我今天很高兴见到你。"), list("今天见到你我很高兴。")
    from evalkit.scorers._rouge import ngram_overlap, overlap

    assert ngram_overlap(ours, theirs, 1).f == 1.0
    assert overlap(ours, theirs).f == pytest.approx(0.6)


def test_words_of_chinese():
    pytest.importorskip("jieba")
    assert tokens("我在清华大学，读ABC。", "jieba") == ["我", "在", "清华大学", "读", "abc"]
    assert tokens("我 在，", "chars") == ["我", "在"]
    assert tokens("好。\n\n坏", "rouge-chinese") == ["好", "。", "", "", "坏"]


def test_the_best_of_several_right_answers_counts():
    assert rouge_l(Reply(text="two"), "2 | two | II", separator="|").value == 1.0
    assert rouge_l(Reply(text="two"), "2 | two | II").value == 0.5


def test_an_empty_answer_may_be_a_word():
    assert rouge_l(Reply(text="。"), "北京", empty="无内容").value == 0.0
    assert rouge_l(Reply(text=""), "无", empty="无").value == 1.0


def test_a_failed_request_is_not_scored():
    import math

    assert math.isnan(rouge_2(Reply(text="", finish="error", error="gone"), "x").value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["3-8_ziya-llama-13b.json", "3-8_chatlaw-13b.json"])
def test_lawbench_3_8(shared, name):
    """The official scores, to all their digits: jieba, and 无内容 for what has no word."""
    pytest.importorskip("jieba")
    folder = shared / "lawbench-zh"
    wanted = json.loads((folder / "expected_metrics.json").read_text("utf-8"))[name]
    rows = list(json.loads((folder / name).read_text("utf-8")).values())
    values = [
        rouge_l(
            Reply(text=row["prediction"]), row["refr"], tokenise="rouge-chinese", empty="无内容"
        ).value
        for row in rows
    ]
    assert len(values) == wanted["n"]
    assert sum(values) / len(values) == pytest.approx(wanted["score"], abs=1e-14)
