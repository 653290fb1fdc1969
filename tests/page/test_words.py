# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from evalkit.page.words import marked, words


def inside(markup: Markup) -> str:
    return str(markup).removeprefix('<bdi class="d">').removesuffix("</bdi>")


@given(st.text())
def test_words_join_to_the_text(text):
    assert "".join(words(text)) == text.replace("\n", "⏎")


def test_chinese_is_cut_by_the_character_and_latin_by_the_word():
    assert words("退款 in 10天内") == ["退", "款", " ", "in", " ", "10", "天", "内"]


def test_only_what_differs_is_marked():
    assert inside(marked("a refund takes ten days", "a refund takes two days")) == (
        "a refund takes <mark>ten</mark> days"
    )
    assert inside(marked("十天内原路退回", "三天内原路退回")) == "<mark>十</mark>天内原路退回"
    assert inside(marked("same", "same")) == "same"


def test_a_wrong_label_is_marked_whole_but_another_story_is_not():
    assert inside(marked("billing", "refund")) == "<mark>billing</mark>"
    assert "<mark>" not in marked("one two three four five six", "seven eight nine")


def test_it_is_escaped_inside_and_outside_the_marks():
    assert inside(marked("<b> x", "<i> x")) == "&lt;<mark>b</mark>&gt; x"


def test_long_texts_are_cut():
    shown = inside(marked("x" * 500, "", width=20))
    assert "…" in shown
    assert len(shown) < 60


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_breaks_out(text, other):
    shown = inside(marked(text, other)).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in shown
    assert ">" not in shown
    assert not any("\ud800" <= c <= "\udfff" for c in shown)
