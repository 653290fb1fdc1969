# SPDX-License-Identifier: Apache-2.0
"""Rows to JSONL."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.write import json_line, write_jsonl


def test_chinese_is_written_as_itself(tmp_path):
    path = tmp_path / "deep" / "x.jsonl"
    assert write_jsonl([{"a": "中文\u2028"}, [1]], path) == 2
    assert path.read_bytes() == '{"a": "中文\u2028"}\n[1]\n'.encode()


def test_nothing_is_half_written(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("before")

    def rows():
        yield {"a": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_jsonl(rows(), path)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["x.jsonl"]


def test_what_json_cannot_say_easily():
    assert json_line({"a": float("inf"), "b": [-float("inf")]}) == b'{"a": 1e999, "b": [-1e999]}'
    assert json_line("\ud83d") == b'"\\ud83d"'


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(values)
def test_values_come_back(value):
    line = json_line(value)
    assert b"\n" not in line
    assert json.loads(line) == value
