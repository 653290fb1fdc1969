# SPDX-License-Identifier: Apache-2.0
"""The needles of the rules on roles, content and length let through all that those rules find."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.lint.catalogue import rule_named
from evalkit.lint.rule import Rule
from evalkit.lint.texts import blanks, is_blank

NAMES = (
    "role-marker-in-text", "special-token-in-text", "empty-content", "blank-content",
    "placeholder-left", "merged-examples",
)  # fmt: skip
STATEFUL = ("refusal", "url-only-answer")
RESERVED = ("User:", "Bot:", "Assistant:", "System:", "<image>", "<video>", "[EOS]")

_starts = ["", " ", "\n", "x ", "\n##\n", "Thanks.\n", "- "]
_pieces = [
    *RESERVED, "[INST]", "[/INST]", "<<SYS>>", "<user>:", "</bot> ：", "### Human:", "###Response:",
    "### Instruction:", "Assistant :", "助手：", "助手 :", "用户：", "AI:", "Human:", "Chatbot：",
    "<|im_end|>", "<|User|>", "<｜end▁of▁sentence｜>", "</s>", "<end_of_turn>", "<eos>", "[BOS]",
    "[gMASK]", "[UNUSED_TOKEN_146]",
    "{{name}}", "{{ name}}", "<noinput>", "<No input>", "Lorem ipsum dolor", "[Your Name]",
    "[Enter your name]", "[Company's Name]", "[customer name]", "【您的姓名】", "[请输入日期]", "TODO:",
    "TBD", "待补充", "None", "none", "NULL", "NaN", "N/A", "#REF!", "xxx", "NoOutput",
    "18. Instruction: x", "7、指令：", "3.INSTRUCTION :", "12) Instruction ：",
    "I'm sorry, but I can't help", "Sorry, I cannot assist", "I apologize, but I am unable to provide",
    "My apologies. I won’t create", "Unfortunately, I don't have access", "I must decline to answer",
    "I’m currently not able to help", "As an AI language model, I cannot answer",
    "as a language model, I do not have the ability", "很抱歉，我无法提供", "对不起，目前没有订票的功能",
    "作为一个 AI 助手，我不能回答", "作为人工智能，我无法帮助", "我们暂时不便回答", "真遗憾，不会写",
    "https://example.org/a", "http://a.b", "www.example.org", "<https://example.org>",
    "", " ", "\u200b", "\u3000", "\u00a0", "\t", "\u2028", "\x7f", "\x0b", "\U000e0020", "\u3164", "a", "“",
    "`x`", "```\n", "```", "Assist", "ant:", "[您",
]  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(_starts), st.sampled_from(_pieces)), min_size=0, max_size=4
).map("".join)


def example_of(value: dict[str, object], *, escaped: bool, separators: tuple[str, str]) -> Example:
    raw = json.dumps(value, ensure_ascii=escaped, separators=separators).encode()
    return Example(Location(source="x", line=1), raw, value, layout("openai-chat"))


def passes(rule: Rule, example: Example) -> bool:
    return any(needle in example.scanned for needle in rule.needles)


def finds(rule: Rule, example: Example, **options: object) -> bool:
    states = rule.new_states()
    if not states:
        return bool(list(rule.function(example, **options)))
    before = {name: state.to_bytes() for name, state in states.items()}
    rule.function(example, **states)
    return any(state.to_bytes() != before[name] for name, state in states.items())


@settings(deadline=None, max_examples=600)
@given(texts, texts, st.booleans(), st.sampled_from([(", ", ": "), (",", ":")]))
def test_needles_let_through_whatever_is_found(question, reply, escaped, separators):
    content: object = [{"type": "text", "text": question}] if len(question) % 2 else question
    value = {
        "messages": [{"role": "user", "content": content}, {"role": "assistant", "content": reply}]
    }
    example = example_of(value, escaped=escaped, separators=separators)
    for name in (*NAMES, *STATEFUL):
        rule = rule_named(name)
        assert rule.needles
        assert passes(rule, example) or not finds(rule, example), name
    markers = rule_named("role-marker-in-text")
    assert passes(markers, example) or not finds(markers, example, markers_anywhere=True)


def test_needles_let_through_each_piece_alone():
    for text in (f"{start}{piece}" for start in _starts for piece in _pieces):
        for question, reply in ((text, "a"), ("a", text)):
            roles = (("user", question), ("assistant", reply))
            value = {"messages": [{"role": role, "content": said} for role, said in roles]}
            example = example_of(value, escaped=False, separators=(",", ":"))
            for name in (*NAMES, *STATEFUL):
                rule = rule_named(name)
                assert passes(rule, example) or not finds(rule, example), (name, text)


def test_every_blank_alone_and_behind_a_common_one_is_let_through():
    rule = rule_named("blank-content")
    for text in (f"{before}{blank}" for blank in blanks() for before in ("", " ")):
        value = {"messages": [{"role": "user", "content": text}]}
        example = example_of(value, escaped=False, separators=(",", ":"))
        assert passes(rule, example), repr(text)
        assert finds(rule, example), repr(text)


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from(blanks()), min_size=1, max_size=6))
def test_blank_texts_are_let_through_and_found(text):
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]}
    example = example_of(value, escaped=False, separators=(",", ":"))
    rule = rule_named("blank-content")
    assert passes(rule, example)
    assert finds(rule, example)


def test_each_blank_is_one_and_no_letter_is():
    assert all(is_blank(c) for c in blanks())
    assert is_blank("")
    for c in "a1é谢，。“!\u0600\u06dd\u200d\U0001f469"[:8]:
        assert not is_blank(f"{blanks()}{c}")


def test_null_content_is_let_through_and_found():
    value = {"messages": [{"role": "user", "content": None}, {"role": "assistant", "content": "a"}]}
    example = example_of(value, escaped=False, separators=(",", ":"))
    assert passes(rule_named("empty-content"), example)
    assert finds(rule_named("empty-content"), example)


def test_clean_rows_wake_no_rule():
    value = {
        "messages": [
            {"role": "system", "content": "You are a kind gardener. 你是园丁。"},
            {
                "role": "user",
                "content": "How high does an oak grow? It stands by the house (north).",
            },
            {
                "role": "assistant",
                "content": "Up to 30 metres; keep it away from walls. 可以长到三十米。",
            },
        ]
    }
    example = example_of(value, escaped=False, separators=(", ", ": "))
    assert [name for name in (*NAMES, *STATEFUL) if passes(rule_named(name), example)] == []
