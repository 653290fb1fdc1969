# SPDX-License-Identifier: Apache-2.0
"""Parquet: rows as JSON has them, flat tables as tables."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import sys
from decimal import Decimal

import pytest

from evalkit.core.errors import EvalkitError, InputError, MissingExtraError
from evalkit.core.printable import printable
from evalkit.data.read import TableOptions, open_data
from evalkit.data.readers import _parquet_pages, parquet
from evalkit.data.readers._binary import as_text

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402  (where it is installed)

CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
TOOL = {"type": "function", "function": {"name": "f", "description": "查询"}}
CHATS = [
    {
        "messages": [
            {"role": "system", "content": "简短"},
            {"role": "user", "content": "天气？"},
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "content": "晴", "tool_call_id": "c1"},
            {"role": "assistant", "content": "晴天", "weight": 1},
        ],
        "tools": [TOOL],
    },
    {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]},
]


@pytest.fixture
def written(tmp_path):
    def write(table, name="x.parquet", **options):
        if isinstance(table, list):
            table = pa.Table.from_pylist(table)
        pq.write_table(
            table if isinstance(table, pa.Table) else pa.table(table), tmp_path / name, **options
        )
        return tmp_path / name

    return write


def test_rows_are_as_json_has_them(written):
    """Arrow gives every message the keys of all others, as nulls: they are gone again."""
    data = open_data(written(CHATS))
    assert (data.container, data.format, data.encoding) == ("parquet", "openai-chat", "utf-8")
    found = list(data)
    assert [e.value for e in found] == CHATS
    assert [json.loads(e.raw) for e in found] == CHATS
    assert "简短".encode() in found[0].raw
    assert [(e.location.line, e.location.end_line, e.location.number) for e in found] == [
        (1, 1, 1),
        (2, 2, 2),
    ]
    assert (found[0].location.sheet, found[0].cells) == (None, {})
    assert (data.lines, data.examples, data.size > 0) == (2, 2, True)
    assert [e.value for e in data] == CHATS  # and again


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
@pytest.mark.parametrize("group", [1, 4, 100])
def test_row_groups_do_not_matter(written, monkeypatch, batch, group):
    parquet._plan.cache_clear()
    monkeypatch.setattr(parquet, "_BATCH", batch)
    rows = [{"prompt": f"q{n}", "completion": "a" * n} for n in range(10)]
    data = open_data(written(rows, row_group_size=group))
    assert data.format == "prompt-completion"
    assert [e.value for e in data] == rows
    assert [e.location.line for e in data] == list(range(1, 11))


@pytest.mark.parametrize("room", [0, 30, 1 << 20])
@pytest.mark.parametrize("expected", [0, 1 << 20])
@pytest.mark.parametrize("doubtful", [0, 1 << 30])
def test_large_rows_are_made_one_by_one(written, monkeypatch, room, expected, doubtful):
    parquet._plan.cache_clear()
    monkeypatch.setattr(parquet, "_ROOM", room)
    monkeypatch.setattr(parquet, "_EXPECTED", expected)
    monkeypatch.setattr(parquet, "_DOUBTFUL", doubtful)
    data = open_data(written(CHATS * 5))
    assert [e.value for e in data] == CHATS * 5


def test_values_of_every_kind(written):
    row = {
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "day": dt.date(2024, 5, 1),
        "at": dt.datetime(2024, 5, 1, 12, 30),  # noqa: DTZ001
        "clock": dt.time(1, 2, 3),
        "price": Decimal("1.10"),
        "score": 0.5,
        "ok": True,
        "n": 2**60,
        "blob": b"\x89PNG\r\n\x1a\n\x00",
        "old": "文".encode(),
        "scores": [1.5, None, float("nan")],
        "nothing": None,
        "large": float("inf"),
    }
    [example] = open_data(written([row]))
    value = {k: v for k, v in example.value.items() if k != "messages"}
    assert value == {
        "day": "2024-05-01",
        "at": "2024-05-01T12:30:00",
        "clock": "01:02:03",
        "price": "1.10",
        "score": 0.5,
        "ok": True,
        "n": 2**60,
        "blob": "data:image/png;base64,iVBORw0KGgoA",
        "old": "文",
        "scores": [1.5, None, None],
        "large": float("inf"),
    }
    assert b'"large": 1e999' in example.raw
    assert (example.fields["day"], example.fields["ok"]) == ("2024-05-01", "true")


def test_maps(written):
    kind = pa.map_(pa.string(), pa.int64())
    table = pa.table({"text": ["x"], "meta": pa.array([[("a", 1), ("b", 2)]], kind)})
    [example] = open_data(written(table))
    assert example.value == {"text": "x", "meta": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        ("héllo\n\t".encode(), "héllo\n\t"),
        (b"a\0b", "data:application/octet-stream;base64,YQBi"),
        (b"\xff\xd8\xff\xe0", "data:image/jpeg;base64,/9j/4A=="),
        (b"RIFF\xff\xff\xff\xffWAVE", "data:audio/wav;base64,UklGRv////9XQVZF"),
        (b"RIFF\xff\xff\xff\xffWEBP", "data:image/webp;base64,UklGRv////9XRUJQ"),
    ],
)
def test_bytes(content, text):
    assert as_text(content) == text


def test_flat_tables_go_by_their_columns(written):
    path = written({"问题": ["甲", "", None], "回答": ["乙", "丙", None], "n": [1.0, 2.5, None]})
    data = open_data(path)
    assert (data.container, data.format) == ("parquet", "openai-chat")
    assert data.columns == {"user": "问题", "assistant": "回答"}
    one, two = data
    assert [m.text for m in one.messages] == ["甲", "乙"]
    assert (one.location.line, two.location.line) == (1, 2)
    assert (one.fields, two.fields) == ({"n": "1"}, {"n": "2.5"})
    swapped = open_data(path, table=TableOptions(columns={"user": "回答", "assistant": "问题"}))
    assert [m.text for m in next(iter(swapped)).messages] == ["乙", "甲"]


def test_flat_tables_of_a_known_layout_are_rows(written):
    path = written({"instruction": ["i", "j"], "input": ["", "x"], "output": ["o", "p"]})
    assert open_data(path).format == "alpaca"
    named = open_data(path, table=TableOptions(columns={"user": "input", "assistant": "output"}))
    assert named.format == "openai-chat"
    assert open_data(path, format="prompt-completion").format == "prompt-completion"


def test_conversations_as_json_text(written):
    path = written({"messages": [json.dumps(c["messages"]) for c in CHATS], "lang": ["zh", "en"]})
    data = open_data(path)
    assert data.format == "openai-chat"
    assert "hold JSON" in data.notes[0]
    assert [e.value for e in data] == [{"messages": c["messages"]} for c in CHATS]
    assert [e.fields for e in data] == [{"lang": "zh"}, {"lang": "en"}]


def test_headers_that_match_nothing(written):
    with pytest.raises(InputError, match="`alpha`, `beta`"):
        open_data(written({"alpha": ["x"], "beta": ["y"]}))
    assert open_data(written({"alpha": [["x"]], "beta": ["y"]})).format is None  # no table


def test_the_index_of_a_frame_is_no_key(tmp_path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"prompt": ["a", "b", "c"], "completion": ["d", "e", "f"]})
    frame[frame.prompt != "b"].to_parquet(tmp_path / "x.parquet")
    assert [e.value for e in open_data(tmp_path / "x.parquet")] == [
        {"prompt": "a", "completion": "d"},
        {"prompt": "c", "completion": "f"},
    ]


def test_empty(written):
    schema = pa.schema([("prompt", pa.string()), ("completion", pa.string())])
    data = open_data(written(schema.empty_table()))
    assert (list(data), data.examples, data.lines) == ([], 0, 0)


def test_rows_that_are_too_long(written):
    rows = [{"prompt": "q", "completion": "a" * n} for n in (10, 5_000, 10)]
    data = open_data(written(rows), max_line_bytes=1_000)
    assert [e.broken and e.broken.kind for e in data] == [None, "too-long", None]
    assert [e.location.line for e in data] == [1, 2, 3]


def test_files_that_claim_too_much(written, monkeypatch):
    path = written({"prompt": ["q"] * 1_000, "completion": ["a" * 500] * 1_000})
    parquet._plan.cache_clear()
    monkeypatch.setattr(parquet, "_MOST_ROWS", 10)
    monkeypatch.setattr(parquet, "_MOST_RATIO", 0)
    with pytest.raises(InputError, match="claims 1,000 rows"):
        list(open_data(path))
    monkeypatch.setattr(parquet, "_MOST_ROWS", 1_000)
    monkeypatch.setattr(parquet, "_MOST_UNPACKED", 10_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        list(open_data(path))


def test_the_size_of_a_dictionary(written):
    path = written({"prompt": ["q", "r"] * 50, "completion": ["a" * 500, "b" * 300] * 50})
    found = {}
    with path.open("rb") as stream:
        group = pq.read_metadata(path).row_group(0)
        for index in range(2):
            chunk = group.column(index)
            place = chunk.dictionary_page_offset
            found[chunk.path_in_schema] = _parquet_pages.longest_entry(stream, place)
        assert _parquet_pages.longest_entry(stream, 0) == 0
        assert _parquet_pages.longest_entry(io.BytesIO(b"\xff" * 40), 4) == 0
    assert found == {"prompt": 2 * 5, "completion": 800 + 2 * 4}


def test_encrypted(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PARE" + bytes(100) + b"PARE")
    with pytest.raises(InputError, match="is encrypted"):
        open_data(path)


def test_without_pyarrow(written, monkeypatch):
    path = written(CHATS)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"evalkit-ft\[parquet\]"):
        open_data(path)


def test_mutated_files(written, tmp_path):
    content = written(CHATS * 3, compression="snappy").read_bytes()
    dice, path = random.Random(3), tmp_path / "y.parquet"  # noqa: S311
    for _ in range(300):
        bad = bytearray(content)
        for _ in range(dice.randint(1, 4)):
            bad[dice.randrange(4, len(bad))] = dice.randrange(256)
        if dice.random() < 0.2:
            del bad[dice.randrange(4, len(bad)) :]
        path.write_bytes(bytes(bad))
        try:
            for example in open_data(path):
                assert (example.value is None) == (example.broken is not None)
        except EvalkitError as error:
            said = error.message
        else:
            said = ""
        assert said == printable(said)


def test_commands(evalkit, written, tmp_path):
    path = written([*CHATS, {"messages": [{"role": "user", "content": "?"}]}])
    done = evalkit("convert", path.name, "-")
    assert [json.loads(line) for line in done.out.splitlines()][:2] == CHATS
    linted = evalkit("lint", path.name, "--output-format", "json")
    found = json.loads(linted.out)
    assert linted.code == 1
    assert found["files"][0]["container"] == "parquet"
    assert 3 in {one["line"] for one in found["findings"]}
    shown = evalkit("show", f"{path.name}:2")
    assert (shown.code, "assistant" in shown.out) == (0, True)
    piped = evalkit("convert", "-", "-", stdin=path.read_bytes())
    assert piped.out == done.out
    (tmp_path / "bad.parquet").write_bytes(path.read_bytes()[:300])
    broken = evalkit("lint", "bad.parquet")
    assert broken.code == 2
    assert "cannot be read as Parquet" in broken.err
    assert "Traceback" not in broken.err
