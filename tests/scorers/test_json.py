# SPDX-License-Identifier: Apache-2.0
import json
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.scorers.json_f1 import json_f1
from evalkit.scorers.json_schema import json_schema
from evalkit.scorers.json_valid import json_valid

SCHEMA = {
    "type": "object",
    "required": ["total"],
    "properties": {"total": {"type": "number", "minimum": 0}, "day": {"format": "date"}},
    "additionalProperties": False,
}
FENCED = '```json\n{"total": 1}\n```'
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value", "why"),
    [
        ('{"a": 1}', 1, ""),
        ("42", 1, ""),
        ('"文"', 1, ""),
        ("", 0, "no text"),
        ("{'a': 1}", 0, "not JSON"),
        ('{"a": 1} and more', 0, "not JSON"),
        ("NaN", 0, "NaN is no JSON"),
        ('{"a": 1, "a": 2}', 0, "stands twice"),
        (FENCED, 0, "not JSON"),
        ("[" * 5000, 0, "deep"),
        ("[" * 200 + "]" * 200, 0, "deeper than 100"),
    ],
)
def test_json_valid(text, value, why):
    found = json_valid(Reply(text=text))
    assert found.value == value
    assert why in found.why


def test_a_fence_may_be_allowed():
    assert json_valid(Reply(text=FENCED), fenced=True).value == 1
    assert json_valid(Reply(text="Here:\n" + FENCED), fenced=True).value == 0


@pytest.mark.parametrize(
    ("text", "value", "why"),
    [
        ('{"total": 1}', 1, ""),
        ('{"total": -1}', 0, ".total"),
        ("{}", 0, "total"),
        ('{"total": 1, "x": 2}', 0, "x"),
        ('{"total": 1, "day": "2026-13-01"}', 0, ".day"),
        ("total: 1", 0, "not JSON"),
    ],
)
def test_json_schema(text, value, why):
    found = json_schema(Reply(text=text), schema=SCHEMA)
    assert found.value == value
    assert why in found.why


@pytest.mark.parametrize(
    "schema", [{"type": "objekt"}, {"$ref": "https://example.com/x.json"}, {"$ref": "#/$defs/no"}]
)
def test_what_is_no_schema(schema):
    with pytest.raises(UsageError, match="JSON Schema"):
        json_schema(Reply(text="{}"), schema=schema)


@pytest.mark.parametrize(
    ("text", "expected", "options", "value"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2.0, "a": 1}', {}, 1),
        ('{"a": 1, "b": 3}', '{"a": 1, "b": 2}', {}, 0.5),
        ('{"a": 1}', '{"a": 1, "b": 2}', {}, 2 / 3),
        ('{"a": 1, "b": 2, "c": 3}', '{"a": 1, "b": 2}', {}, 0.8),
        ('{"a": true}', '{"a": 1}', {}, 0),
        ('{"a": " Paris. "}', '{"a": "paris"}', {}, 1),
        ('{"a": "Paris."}', '{"a": "paris"}', {"strict": True}, 0),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', {}, 0),
        ('{"a": [1, 2]}', '{"a": [2, 1]}', {"lists": "any"}, 1),
        ('{"a": [{"b": 1}, {"b": 2}]}', '{"a": [{"b": 2}, {"b": 1}]}', {"lists": "any"}, 1),
        ('{"a": 1, "id": 7}', '{"a": 1, "id": 8}', {"ignore": ["id"]}, 1),
        ('{"a": {"b": 1}, "c": 5}', '{"a": {"b": 1}, "c": 6}', {"fields": ["a"]}, 1),
        ('{"a": []}', '{"a": {}}', {}, 0),
        ("{}", "{}", {}, 1),
        ("no JSON", '{"a": 1}', {}, 0),
        (FENCED, '{"total": 1}', {}, 1),
    ],
)
def test_json_f1(text, expected, options, value):
    assert json_f1(Reply(text=text), expected, **options).value == pytest.approx(value)


def test_what_differs_is_told():
    found = json_f1(Reply(text='{"a": 1, "x": 2}'), '{"a": 2, "b": 3}')
    assert found.why == "wrong: a; missing: b; too many: x"


def test_cannot_say():
    assert isnan(json_f1(Reply(text="{}"), "no JSON").value)
    assert isnan(json_f1(Reply(text="{}"), '{"a": 1}', fields=["b"]).value)
    assert isnan(json_valid(Reply(text="", finish="error")).value)


@given(values, values)
def test_json_f1_is_symmetric_and_1_for_equal(one, two):
    a, b = json.dumps(one), json.dumps(two)
    assert json_f1(Reply(text=a), a).value == 1
    assert json_f1(Reply(text=a), b).value == pytest.approx(json_f1(Reply(text=b), a).value)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"total": 1, "\\udfff": "x"}', '["\\ud800"]'])
def test_half_a_pair_meets_no_schema(text):
    found = json_schema(Reply(text=text), schema={})
    assert (found.value, "no Unicode" in found.why) == (0, True)
    assert json_valid(Reply(text=text)).value == 1


def test_numbers_of_any_length_are_json():
    digits = "9" * 5_000
    assert json_valid(Reply(text=digits)).value == 1
    assert json_schema(Reply(text=digits), schema={"type": "integer"}).value == 1
    assert json_schema(Reply(text=digits), schema={"type": "string"}).value == 0
    whole = Reply(text=f'{{"n": {digits}}}')
    assert json_f1(whole, f'{{"n": {digits}}}').value == 1
    assert json_f1(whole, f'{{"n": {digits}1}}').value == 0


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "http://x.org/a"}, "refers to `http://x.org/a`, which is not in it"),
        ({"$ref": "other.json"}, "refers to `other.json`, which is not in it"),
        ({"$schema": "http://x.org/a"}, "refers to `http://x.org/a`"),
        ({"$ref": "#/$defs/no"}, "refers to `#/$defs/no`, and nothing stands there"),
        ({"type": "objekt"}, "no valid JSON Schema"),
    ],
)
def test_faults_of_schemas_say_what_to_mend(schema, said):
    with pytest.raises(UsageError) as caught:
        json_schema(Reply(text="1"), schema=schema)
    assert said in caught.value.message
    assert caught.value.hint
