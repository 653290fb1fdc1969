# SPDX-License-Identifier: Apache-2.0
"""A verdict is read or it is not there; none is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.scorers._judge_reading import (
    point_schema,
    read_point,
    read_verdict,
    verdict_schema,
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"verdict": "A", "why": "kinder"}', "A"),
        ('{"why": "kinder", "verdict": "B"}', "B"),
        ('{"verdict": "tie"}', "tie"),
        ('{"verdict": " TIE ", "why": null}', "tie"),
        ('```json\n{"verdict": "b", "why": "x"}\n```', "B"),
        ('<think>{"verdict": "A"}? No.</think>\n{"verdict": "B", "why": "x"}', "B"),
        ('Both are fine {so to say}. {"verdict": "A"}', "A"),
        ('{"verdict": "A"}\n{"verdict": "A", "why": "again"}', "A"),
        ('{"verdict":"A","why":"它说 {\\"verdict\\": \\"B\\"}"}', "A"),
    ],
)
def test_verdicts(text, verdict):
    assert read_verdict(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "an empty answer"),
        ("   \n", "an empty answer"),
        ("A", "no JSON object"),
        ("The verdict is A.", "no JSON object"),
        ('"A"', "no JSON object"),
        ('["A"]', "no JSON object"),
        ('{"winner": "A"}', "no JSON object"),
        ('{"verdict": null, "why": ""}', "is null"),
        ('{"verdict": "C"}', "no such verdict"),
        ('{"verdict": "A or B"}', "no such verdict"),
        ('{"verdict": 1}', "no such verdict"),
        ('{"verdict": true}', "no such verdict"),
        ('{"verdict": ["A"]}', "no such verdict"),
        ('{"verdict": "A"', "no JSON object"),
        # It may be an answer that is quoted: which of the two is meant nobody knows.
        ('The answer says {"verdict": "A"}, but {"verdict": "B"}', "do not agree"),
        ('{"verdict": "A", "verdict": "B"}', "stands twice"),
        ('{"answer": {"verdict": "A"}}', "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ('{"a":' * 100_000, "no JSON object"),
    ],
)
def test_no_verdicts(text, why):
    found = read_verdict(text)
    assert found.verdict is None
    assert why in found.why


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"score": 7, "why": "good"}', 7),
        ('{"score": 7.5}', 7.5),
        ('{"score": 1}', 1),
        ('{"score": 10}', 10),
        ('{"score": 0}', None),
        ('{"score": 11}', None),
        ('{"score": "7"}', None),
        ('{"score": "7/10"}', None),
        ('{"score": true}', None),
        ('{"score": null}', None),
        ('{"score": NaN}', None),
        ('{"score": 1e999}', None),
        ("7", None),
    ],
)
def test_points(text, score):
    assert read_point(text, (1, 10)).score == score


@given(st.text())
def test_whatever_a_judge_says_is_read_or_not(text):
    assert read_verdict(text).verdict in ("A", "B", "tie", None)
    read_point(text, (0, 1))


def test_a_reason_is_cut():
    assert len(read_verdict('{"verdict": "A", "why": "' + "x" * 9_000 + '"}').why) == 1_000


def test_schemas_are_strict():
    for schema in (verdict_schema(), point_schema((1, 10)), point_schema((0, 0.5))):
        body = schema["json_schema"]
        assert schema["type"] == "json_schema"
        assert body["strict"] is True
        assert body["schema"]["additionalProperties"] is False
        assert sorted(body["schema"]["required"]) == sorted(body["schema"]["properties"])
    whole, part = (point_schema(s)["json_schema"]["schema"] for s in ((1, 10), (0, 0.5)))
    assert whole["properties"]["score"] == {"type": "integer", "enum": [*range(1, 11)]}
    assert part["properties"]["score"]["type"] == "number"
