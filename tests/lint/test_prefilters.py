# SPDX-License-Identifier: Apache-2.0
"""Shortcuts never change what is found: each is a superset of what it guards."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.lint.catalogue import every_rule
from evalkit.lint.counting import count, most_tokens
from evalkit.lint.rules.encoding._mojibake import NEEDLES, _candidate, _may_be_bad

pieces = st.sampled_from(
    [
        "sk-proj-" + "aB3dE6gH9jK2mN5pQ8s", "hf_" + "aB3dE6gH9jK2mN5pQ8sT1vW4", "AKIA" + "1234567890ABCDEF",
        "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3h", "xoxb-1234567890-abc", "eyJhbGciOiJI.eyJzdWIiOiIx.abcdefghijk",
        "\ufffd", "{{name}}", "é", "谢谢", "<", "\\", '"', " ", "\n", "\u2028",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(pieces, max_size=6).map("".join), st.booleans())
def test_needles_stand_in_every_row_that_their_rule_finds_something_in(text, escaped):
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]}
    raw = json.dumps(value, ensure_ascii=escaped).encode()
    example = Example(Location(source="x", line=1), raw, value, layout("openai-chat"))
    for rule in every_rule():
        if rule.needles and rule.scope == "example":
            faults = list(rule.function(example))
            assert not faults or any(n in example.scanned for n in rule.needles), rule.name


@settings(deadline=None, max_examples=500)
@given(st.text(st.characters(codec="utf-8", min_codepoint=0x20, max_codepoint=0x2700), max_size=8))
def test_bad_text_always_holds_a_candidate(text):
    from ftfy.badness import is_bad

    assert _candidate().search(text) or not is_bad(text)


def test_candidates_cover_all_that_ftfy_can_call_bad():
    """Exhaustive for pairs of the characters that ftfy knows, with a letter before and behind."""
    import re

    from ftfy.badness import MOJIBAKE_CATEGORIES, is_bad

    harmless = [
        c
        for group in MOJIBAKE_CATEGORIES.values()
        for c in {chr(i) for i in range(0x20, 0xFB10) if re.match(f"[{group}]", chr(i))}
        if not _candidate().search(c)
    ]
    for first in harmless:
        for second in [*harmless, " ", "a", "A", "1"]:
            for around in ("a{}a", " {} ", "{}"):
                assert not is_bad(around.format(first + second))


words = st.text(st.characters(codec="utf-8"), max_size=20)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "assistant"]), "content": words}
    ),
    min_size=1,
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(messages, st.sampled_from(["cl100k_base", "o200k_base"]))
def test_the_bound_from_bytes_is_never_below_the_count(conversation, encoding):
    value = {"messages": conversation}
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    example = Example(Location(source="x", line=1), raw, value, layout("openai-chat"))
    assert count([example], encoding)[0].tokens.billed <= most_tokens(example)


def test_the_bound_holds_for_tools():
    tool = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {
        "type": "object", "properties": {k: {"enum": ["a", "b"], "type": "string"} for k in "abcdefgh"}}}}  # fmt: skip
    value = {"messages": [{"role": "user", "content": "a"}], "tools": [tool] * 3}
    raw = json.dumps(value, separators=(",", ":")).encode()
    example = Example(Location(source="x", line=1), raw, value, layout("openai-chat"))
    assert count([example], "o200k_base")[0].tokens.billed <= most_tokens(example)


def test_the_bound_holds_for_results_that_bear_a_long_name():
    call = {"id": "0", "type": "function", "function": {"name": "_-aQ7z0X" * 8, "arguments": ""}}
    results = [{"role": "tool", "tool_call_id": "0", "content": ""}] * 60
    value = {"messages": [{"role": "assistant", "tool_calls": [call]}, *results]}
    raw = json.dumps(value, separators=(",", ":")).encode()
    example = Example(Location(source="x", line=1), raw, value, layout("openai-chat"))
    assert len(raw) < count([example], "o200k_base")[0].tokens.billed <= most_tokens(example)


@cache
def _ftfy_signs() -> list[str]:
    import re

    from ftfy.badness import MOJIBAKE_CATEGORIES

    every = (chr(i) for i in range(0x20, 0xFB10))
    return [c for c in every if any(re.match(f"[{g}]", c) for g in MOJIBAKE_CATEGORIES.values())]


@settings(deadline=None, max_examples=500)
@given(st.data())
@pytest.mark.slow
def test_no_text_that_ftfy_calls_bad_is_passed_over(data):
    from ftfy.badness import is_bad

    signs = st.sampled_from([*_ftfy_signs(), *"aZ1. \n\xa0ÃÂœà°×²√≈‚ÄГўВвЂβ€™ā"])
    text = "".join(data.draw(st.lists(signs, max_size=9)))
    around = data.draw(st.sampled_from(["", "plain words ", "谢谢，", "x" * 40]))
    for whole in (text, around + text, text + around, around + text + around):
        assert _may_be_bad(whole) or not is_bad(whole), repr(whole)
        assert any(n in whole.encode() for n in NEEDLES) or not _may_be_bad(whole), repr(whole)


@settings(deadline=None, max_examples=500)
@given(st.data())
def test_plain_rows_are_valid(data):
    from evalkit.lint.shape import _checker

    role = st.sampled_from(["system", "user", "assistant", "developer", "tool", "人", 1])
    text = st.one_of(st.text(max_size=3), st.none(), st.just(["x"]))
    message = st.fixed_dictionaries({"role": role}, optional={"content": text, "name": text})
    value = {"messages": data.draw(st.lists(message, max_size=4))}
    example = Example(Location(source="x", line=1), b"{}", value, layout("openai-chat"))
    assert not example.plain or _checker("openai-chat").passes(value)
