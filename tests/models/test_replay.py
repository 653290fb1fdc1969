# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Position, Reply, Usage
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.replay import Recorded, read_recording, write_recording
from evalkit.models.spec import parse_spec

USER = [{"role": "user", "content": "你好"}]
ROWS = (
    Recorded(
        messages=USER, reply=Reply(text="好", usage=Usage(2, 1)), model="m", date="2026-11-01"
    ),
    Recorded(
        messages=[{"role": "user", "content": "b\ud800"}],
        reply=Reply(text="", finish="length", positions=(Position("x", -1.5, (("y", -2.0),)),)),
        date="2026-11-03",
    ),
)


def opened(folder, name, requests, store):
    async def go():
        spec = parse_spec(f"replay:{name}", where="test")
        async with open_model(spec, name="m", folder=folder) as model:
            return model, await ask_all(model, requests, store)

    return asyncio.run(go())


@pytest.mark.parametrize("name", ["a.jsonl", "deep/a.jsonl.gz"])
def test_written_and_replayed(tmp_path, store, question, name):
    write_recording(tmp_path / name, ROWS)
    assert tuple(read_recording(tmp_path / name)) == ROWS
    model, ((reply, _, _),) = opened(tmp_path, name, [question("你好")], store)
    assert reply == ROWS[0].reply
    assert (model.host, model.logprobs, model.recorded) == (None, True, "2026-11-03")


def test_bytes_are_the_same_each_time_and_chinese_stays(tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        write_recording(tmp_path / name, ROWS)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()
    assert "你好".encode() in gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes())


def test_packing_changes_nothing_of_the_identity(tmp_path, store, question):
    for name in ("a.jsonl", "a.jsonl.gz"):
        write_recording(tmp_path / name, ROWS)
    plain, packed = (
        opened(tmp_path, name, [question("你好")], store)[0].identity
        for name in ("a.jsonl", "a.jsonl.gz")
    )
    assert plain == packed


def test_found_whatever_the_key_order(tmp_path, store, question):
    row = {"messages": [{"content": "Hi", "weight": 0, "role": "user"}], "reply": {"text": "yes"}}
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(row).encode() + b"\n\n")
    assert opened(tmp_path, "a.jsonl", [question("Hi")], store)[1][0][0].text == "yes"


def test_the_first_of_equal_rows_counts(tmp_path, store, question):
    rows = [Recorded(messages=USER, reply=Reply(text=text)) for text in ("one", "two")]
    write_recording(tmp_path / "a.jsonl", rows)
    assert opened(tmp_path, "a.jsonl", [question("你好")], store)[1][0][0].text == "one"


def test_missing_rows_are_counted_before_any_is_asked(tmp_path, store, question):
    write_recording(tmp_path / "a.jsonl", ROWS)
    requests = [question("你好"), question("x"), question("y")]
    with pytest.raises(UsageError) as caught:
        opened(tmp_path, "a.jsonl", requests, store)
    assert "2 of 3 questions are not in the recording" in caught.value.message
    assert "a JSON line each" in caught.value.hint
    assert store.states() == {}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "is empty"),
        (b"{}\n", "a.jsonl:1: not a recorded answer"),
        (b'{"messages": [], "reply": {"text": "a"}}\n{"mess\n', "a.jsonl:2"),
        (b'{"messages": "Hi", "reply": {"text": "a"}}', "not a list of messages"),
        (b'{"messages": [], "reply": {}}', "no `text`"),
        (b'{"messages": [], "reply": {"text": "a", "finish": "nope"}}', "unknown `finish`"),
        (b'{"messages": [], "reply": {"text": "a", "usage": 3}}', "not one of ours"),
        (b'{"messages": [], "reply": {"text": "a", "positions": [[1]]}}', "not one of ours"),
        (b"[" * 200_000, "a.jsonl:1"),
        (b"\xff\xfe", "a.jsonl:1"),
        (gzip.compress(b'{"messages": []}\n' * 99, mtime=0)[:40], "cut off"),
    ],
)
def test_not_a_recording(tmp_path, raw, says):
    (tmp_path / "a.jsonl").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_recording(tmp_path / "a.jsonl")
    assert says in caught.value.message


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot read the recording"):
        read_recording(tmp_path / "none.jsonl")
