# SPDX-License-Identifier: Apache-2.0
"""The prefilter is a superset: what it lets through, both engines count alike."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.tokens import _tiktoken, _toktok, _trusted

CONTEXTS = (
    "{}",
    "a{}b",
    " {}",
    "{}{}",
    "'{}",
    "A{}",
    "1{}2",
    ".{}\n",
    "法{}",
    "\n{} ",
    "{}'s",
    "a{}",
    "A{}a",
    "a{}A",
    "a'{}b",
)


def doubtful_points():
    return {point for first, last in _trusted.doubtful_ranges() for point in range(first, last + 1)}


def test_everything_that_this_python_does_not_know_is_doubtful():
    # Later Pythons know more: what Unicode 14 did not assign stays doubtful, so a subset.
    points = doubtful_points()
    unknown = {p for p in range(0x110000) if unicodedata.category(chr(p)) == "Cn"}
    assert unknown <= points
    if unicodedata.unidata_version == "14.0.0":
        assert points - unknown == {0x017F, *range(0xD800, 0xE000)}


@settings(deadline=None)
@given(st.lists(st.text(st.characters(), max_size=8), max_size=12), st.integers(1, 5))
def test_it_finds_each_text_that_holds_one(texts, batch):
    points = doubtful_points_cached()
    wanted = [i for i, text in enumerate(texts) if any(ord(c) in points for c in text)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_trusted, "_BATCH", batch)
        assert _trusted.doubtful(texts) == wanted


_POINTS = []


def doubtful_points_cached():
    if not _POINTS:
        _POINTS.append(doubtful_points())
    return _POINTS[0]


def test_what_is_known_to_differ_is_doubtful():
    assert _trusted.doubtful(["'ſ", "\u0942", "\U000323b0", "\ud800", "plain", "法"]) == [0, 2, 3]


def _compare(points, name):
    for context in CONTEXTS:
        texts = [context.replace("{}", chr(point)) for point in points]
        fast = _toktok.count(texts, name)
        slow = _tiktoken.count(texts, name)
        different = [hex(p) for p, a, b in zip(points, fast, slow, strict=True) if a != b]
        assert not different, (context, different[:20])


@pytest.mark.parametrize("name", _toktok.ENCODINGS)
def test_engines_agree_on_every_trusted_letter_of_the_basic_plane(name):
    pytest.importorskip("toktok")
    doubtful = doubtful_points_cached()
    _compare([p for p in range(0x20, 0x10000, 7) if p not in doubtful], name)


@pytest.mark.slow
@pytest.mark.parametrize("name", _toktok.ENCODINGS)
def test_engines_agree_on_every_trusted_character(name):
    pytest.importorskip("toktok")
    doubtful = doubtful_points_cached()
    _compare([p for p in range(0x110000) if p not in doubtful], name)


@pytest.mark.slow
def test_what_is_doubtful_is_so_for_a_reason():
    pytest.importorskip("toktok")
    points = sorted(doubtful_points_cached() - set(range(0xD800, 0xE000)))
    texts = [f"{chr(point)}'s" for point in points]  # where letters of their own Unicode show
    for name in _toktok.ENCODINGS:
        fast, slow = _toktok.count(texts, name), _tiktoken.count(texts, name)
        assert fast != slow, name
