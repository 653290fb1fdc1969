# SPDX-License-Identifier: Apache-2.0
"""Schemas of tools: what they allow is told exactly, and hostile ones neither hang nor fetch."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.lint.toolschema import compiled

TREE = {
    "type": "object",
    "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "n": {"type": "integer"}},
}


def misfits(schema, arguments):
    size = len(json.dumps(arguments))
    return [(m.path, m.keyword, m.wanted) for m in compiled(schema).misfits(arguments, size)]


def test_every_misfit_is_told_with_its_place():
    schema = {
        "type": "object",
        "properties": {
            "size": {"type": "object", "required": ["w", "h"]},
            "unit": {"enum": ["cm", "m"]},
            "n": {"type": ["integer", "null"], "maximum": 9},
        },
        "required": ["size"],
        "additionalProperties": False,
    }
    assert misfits(schema, {"size": {"w": 1, "h": 2}, "unit": "cm", "n": None}) == []
    assert misfits(schema, {"size": {"w": 1}}) == [(("size", "h"), "required", None)]
    assert misfits(schema, {}) == [(("size",), "required", None)]
    assert misfits(schema, {"size": {"w": 1, "h": 2}, "x": 1, "y": 1}) == [
        (("x",), "additionalProperties", None),
        (("y",), "additionalProperties", None),
    ]
    assert sorted(misfits(schema, {"size": {"w": 1, "h": 2}, "unit": "km", "n": "1"})) == [
        (("n",), "type", ["integer", "null"]),
        (("unit",), "enum", ["cm", "m"]),
    ]
    assert misfits(schema, {"size": {"w": 1, "h": 2}, "n": 10}) == [(("n",), "maximum", 9)]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "dict"}, ("type",)),
        ({"type": "object", "properties": {"x": {"type": "float"}}}, ("properties", "x", "type")),
        (
            {"type": "object", "properties": {"x": {"required": True}}},
            ("properties", "x", "required"),
        ),
        (
            {"type": "object", "properties": {"x": {"$ref": "#/$defs/X"}}},
            ("properties", "x", "$ref"),
        ),
        ({"type": "object", "properties": {"pattern": {"type": "s"}}},
         ("properties", "pattern", "type")),
    ],
)  # fmt: skip
def test_what_is_no_schema_is_told_with_its_place(schema, path):
    found = compiled(schema)
    assert found.invalid is not None
    assert found.invalid[0] == path
    assert found.validator is None


def test_every_draft_in_use_is_a_schema():
    tuple_of_draft_7 = {"type": "object", "properties": {"t": {"items": [{"type": "string"}]}}}
    flag_of_draft_4 = {"type": "object", "properties": {"n": {"minimum": 0, "exclusiveMinimum": True}}}  # fmt: skip
    assert misfits(tuple_of_draft_7, {"t": [1]}) == [(("t", 0), "type", ["string"])]
    assert misfits(flag_of_draft_4, {"n": 0})[0][0] == ("n",)


def test_patterns_that_backtrack_do_not_hang_and_look_around_is_left_out():
    slow = {"type": "object", "properties": {"x": {"pattern": "^(a+)+$"}}}
    assert misfits(slow, {"x": "a" * 5000 + "b"})[0][:2] == (("x",), "pattern")
    looking = {"type": "object", "properties": {"x": {"pattern": "^(?=b)b$", "type": "string"}}}
    assert misfits(looking, {"x": "a"}) == []
    assert misfits(looking, {"x": 1}) == [(("x",), "type", ["string"])]
    huge = {"type": "object", "properties": {"x": {"pattern": "((a{500}){500}){500}"}}}
    assert misfits(huge, {"x": "a"}) == []
    closed = {"patternProperties": {"^(?=x)": {}}, "additionalProperties": False}
    assert misfits(closed, {"xy": 1}) == []


def test_nothing_is_fetched(tmp_path):
    file = tmp_path / "x.json"
    file.write_text('{"type": "string"}', encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        for target in (f"http://127.0.0.1:{port}/x.json", file.as_uri(), "x.json", "urn:x"):
            found = compiled({"type": "object", "properties": {"x": {"$ref": target}}})
            assert found.invalid is None
            assert found.validator is None  # silent: who knows what stands there
        with pytest.raises(TimeoutError):
            server.accept()


def test_references_that_double_are_not_followed():
    steps = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(60)}
    bomb = {"$ref": "#/$defs/a0", "$defs": {**steps, "a60": {"type": "object"}}}
    assert misfits(bomb, {}) == []
    assert compiled(bomb).validator is None


def test_schemas_that_call_themselves_are_followed_as_far_as_that_is_cheap():
    assert misfits(TREE, {"left": {"right": {"n": "1"}}}) == [
        (("left", "right", "n"), "type", ["integer"])
    ]
    both_ways = {"anyOf": [{"properties": {"a": {"$ref": "#"}}}] * 9, "type": "object"}
    deep: dict[str, object] = {"a": 1}
    for _ in range(80):
        deep = {"a": deep}
    assert misfits(both_ways, deep) == []  # 9 ** 80 ways
    assert misfits({"$ref": "#"}, {"a": 1}) == []
    assert misfits({"$dynamicRef": "#"}, {"a": 1}) == []


@pytest.mark.parametrize("levels", [200, 5_000, 200_000])
def test_depth_is_no_crash(levels):
    schema: dict[str, object] = {}
    arguments: object = 0
    for _ in range(levels):
        schema = {"properties": {"a": schema}}
        arguments = {"a": arguments}
    compiled(schema)
    text = '{"type": "object", "properties": {"a": {"$ref": "#"}}}'
    list(compiled(json.loads(text)).misfits(arguments, 2 * levels))
    while isinstance(arguments, dict):  # freed step by step: deep values recurse when they go
        arguments = arguments.pop("a")
    while schema:
        schema = schema.pop("properties")["a"]  # type: ignore[index]


def test_much_work_is_not_begun():
    wide = {"type": "object", "patternProperties": {f"^x{i}$": {} for i in range(5_000)}}
    many = {f"y{i}": i for i in range(5_000)}
    assert list(compiled(wide).misfits({**many, "x1": 1}, 100_000)) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
words = st.sampled_from(["type", "properties", "required", "enum", "items", "$ref", "anyOf", "x"])
wild = st.recursive(
    values | st.sampled_from(["object", "string", "#", "#/properties/x", "#/$defs/q"]),
    lambda inner: st.dictionaries(words, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(wild, values)
def test_any_value_may_stand_where_a_schema_should(schema, arguments):
    made = compiled(schema)
    for misfit in made.misfits(arguments, 100):
        assert misfit.keyword
    assert made.validator is None or made.invalid is None


@given(st.dictionaries(words, values, max_size=3))
def test_findings_agree_with_the_reference_validator(arguments):
    import jsonschema

    schema = {
        "type": "object",
        "properties": {"x": {"type": "string"}, "type": {"enum": [1, "a"]}, "items": {"type": "array"}},
        "required": ["x"],
    }  # fmt: skip
    ours = {m.path for m in compiled(schema).misfits(arguments, 100)}
    theirs = set()
    for error in jsonschema.Draft202012Validator(schema).iter_errors(arguments):
        path = tuple(error.absolute_path)
        theirs.add((*path, "x") if error.validator == "required" else path)
    assert ours == theirs
