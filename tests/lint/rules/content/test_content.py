# SPDX-License-Identifier: Apache-2.0
"""What the rules on content say, where that takes more than found and clean."""

from __future__ import annotations

import json

import pytest

from evalkit.lint.engine import check
from evalkit.lint.rules.content.degenerate_repetition import degenerate_repetition
from evalkit.lint.rules.content.refusal import _refusal
from evalkit.lint.settings import Settings
from evalkit.tokens.encodings import count

ALPHABET = [f"{a}{b}{a}" for a in "abcdefg" for b in "aeiou"]


def rows(*answers: str) -> str:
    return "".join(
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": f"Question {number}"},
                    {"role": "assistant", "content": answer},
                ]
            },
            ensure_ascii=False,
        )
        + "\n"
        for number, answer in enumerate(answers)
    )


def lint(tmp_path, text, rule, **settings):
    path = tmp_path / "train.jsonl"
    path.write_text(text, encoding="utf-8")
    return check([str(path)], Settings(select=(rule,), **settings)).findings


def test_refusals_are_one_finding_with_share_and_first_places(tmp_path):
    no = "I'm sorry, but I can't help with that."
    text = rows(*["Yes."] * 3, *[no] * 6, *["Yes."] * 3)
    (one,) = lint(tmp_path, text, "refusal")
    assert one.location.line is None
    assert one.message.startswith("6 of 12 answers refuse (50.0%), such as line 4, line 5, line 6;")
    (zh,) = lint(tmp_path, text, "refusal", language="zh")
    assert "12 个回答中有 6 个是拒答（50.0%），如第 4 行、第 5 行、第 6 行" in zh.message
    options = {"refusal": {"max_refusal_share": 0.6}}
    assert lint(tmp_path, text, "refusal", options=options) == ()


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I am sorry, I cannot provide medical advice.",
        "Sorry, but I am unable to share that.",
        "I apologize, but I won't write this.",
        "I'm sorry for the inconvenience but I currently don't have the ability to book flights.",
        "As an AI language model, I don't have access to your files.",
        "I must respectfully decline to answer.",
        "很抱歉，我无法提供这方面的建议。",
        "对不起，作为一个人工智能助手，我不能帮助您做这件事。",
        "很抱歉，我目前没有预订机票的功能。",
        "作为一个AI语言模型，我不具备执行外部任务的能力。",
        "我无法回答这个问题。",
    ],
)
def test_refusals_are_known(text):
    assert _refusal().match(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't find your order. What is its number?",
        "I am sorry to hear about your loss.",
        "I cannot recommend this book enough!"[:8] + "see it yet.",
        "Sorry, we are closed on Monday.",
        "As an AI language model, translating text usually involves several steps.",
        "抱歉让您久等了，包裹明天送达。",
        "无法正常吞咽食物是扁桃体炎的常见症状。",
        "作为一个人工智能助手，我很高兴为您服务。",
        "我没有看到您的图片，请再发一次。",
    ],
)
def test_what_is_no_refusal(text):
    assert not _refusal().match(text)


def test_answers_cut_at_a_number_of_tokens_are_found_and_whole_ones_left(tmp_path):
    words = "the wood of an old oak is hard and heavy and lasts for a hundred years in any house"
    sentence = "An oak grows for hundreds of years and its wood is hard. "
    whole = [sentence * n for n in range(3, 23)]
    long = [f"Number {n} says that " + " ".join([words] * 9) for n in range(12)]
    cut = [" ".join(text.split()[:90]) for text in long]
    assert len(set(count(cut, "cl100k_base"))) < 4  # as a limit of tokens leaves them
    found = lint(tmp_path, rows(*whole[:5], *cut), "truncated-answer")
    assert [f.location.line for f in found] == list(range(6, 18))
    assert "12 of the" in found[0].message
    assert lint(tmp_path, rows(*whole), "truncated-answer") == ()
    # Most texts of this kind end without a mark, short and long: it is their style.
    style = [text.rstrip(". ") for text in whole]
    assert lint(tmp_path, rows(*style), "truncated-answer") == ()


def test_keys_that_differ_are_named_first(tmp_path):
    usual = json.dumps({"a": 1, "b": 2, "c": 3})
    odd = json.dumps({"a": 1, "c": 3, "d": 4})
    (one,) = lint(tmp_path, rows(*[usual] * 30, odd), "answer-not-json")
    assert '`{"b", "a", "c"}`' in one.message
    assert '`{"d", "a", "c"}`' in one.message
    assert one.location.line == 31


def test_many_kinds_of_keys_are_maps_and_no_fault(tmp_path):
    answers = [json.dumps({f"word {n}": n}) for n in range(1200)]
    assert lint(tmp_path, rows(*answers), "answer-not-json") == ()
    found = lint(tmp_path, rows(*answers, "no JSON"), "answer-not-json")
    assert [f.location.line for f in found] == [1201]


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_do_not_change_what_is_found(tmp_path, shards):
    from evalkit.data.read import open_data
    from evalkit.lint.engine import check_examples

    usual = [json.dumps({"a": n}) for n in range(60)]
    path = tmp_path / "train.jsonl"
    path.write_text(rows(*usual[:31], "no", *usual[31:], '{"b": 1}'), encoding="utf-8")
    examples = list(open_data(str(path)))
    wanted = Settings(select=("answer-not-json", "truncated-answer", "refusal"))
    found = check_examples(examples, wanted, shards=shards)
    assert [f.location.line for f in found] == [32, 62]


def test_a_loop_is_named_from_where_it_begins(tmp_path):
    (one,) = lint(tmp_path, rows("Well, " + "eat a banana, " * 40), "degenerate-repetition")
    assert "“eat a banana,” 40 times" in one.message or "“eat a banana,” 39 times" in one.message
    assert degenerate_repetition.fix is None


def test_sentences_that_differ_by_their_numbers_are_the_same(tmp_path):
    text = " ".join(f"Tree number {n} grows in a row of its own." for n in range(40))
    (one,) = lint(tmp_path, rows(text), "degenerate-repetition")
    assert "40 times" in one.message
    varied = " ".join(f"{word} trees grow in rows of their own." for word in ALPHABET)
    assert lint(tmp_path, rows(varied), "degenerate-repetition") == ()
