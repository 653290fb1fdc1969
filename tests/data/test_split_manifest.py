# SPDX-License-Identifier: Apache-2.0
"""The manifest of a split: written, read, and asked for leaks."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError
from evalkit.core.resources import schema
from evalkit.data import manifest as module
from evalkit.data.manifest import (
    Digits,
    Manifest,
    Part,
    leaks,
    manifest_text,
    read_manifest,
    seen_from,
)
from evalkit.data.read import open_data

KEYS = st.lists(st.integers(0, (1 << 64) - 1), max_size=40)


def made(train=(), test=(), **more):
    parts = {"train": train, "test": test, **more}
    return Manifest(
        evalkit="1",
        source='客服 "x".jsonl',
        source_sha256="0" * 64,
        options={"legacy": False, "group": "客户"},
        parts={
            name: Part(
                file=f"{name}.jsonl", rows=len(keys), sha256="f" * 64, questions=Digits(keys)
            )
            for name, keys in parts.items()
        },
    )


@given(KEYS, KEYS)
def test_what_is_written_is_read(tmp_path_factory, train, test):
    place = tmp_path_factory.mktemp("m") / "x.manifest.json"
    place.write_text(manifest_text(made(train, test)), "utf-8")
    jsonschema.validate(json.loads(place.read_bytes()), schema("manifest"))
    again = read_manifest(place)
    assert manifest_text(again) == manifest_text(made(train, test))
    assert [int(digits, 16) for digits in again.parts["train"].questions] == train
    assert "客服" in place.read_text("utf-8")  # as itself


def test_many_questions_are_written_in_turns(monkeypatch):
    whole = manifest_text(made(range(10), range(4)))
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    assert manifest_text(made(range(10), range(4))) == whole
    assert whole.count("\n") == 10


def test_digits():
    digits = Digits([1, 255])
    assert list(digits) == ["0000000000000001", "00000000000000ff"]
    assert digits[-1:] == ["00000000000000ff"]
    assert len(digits) == 2


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"schema": 1}', "[" * 100_000, "\xff\xfe"])
def test_what_is_no_manifest(tmp_path, body):
    place = tmp_path / "m.json"
    place.write_text(body, "latin-1")
    with pytest.raises(InputError, match="is no manifest of a split"):
        read_manifest(place)
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path)


def test_leaks_name_the_test_before_the_valid_part(tmp_path):
    rows = [
        json.dumps({"messages": [{"role": "user", "content": text}]})
        for text in ("a", " A ", "b", "c")
    ]
    place = tmp_path / "x.jsonl"
    place.write_text("\n".join([*rows, "no JSON"]))
    from evalkit.data.facts import question_key

    a, _, b, _ = [question_key(e) for e in open_data(place) if e.broken is None]
    found = [
        (where.line, part, number)
        for where, part, number in leaks(open_data(place), made([], [7, a], valid=[a, b]))
    ]
    assert found == [(1, "test", 2), (2, "test", 2), (3, "valid", 2)]


def test_files_are_called_as_seen_from_the_manifest(tmp_path):
    assert seen_from("x.manifest.json", "x.train.jsonl") == "x.train.jsonl"
    assert seen_from(tmp_path / "m" / "m.json", tmp_path / "a" / "t.jsonl") == "../a/t.jsonl"
