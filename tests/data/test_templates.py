# SPDX-License-Identifier: Apache-2.0
"""Texts with fields in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.data.templates import Field, bound, fields, filled, parsed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{title}", (Field("title"),)),
        (r"{title}\n{ask}", (Field("title"), "\n", Field("ask"))),
        (r"a\tb\\n", ("a\tb\\n",)),
        (r"C:\Temp\x", ("C:\\Temp\\x",)),
        ("{{ {x} }}", ("{ ", Field("x"), " }")),
        ("{{{x}}}", ("{", Field("x"), "}")),
        ("{ 标题 }：", (Field("标题"), "：")),
        ("{a.b:c!r}", (Field("a.b:c!r"),)),  # a name and nothing more: no format, no conversion
        ("", ()),
        ("You are kind", ("You are kind",)),
    ],
)
def test_parts(text, parts):
    assert parsed(text) == parts


@pytest.mark.parametrize("text", ["{", "a}", "{}", "{ }", "{a", "a{b{c}", "{{x}", "{a}}"])
def test_braces_that_stand_alone(text):
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert "{{ and }}" in caught.value.hint


def test_fields_are_named_once():
    assert fields(parsed("{a} {b} {a}")) == ("a", "b")


def test_names_are_looked_up():
    with pytest.raises(LookupError):
        bound(parsed("{a}"), {}.__getitem__)
    assert bound(parsed("<{a}>"), {"a": 3}.__getitem__) == ("<", 3, ">")


HOSTILE = st.text(st.sampled_from("{}\\n%$ title0!r:.[]\n中"), max_size=30)


@given(st.lists(HOSTILE, min_size=1, max_size=4), st.lists(HOSTILE, min_size=5, max_size=5))
def test_data_is_never_looked_at(cells, literals):
    """What is put in comes out as it was, between the literal parts as they were."""
    text, wanted = "", ""
    for literal, (index, cell) in zip(literals, enumerate(cells), strict=False):
        escaped = literal.replace("\\", "\\\\").replace("{", "{{").replace("}", "}}")
        text += f"{escaped}{{f{index}}}"
        wanted += literal + cell
    parts = bound(parsed(text), lambda name: int(name[1:]))
    assert filled(parts, cells.__getitem__) == (wanted if any(cells) else "")


def test_nothing_in_the_fields_is_nothing_said():
    parts = bound(parsed("Question: {a} {b}"), ["a", "b"].index)
    assert filled(parts, ["", ""].__getitem__) == ""
    assert filled(parts, ["", " "].__getitem__) == "Question:   "
    assert filled(("always",), ["", ""].__getitem__) == "always"
