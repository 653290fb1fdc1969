# SPDX-License-Identifier: Apache-2.0
"""BLEU and chrF: sacrebleu's own numbers, of answers and of corpora."""

from math import isnan, nan

import pytest

from evalkit.core.exchange import Reply
from evalkit.core.score import Sample, Score
from evalkit.metrics._compare import compare
from evalkit.metrics.bleu import bleu as corpus_bleu
from evalkit.metrics.chrf import chrf as corpus_chrf
from evalkit.scorers.bleu import bleu
from evalkit.scorers.chrf import chrf

SYSTEM = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
FIRST = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
SECOND = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]


def samples(scorer, texts, references, **options):
    return [
        Sample(
            id=str(i),
            score=scorer(Reply(text=text), wanted, **options),
            expected=wanted,
            reply=Reply(text=text),
        )
        for i, (text, wanted) in enumerate(zip(texts, references, strict=True))
    ]


@pytest.mark.parametrize(
    ("tokenise", "value"), [("13a", 48.530827), ("intl", 43.916235), ("none", 49.191957)]
)
def test_corpus_bleu_with_two_references(tokenise, value):
    """sacrebleu 2.6.0, test/test_bleu.py."""
    both = ["|".join(pair) for pair in zip(FIRST, SECOND, strict=True)]
    found = corpus_bleu(samples(bleu, SYSTEM, both, tokenise=tokenise, separator="|"))
    assert 100 * found.value == pytest.approx(value, abs=1e-6)
    assert found.n == 3
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize(
    ("text", "expected", "tokenise", "value"),
    [
        ("中国的首都是北京市", "中国的首都是北京", "13a", 0.0),
        ("中国的首都是北京市", "中国的首都是北京", "zh", 86.334),
        ("中国的首都是北京市", "中国的首都是北京", "auto", 86.334),
        ("我今天很高兴见到你。", "今天见到你我很高兴。", "auto", 31.5598),
        ("東京は日本の首都です", "日本の首都は東京です", "auto", 51.6973),
        ("東京は日本の首都です", "日本の首都は東京です", "zh", 54.6633),
        ("The dog", "The dog", "auto", 100.0),
        ("", "", "auto", 100.0),
        ("", "x", "auto", 0.0),
        ("x", "", "auto", 0.0),
    ],
)
def test_bleu(text, expected, tokenise, value):
    found = bleu(Reply(text=text), expected, tokenise=tokenise)
    assert 100 * found.value == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(
    ("text", "expected", "words", "value"),
    [
        ("中国的首都是北京市", "中国的首都是北京", 0, 96.1732),
        ("中国的首都是北京市", "中国的首都是北京", 2, 82.4342),
        ("我今天很高兴见到你。", "今天见到你我很高兴。", 0, 30.0926),
        ("", "", 0, 100.0),
        ("", "x", 0, 0.0),
    ],
)
def test_chrf(text, expected, words, value):
    found = chrf(Reply(text=text), expected, words=words)
    assert 100 * found.value == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize("words", [0, 2])
def test_corpus_chrf_is_that_of_sacrebleu(words):
    from sacrebleu.metrics import CHRF

    wanted = CHRF(word_order=words).corpus_score(SYSTEM, [FIRST]).score
    found = corpus_chrf(samples(chrf, SYSTEM, FIRST, words=words))
    assert 100 * found.value == pytest.approx(wanted, abs=1e-9)


def test_a_corpus_without_long_matches_is_smoothed_as_sacrebleu_does():
    from sacrebleu.metrics import BLEU

    texts, wanted = ["the cat x sat", "a dog y"], ["the cat sat", "the dog y"]
    score = BLEU().corpus_score(texts, [wanted]).score
    assert 0 < score < 60
    assert 100 * corpus_bleu(samples(bleu, texts, wanted)).value == pytest.approx(score)


def test_corpus_bleu_is_not_the_mean_of_answers():
    of = samples(bleu, SYSTEM, FIRST)
    mean = sum(s.score.value for s in of) / len(of)
    assert corpus_bleu(of).value != pytest.approx(mean, abs=0.01)


def test_two_models_are_compared_on_the_same_drawn_answers():
    base = samples(bleu, SYSTEM * 10, FIRST * 10)
    tuned = samples(bleu, FIRST * 10, FIRST * 10)
    for i, (a, b) in enumerate(zip(base, tuned, strict=True)):
        object.__setattr__(a, "id", str(i))
        object.__setattr__(b, "id", str(i))
    found = compare(corpus_bleu, base, tuned)
    assert found.interval.value == pytest.approx(1 - corpus_bleu(base).value)
    assert found.interval.low > 0
    mirrored = compare(corpus_bleu, tuned, base)
    assert mirrored.interval.value == -found.interval.value


def test_nothing_and_errors_are_left_out():
    none = corpus_bleu([])
    assert isnan(none.value)
    assert none.why
    failed = Sample(id="x", score=Score(nan), expected="y", reply=Reply(text=""))
    found = corpus_bleu([*samples(bleu, FIRST, FIRST), failed])
    assert found.left_out == 1
    assert found.value == pytest.approx(1.0)


@pytest.mark.parametrize(("texts", "value"), [([""] * 3, 0.0), (FIRST, 1.0)])
def test_all_answers_empty_or_right_have_an_interval(texts, value):
    found = corpus_bleu(samples(bleu, texts, FIRST))
    assert found.value == pytest.approx(value)
    assert found.high - found.low == pytest.approx(0.561, abs=1e-3)  # Wilson's for 0 or 3 of 3
    assert "alike" in found.why
