# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import InputError, UsageError
from evalkit.core.exchange import Position, Reply, Request, Usage
from evalkit.core.resources import schema
from evalkit.models.ask import ask_all
from evalkit.models.open import open_model
from evalkit.models.recordings._recorded import asked_with, from_row, row_bytes
from evalkit.models.replay import Recorded, named_parts, read_recording, write_recording
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


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
LOG = st.floats(-1e6, 0)
REPLIES = st.builds(
    Reply,
    text=st.text(max_size=8),  # lone surrogates as well
    finish=st.sampled_from(["stop", "length", "tool_calls", "content_filter", "unknown"]),
    positions=st.lists(
        st.builds(Position, TEXT, LOG, st.lists(st.tuples(TEXT, LOG), max_size=2).map(tuple)),
        max_size=2,
    ).map(tuple),
    probabilities=st.none() | st.dictionaries(TEXT, st.floats(0, 1), max_size=2),
    usage=st.none() | st.builds(Usage, *[st.integers(0, 10**9)] * 4),
    model=st.none() | TEXT,
    refusal=st.none() | TEXT,
)
REQUESTS = st.builds(
    Request,
    messages=st.lists(st.fixed_dictionaries({"role": TEXT, "content": TEXT}), max_size=2),
    max_tokens=st.integers(1, 10**6),
    seed=st.none() | st.integers(0, 99),
    labels=st.lists(TEXT, max_size=2).map(tuple),
    ids=st.lists(TEXT, max_size=2).map(tuple),
)


@given(REQUESTS, REPLIES, st.integers(0, 9))
def test_a_row_says_all_and_is_as_the_schema_has_it(request_, reply, repeat):
    row = asked_with(
        request_, reply, model="m", identity="i", date="2026-11-01", repeat=repeat,
        origin={"suite": "x"},
    )  # fmt: skip
    raw = row_bytes(row)
    assert raw.count(b"\n") == 1
    value = json.loads(raw)
    jsonschema.validate(value, schema("recording"))
    assert from_row(value) == replace(row, tools=(), messages=list(row.messages))


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
        (b"\xff\xfe", "is empty"),
        (gzip.compress(b'{"messages": []}\n' * 99, mtime=0)[:40], "damaged archive"),
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


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("a.jsonl", ("a.jsonl", None, None)),
        ("a.jsonl#base", ("a.jsonl", None, "base")),
        ("a.jsonl+in.jsonl#base", ("a.jsonl", "in.jsonl", "base")),
        ("a#b+c.jsonl", ("a#b+c.jsonl", None, None)),
        ("a#b+c.jsonl#x", ("a#b+c.jsonl", None, "x")),
        ("a#b+c.jsonl+in.jsonl", ("a#b+c.jsonl", "in.jsonl", None)),
        ("none.jsonl#x", ("none.jsonl", None, "x")),
        ("a.jsonl+none.jsonl#x", ("a.jsonl", "none.jsonl", "x")),
    ],
)
def test_parts_of_a_name(tmp_path, written, parts):
    for name in ("a.jsonl", "a#b+c.jsonl", "in.jsonl"):
        (tmp_path / name).write_text("{}")
    path, asked, name = named_parts(written, tmp_path)
    shown = path.name, asked and asked.name, name
    assert shown == parts


def test_repeats_and_whose(tmp_path, store, question):
    rows = [
        Recorded(messages=USER, reply=Reply(text=f"{model}{k}"), model=model, repeat=k)
        for model in ("a", "b")
        for k in range(2)
    ]
    write_recording(tmp_path / "r.jsonl", rows)

    async def go(k):
        spec = parse_spec("replay:r.jsonl#b", where="test")
        async with open_model(spec, name="m", folder=tmp_path) as model:
            return await ask_all(model, [question("你好")] * 2, store, repeat=k)

    assert [one.reply.text for k in range(2) for one in asyncio.run(go(k))] == ["b0"] * 2 + [
        "b1"
    ] * 2
    assert store.states() == {}  # recorded answers are at hand: nothing is kept twice
