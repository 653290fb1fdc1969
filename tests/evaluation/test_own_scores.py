# SPDX-License-Identifier: Apache-2.0
"""What functions of the user's own return is held to what they promised."""

import warnings
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.scale import Scale
from evalkit.core.score import Score
from evalkit.evaluation.own_scores import own_score

ANY, SHARE, BINARY = Scale(), Scale("share"), Scale("share", binary=True)


async def _later():
    return 1.0


@pytest.mark.parametrize(
    ("value", "scale", "number"),
    [
        (1, ANY, 1.0),
        (True, BINARY, 1.0),
        (np.bool_(0), BINARY, 0.0),
        (np.float32(0.5), SHARE, 0.5),
        (-7.5, ANY, -7.5),
        ({"score": 0.25}, SHARE, 0.25),
        ({"value": 3, "why": "so"}, ANY, 3.0),
        (Score(0.5, why="half"), SHARE, 0.5),
    ],
)
def test_numbers_of_the_scale(value, scale, number):
    found = own_score(value, scale)
    assert (found.value, found.fault) == (number, "")


@pytest.mark.parametrize(
    "value", [None, {"score": None}, Score(nan, why="no"), {"score": nan, "why": "no"}]
)
def test_cannot_say_is_no_fault(value):
    found = own_score(value, ANY)
    assert isnan(found.value)
    assert (found.fault, bool(found.why)) == ("", True)


@pytest.mark.parametrize(
    ("value", "scale", "said"),
    [
        ("0.5", ANY, "a text, no number"),
        ("abc", ANY, "a text, no number"),
        ([1, 2], ANY, "list, no number"),
        ({"scor": 1}, ANY, "a mapping without `score` (it has scor)"),
        ({}, ANY, "it has nothing"),
        (inf, ANY, "inf, no number"),
        (nan, ANY, "nan, no number"),
        ({"score": nan}, ANY, "nan, no number"),
        (10**400, ANY, "too large"),
        (Score(inf), ANY, "inf, no number"),
        (Score("abc"), ANY, "a text, no number"),
        (7, BINARY, "true or false"),
        (-1, BINARY, "true or false"),
        (0.5, BINARY, "true or false"),
        (1.5, SHARE, "from 0 to 1"),
    ],
)
def test_what_is_no_score_is_told(value, scale, said):
    found = own_score(value, scale)
    assert isnan(found.value)
    assert found.fault == "scorer"
    assert said in found.why


def test_a_coroutine_is_no_score_and_leaves_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "to await" in own_score(_later(), ANY).why


def test_long_and_hostile_words_are_cut():
    found = own_score(Score(1.0, why="\x1b[31m" + "x" * 100_000), ANY)
    assert len(found.why) <= 200
    key = "sk-proj-AbCdEf0123456789AbCdEf0123456789AbCdEf0123456789"
    assert key not in own_score(key, ANY).why


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["score", "why", "answer", "x"]), inner, max_size=3)
        ),
    ),
    st.sampled_from([ANY, SHARE, BINARY]),
)
def test_anything_becomes_a_score_of_its_scale(value, scale):
    found = own_score(value, scale)
    assert isnan(found.value) or (found.fault == "" and abs(found.value) < inf)
    assert not scale.binary or isnan(found.value) or found.value in (0.0, 1.0)
    assert not isnan(found.value) or found.why
