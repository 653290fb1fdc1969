# SPDX-License-Identifier: Apache-2.0
"""Files that are not what they seem: one clear line each, never a traceback, never much memory."""

from __future__ import annotations

import gzip
import io
import json
import struct
import sys
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError
from evalkit.core.registry import find, names
from evalkit.models.recordings import _values
from evalkit.models.recordings._read import read_recording

HEADER = {"version": 2, "eval": {"task": "t", "model": "m"}}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
# One row of each layout, to be spoiled.
ROWS = {
    "evalkit-recording": {"messages": [], "reply": {"text": "a", "usage": {}}, "ids": [], "from": {}},
    "run-samples": {"id": 1, "line": 1, "messages": [["user", "a"]], "answers": {"m": {"text": "a"}}},
    "id-and-text": {"id": "a", "answer": "b", "probabilities": {}, "error": "", "line": 2},
    "keyed-rows": {"a": {"answer": "b", "expected": "c", "origin_prompt": [{"role": "HUMAN"}]}},
    "openai-batch": {"custom_id": "a", "response": {"body": {"choices": [{"message": {}}]}}},
    "lm-eval": {"doc_id": 0, "doc": {}, "resps": [["a"]], "arguments": [["a", " b"]]},
    "inspect-log": {**HEADER, "samples": [{"id": 1, "messages": [], "output": {"choices": [{}]}}]},
    "promptfoo": {"results": {"results": [{"promptIdx": 0, "testIdx": 0, "response": {}}]}},
    "preference-rows": {"prompt": "a", "chosen": "b", "rejected": [{"role": "assistant"}]},
    "openai-evals": {"object": "eval.run.output_item", "sample": {"output": [{}]}, "item": {}},
}  # fmt: skip


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as packed:
        for name, value in members.items():
            packed.writestr(name, value)
    return held.getvalue()


def test_every_layout_has_a_row_here():
    assert sorted(ROWS) == names("recordings")


@pytest.mark.parametrize("name", sorted(ROWS))
@settings(max_examples=60)
@given(data=st.data())
def test_wrong_types_anywhere_are_one_line(name, data, tmp_path_factory):
    row = json.loads(json.dumps(ROWS[name]))
    place = row
    while True:  # down to somewhere
        key = data.draw(
            st.sampled_from(sorted(place) if isinstance(place, dict) else [*range(len(place))])
        )
        deeper = place[key]
        if not (isinstance(deeper, dict | list) and deeper and data.draw(st.booleans())):
            break
        place = deeper
    place[key] = data.draw(VALUES)
    layout = find("recordings", name)
    path = tmp_path_factory.getbasetemp() / "row.jsonl"
    path.write_text(json.dumps(row) + "\n", "utf-8")
    if not layout.tells(row):
        return
    said, found = "", []
    try:
        found = read_recording(path)
    except InputError as error:
        said = error.message
    assert "\n" not in said
    assert all(isinstance(one.reply.text, str) for one in found)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"id": "a", "answer": "b"}\n{"id": "c", "ans', "a.jsonl:2: not JSON"),
        (b'{"id": "a", "answer": "b"}\n[1]\n', "a.jsonl:2: the row has no `answer`"),
        (b'{"id": "a", "answer": "b"}\n{"id": "\xff"}\n', "a.jsonl:2: not UTF-8"),
        (b'{"unknown": 1, "k\\u001b[31m": 2}\n', r"not a recorded answer (its keys: `unknown`, `k\x1b[31m`)"),
        (b"[1, 2]", "not a recorded answer"),
        (b"[]", "is empty"),
        (b'{"a": ' * 100_000, "a.jsonl:1: nested too deep"),
        (b'{"id": 1, "answer": "x", "n": ' + b"1" * 5000 + b"}\n", "not JSON"),
        (b"PAR1xxxx", "is Parquet"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04 no zip", "damaged archive"),
        (gzip.compress(b'{"id": 1, "answer": "x"}\n' * 2, mtime=0)[:-10], "damaged archive"),
    ],
)  # fmt: skip
def test_broken_files(tmp_path, raw, says):
    (tmp_path / "a.jsonl").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_recording(tmp_path / "a.jsonl")
    assert says in caught.value.message
    assert "\n" not in caught.value.message


