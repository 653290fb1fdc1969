# SPDX-License-Identifier: Apache-2.0
"""Cells are no formulas, and what stands in other people's files stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.data.cells import guarded, unguarded

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TEXTS = st.one_of(
    st.text(max_size=20),
    st.text("'=+-@ \t\rab", max_size=8),
    st.tuples(st.sampled_from(FORMULA), st.text("a'-", max_size=45)).map("".join),
)


@settings(max_examples=2_000)
@given(TEXTS)
def test_no_cell_is_a_formula_and_every_text_comes_back(text):
    written = guarded(text)
    assert not written.lstrip(" \u3000").startswith(FORMULA)
    assert unguarded(written) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("- a list", "'- a list"),
        ("  @SUM(1)", "'  @SUM(1)"),
        ("'=1+1", "''=1+1"),
        ("-ly' is a suffix", "''-ly' is a suffix"),
        ("5 - 3", "5 - 3"),
        ("it's", "it's"),
    ],
)
def test_golden(text, written):
    assert guarded(text) == written
    assert unguarded(written) == text


@pytest.mark.parametrize(
    "text",
    [
        "'-ly' makes adverbs of adjectives",
        "'+' joins and '-' takes away",
        "'@home' is a name",
        "'tis",
        "''",
        "'",
        "'quoted'",
        "'5'",
    ],
)
def test_what_others_wrote_is_not_touched(text):
    assert unguarded(text) == text
    assert guarded(text) == text


def test_guards_of_others_are_taken_off():
    # OWASP's advice, which other exporters follow.
    assert unguarded('\'=HYPERLINK("http://x")') == '=HYPERLINK("http://x")'
