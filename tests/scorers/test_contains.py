# SPDX-License-Identifier: Apache-2.0
from math import isnan

import pytest

from evalkit.core.exchange import Reply
from evalkit.scorers.contains import contains
from evalkit.scorers.edit_similarity import edit_similarity


@pytest.mark.parametrize(
    ("text", "options", "value"),
    [
        ("It is Rome.", {}, 1),
        ("It is rome", {}, 1),
        ("It is rome", {"ignore_case": False}, 0),
        ("romeo", {}, 1),
        ("romeo", {"words": True}, 0),
        ("Rome, Italy", {"words": True}, 1),
        ("Paris", {}, 0),
        ("", {}, 0),
        ("sorry, no", {"text": ["sorry", "cannot"], "match": "none"}, 0),
        ("yes", {"text": ["sorry", "cannot"], "match": "none"}, 1),
        ("sorry, no", {"text": ["sorry", "cannot"], "match": "all"}, 0),
        ("抱歉，不行", {"text": "抱歉"}, 1),
        ("抱歉，不行", {"text": "抱歉", "words": True}, 1),
    ],
)
def test_contains(text, options, value):
    assert contains(Reply(text=text), "Rome", **options).value == value


def test_one_of_several_expected_texts():
    assert contains(Reply(text="in Roma"), "Rome | Roma", separator="|").value == 1
    assert contains(Reply(text="Rome"), "Rome|Roma", separator="|", match="all").value == 0
    assert isnan(contains(Reply(text="x"), "").value)


@pytest.mark.parametrize(
    ("text", "expected", "options", "value"),
    [
        ("kitten", "sitting", {"by": "levenshtein"}, 1 - 3 / 7),
        ("kitten", "sitting", {}, 8 / 13),
        ("北京", "北京。", {}, 1),
        ("北京", "北京。", {"normal": "strict"}, 0.8),
        ("martha", "marhta", {"by": "jaro_winkler"}, 0.961111),
        ("", "", {}, 1),
        ("", "x", {}, 0),
        ("two", "2|two", {"separator": "|"}, 1),
    ],
)
def test_edit_similarity(text, expected, options, value):
    found = edit_similarity(Reply(text=text), expected, **options)
    assert found.value == pytest.approx(value, abs=1e-6)