def test_a_huge_line(tmp_path, monkeypatch):
    monkeypatch.setattr(_values, "_LONGEST_LINE", 1000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": 1, "answer": "x"}\n{"id": 2, "answer": "' + b"y" * 2000 + b'"}\n')
    with pytest.raises(InputError, match=r"a\.jsonl:2: the line is longer"):
        read_recording(path)


def test_a_huge_document(tmp_path, monkeypatch):
    monkeypatch.setattr(_values, "_LONGEST_DOCUMENT", 1000)
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 1, "answer": "x" * 2000}], indent=1))
    with pytest.raises(InputError, match="one JSON value of more than"):
        read_recording(path)


def test_a_packed_bomb(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    with gzip.open(path, "wb", 9) as stream:
        stream.write(b'{"id": 1, "answer": "x"}\n')
        for _ in range(80):
            stream.write(b" " * (1 << 20))
    with pytest.raises(InputError, match="the line is longer than 64 MiB"):
        read_recording(path)


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path):
    path = tmp_path / "a.eval"
    path.write_bytes(archive({"header.json": b" " * (65 << 20)}))
    with pytest.raises(InputError, match="unpacks to 65 MiB"):
        read_recording(path)


def test_a_zip_that_lies_about_its_size(tmp_path):
    raw = archive({"header.json": json.dumps(HEADER).encode() + b" " * 5000})
    real, said = struct.pack("<I", len(json.dumps(HEADER)) + 5000), struct.pack("<I", 100)
    (tmp_path / "a.eval").write_bytes(raw.replace(real, said))
    with pytest.raises(InputError, match="not as long as the archive says"):
        read_recording(tmp_path / "a.eval")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"x.txt": b""}, "is empty"),
        ({"header.json": b"{}"}, "not a recorded answer"),
        ({"header.json": json.dumps(HEADER).encode()}, "holds no answers"),
        ({"header.json": json.dumps(HEADER).encode(), "samples/a.json": b"[1"}, "not JSON"),
        ({"header.json": json.dumps(HEADER).encode(), "samples/a.json": b"{}"}, "not a sample"),
    ],
)
def test_archives_that_are_no_logs(tmp_path, members, says):
    (tmp_path / "a.eval").write_bytes(archive(members))
    with pytest.raises(InputError) as caught:
        read_recording(tmp_path / "a.eval")
    assert says in caught.value.message


def test_an_unknown_method_of_packing(tmp_path):
    (tmp_path / "a.eval").write_bytes(archive({"header.json": b"{}"}, zipfile.ZIP_BZIP2))
    with pytest.raises(InputError, match=r"a method that is not read \(12\)"):
        read_recording(tmp_path / "a.eval")


def test_reading_runs_nothing_and_reaches_nobody(tmp_path):
    """Once to load our own modules; from then on the data must do nothing."""
    evil = "{{ 7*7 }} !!python/object/apply:os.system ['x'] `x` =cmd|' /C x'!A0 http://127.0.0.1:1/"
    for name, row in ROWS.items():
        text = json.dumps({**row, evil: evil}).replace('"a"', json.dumps(evil))
        (tmp_path / f"{name}.jsonl").write_text(text + "\n", "utf-8")
    (tmp_path / "a.eval").write_bytes(
        archive({"header.json": json.dumps(HEADER).encode(), "samples/a.json": b'{"output": {}}'})
    )
    heard: list[str] = []
    listening = False

    def hook(event: str, arguments: tuple) -> None:
        written = (
            event == "open" and isinstance(arguments[1], str) and set("wax+") & {*arguments[1]}
        )
        if listening and (written or event.partition(".")[0] in _ACTS):
            heard.append(event)

    sys.addaudithook(hook)
    paths = sorted(tmp_path.iterdir())
    for listening in (False, True):  # noqa: B007  (the hook reads it)
        for path in paths:
            with suppress(InputError):
                read_recording(path)
    listening = False
    assert heard == []


_ACTS = {"socket", "subprocess", "os", "exec", "compile", "import", "pickle", "urllib", "shutil"}


def test_no_member_is_written_anywhere(tmp_path):
    (tmp_path / "a.eval").write_bytes(
        archive(
            {"header.json": json.dumps(HEADER).encode(), "samples/../../b.json": b'{"output": {}}'}
        )
    )
    read_recording(tmp_path / "a.eval")
    assert [path.name for path in tmp_path.iterdir()] == ["a.eval"]
