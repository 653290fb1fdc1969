# SPDX-License-Identifier: Apache-2.0
"""What the rules on characters find always holds one of their needles; what they mend is mended."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.lint.catalogue import every_rule
from evalkit.lint.rules.encoding import _escapes
from evalkit.lint.rules.encoding._mojibake import holds_gbk, unmangled
from evalkit.lint.rules.encoding.cjk_mojibake import cjk_mojibake

RULES = [r for r in every_rule() if r.family in ("encoding", "files") and r.needles]
WORDS = ["rac{1}", "imes", "lpha", "egin", "heta", "ight)", "abla", "ec", "emp", "C:", "ew\\x", "o"]
CHINESE = ["你好", "，世界", "怎么退款？", "「枸杞」", "楂榄", "淇", "瑜伽"]
characters = st.one_of(
    st.characters(max_codepoint=0x17F),
    st.characters(min_codepoint=0x2000, max_codepoint=0x206F),
    st.sampled_from([*'\\"\u0600\u0915\u0e01\ufeff😀\U0001f3f4\U000e0067\U000e0001', "é", "中"]),
    st.sampled_from(WORDS),
    st.sampled_from(CHINESE),
    st.sampled_from(CHINESE).map(lambda t: t.encode().decode("gb18030", "replace")),
    st.sampled_from(CHINESE).map(lambda t: t.encode().decode("latin-1")),
    st.sampled_from(CHINESE).map(lambda t: t.encode("gbk", "ignore").decode("latin-1")),
)
texts = st.lists(characters, max_size=12).map("".join)


def example_of(text: str, *, escaped: bool = False) -> Example:
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]}
    raw = json.dumps(value, ensure_ascii=escaped).encode()
    return Example(Location(source="x", line=1), raw, value, layout("openai-chat"))


def encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


@settings(deadline=None, max_examples=600)
@given(texts.filter(encodable), st.booleans())
def test_every_finding_holds_a_needle(text, escaped):
    example = example_of(text, escaped=escaped)
    for rule in RULES:
        if list(rule.function(example)):
            assert any(needle in example.scanned for needle in rule.needles), rule.name


@settings(deadline=None, max_examples=300)
@given(texts.filter(encodable))
def test_one_character_is_one_rules_matter(text):
    example = example_of(text)
    found = {rule.name for rule in RULES if list(rule.function(example))}
    assert not {"latin-mojibake", "cjk-mojibake"} <= found or "\ufffd" in text or len(text) > 8


@settings(deadline=None, max_examples=300)
@given(texts.filter(encodable))
def test_what_a_safe_fix_wrote_is_clean(text):
    for rule in RULES:
        if rule.scope != "example":
            continue
        for fault in rule.function(example_of(text)):
            if fault.fix is None or fault.fix.safety != "safe":
                continue
            again = example_of(fault.fix.edits["/messages/0/content"])
            left = [f for f in rule.function(again) if f.fix and f.fix.safety == "safe"]
            if rule.name != "latin-mojibake":  # what is twice mangled takes two rounds
                assert left == [], rule.name


def test_two_chinese_characters_leave_a_sign_at_even_and_at_odd_places():
    needles = {n.decode() for n in cjk_mojibake.needles if len(n) == 3 and n[0] > 0xC3}
    common = [chr(c) for c in range(0x4E00, 0x9FA6, 7)] + list("，。！？、；：「」（）《》")
    for first, second in pairwise(common):
        data = (first + second).encode()
        if b"\x80" in data:
            continue  # no first byte in GBK: what follows is lost as well
        for before in (b"", b"\xb5"):
            assert needles & set((before + data + b"a").decode("gb18030", "ignore"))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("\x0crac{1}{2}", r"\frac{1}{2}"),
        ("2 \times 3", r"2 \times 3"),
        ("\x07lpha + \x08eta", r"\alpha + \beta"),
        ("the \nabla", r"the \nabla"),
        ("a\tan", "a\tan"),
        ("C:\temp", "C:\temp"),
    ],
)
def test_restored(text, right):
    assert _escapes.restored(text) == right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("cafÃ©", "café"),
        ("â€™", "’"),
        ("Ã\x85ngström", "Ångström"),
        ("a\x85b", None),
        ("a…b “c” é · 中文，。", None),
        ("ÄãºÃ£¬ÊÀ½ç", None),  # GBK: cjk-mojibake's
        ("ä½\xa0å¥½ï¼Œä¸–ç•Œ", "你好，世界"),
    ],
)
def test_unmangled(text, right):
    assert unmangled(text) == right


@pytest.mark.parametrize(
    ("text", "gbk"),
    [
        ("ÄãºÃ£¬ÊÀ½ç", True),
        ("ä½\xa0å¥½ï¼Œä¸–ç•Œ", False),
        ("ÄÖÜß", False),
        ("——————……“”", False),
        ("Ð¿Ñ\x80Ð¸Ð²ÐµÑ\x82", False),
    ],
)
def test_gbk_read_as_latin_1(text, gbk):
    assert holds_gbk(text) is gbk
