# SPDX-License-Identifier: Apache-2.0
"""What is written into a container is read from it again, and no reader is misled."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import InputError, MissingExtraError, UsageError
from evalkit.core.registry import find, names
from evalkit.data.read import open_data
from evalkit.data.write import packed_as, packing, write_rows, writer_for

CONTAINERS = ["jsonl", "json", "csv", "tsv", "xlsx", "parquet"]
TABLES = ["csv", "tsv", "xlsx"]


def exchange(question, answer, **more):
    return {"user": question, "assistant": answer, **more}


def chat(question, answer, **more):
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": messages, **more}


def said(path):
    rows = None if path.suffix in {".csv", ".tsv", ".xlsx", ".parquet", ".zst"} else "table-row"
    return [tuple(m.text for m in example.messages) for example in open_data(path, format=rows)]


def values(path):
    return [example.value for example in open_data(path)]


def test_the_containers_are_found():
    assert names("writers") == sorted(CONTAINERS)
    suffixes = [s for name in CONTAINERS for s in find("writers", name).suffixes]
    assert len(suffixes) == len({*suffixes})


@pytest.mark.parametrize(
    ("path", "name", "kind"),
    [
        ("a.jsonl", "jsonl", ""),
        ("a.b/c", "jsonl", ""),
        ("a.NDJSON.GZ", "jsonl", "gzip"),
        ("a.txt", "jsonl", ""),
        ("-", "jsonl", ""),
        ("a.json.zst", "json", "zstd"),
        ("a.csv.gz", "csv", "gzip"),
        ("a.tab", "tsv", ""),
        ("A.XLSX", "xlsx", ""),
        ("a.v2.parquet", "parquet", ""),
        ("a.gz", "jsonl", "gzip"),
    ],
)
def test_the_suffix_says_the_container(path, name, kind):
    assert writer_for(path).name == name
    assert packing(path) == kind
    assert writer_for(path if not kind else "x", "csv").name == "csv"


@pytest.mark.parametrize(
    ("path", "container", "words"),
    [
        ("a.xls", None, "name it .xlsx"),
        ("a.ods", None, "cannot write .ods files"),
        ("a.feather.gz", None, "name it .parquet"),
        ("a.xlsx.gz", None, "xlsx is packed by itself"),
        ("a.jsonl", "cvs", "did you mean `csv`?"),
        ("a.jsonl", "\x1b[2J", "cannot write the container"),
    ],
)
def test_what_cannot_be_written_is_said(path, container, words):
    with pytest.raises(UsageError) as caught:
        writer_for(path, container)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.jsonl.gz", "a.csv.zst"])
def test_chinese_is_written_as_itself(tmp_path, name):
    assert write_rows([exchange("你好", "您好！😀")], tmp_path / name) == 1
    raw = (tmp_path / name).read_bytes()
    if name.endswith(".gz"):
        raw = gzip.decompress(raw)
    if not name.endswith(".zst"):
        assert "您好！😀" in raw.decode("utf-8-sig")
    assert said(tmp_path / name) == [("你好", "您好！😀")]


def test_the_same_rows_make_the_same_bytes(tmp_path):
    rows = [exchange("问", "答"), exchange("=1", "b", lang="en")]
    for name in ("a.jsonl.gz", "a.xlsx", "a.parquet", "a.json", "a.csv.zst"):
        write_rows(rows, tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write_rows(rows, tmp_path / name)
        assert (tmp_path / name).read_bytes() == first, name


def test_golden_bytes(tmp_path):
    rows = [exchange("a", '="b"'), {"system": "你", **exchange("c, d", "e\nf")}]
    for name, wanted in {
        "a.jsonl": '{"user": "a", "assistant": "=\\"b\\""}\n'
        '{"system": "你", "user": "c, d", "assistant": "e\\nf"}\n',
        "a.json": '[\n{"user": "a", "assistant": "=\\"b\\""},\n'
        '{"system": "你", "user": "c, d", "assistant": "e\\nf"}\n]\n',
        "a.csv": '\ufeffsystem,user,assistant\r\n,a,"\'=""b"""\r\n你,"c, d","e\nf"\r\n',
        "a.tsv": '\ufeffsystem\tuser\tassistant\r\n\ta\t"\'=""b"""\r\n你\tc, d\t"e\nf"\r\n',
    }.items():
        write_rows(rows, tmp_path / name)
        assert (tmp_path / name).read_bytes().decode() == wanted
    write_rows(rows[:1], tmp_path / "b.csv")  # ASCII needs no mark
    assert (tmp_path / "b.csv").read_bytes().startswith(b"user,")


def test_many_rows_are_written_whole(tmp_path):
    rows = [exchange(f"q{i}", "a\n" * (i % 3) + "b") for i in range(1_500)]
    for name in CONTAINERS:
        assert write_rows(rows, tmp_path / f"a.{name}") == 1_500
        assert said(tmp_path / f"a.{name}") == [(r["user"], r["assistant"]) for r in rows], name


# Characters that files of text cannot hold, or readers take for something else, among others.
HARD = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
        st.sampled_from("'\"=+-@,;\t\r\n \\_x0041\x00\x01\x1f\u2028\ufeff"),
    ),
    max_size=12,
)
SHOWN = HARD.filter(lambda text: text.strip("\ufeff").strip())


@pytest.mark.parametrize("name", CONTAINERS)
@settings(max_examples=50)
@given(rows=st.lists(st.tuples(SHOWN, HARD), min_size=1, max_size=4))
def test_every_text_comes_back(tmp_path_factory, name, rows):
    path = tmp_path_factory.mktemp("w") / f"a.{name}"
    writer = writer_for(path)
    whole = [exchange(*row) for row in rows]
    fitting = [row for row in whole if not writer.why_not(row)]
    if fitting:
        # A file with more than a sixteenth of controls is no text: enough of it to be one.
        fitting.append(
            exchange("many controls are no text: this is", "some text, " * 80 + "enough")
        )
        write_rows(fitting, path)
        assert said(path) == [(row["user"], row["assistant"]) for row in fitting]


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), HARD)
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)


def without_nulls(value):
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


@pytest.mark.parametrize("name", ["jsonl", "json", "parquet", "csv", "xlsx"])
@settings(max_examples=50)
@given(beside=st.lists(NESTED, min_size=1, max_size=4))
def test_nested_values_come_back(tmp_path_factory, name, beside):
    """In Parquet but for nulls, which stand for "no such key" there."""
    path = tmp_path_factory.mktemp("w") / f"a.{name}"
    rows = [chat("q", "a", metadata={"x": value}) for value in beside]
    rows = [row for row in rows if not writer_for(path).why_not(row)]
    if rows:
        write_rows(rows, path)
        found = values(path)
        if name == "parquet":
            found, rows = without_nulls(found), without_nulls(rows)
            found = [{"metadata": {}, **row} for row in found]
        assert found == json.loads(json.dumps(rows))


# ---------------------------------------------------------------- tables


def hostile(number):
    made = random.Random(12)  # noqa: S311  (test data)
    begin = ["", " ", "\u3000", "'", "''", "\n", "' "]
    sign = ["=", "+", "-", "@", "\t", "\r", "＝", "＠"]
    rest = ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "ly' is a suffix", "你", "a,b"]
    return [f"{made.choice(begin)}{made.choice(sign)}{made.choice(rest)}{i}" for i in range(number)]


@pytest.mark.parametrize("name", TABLES)
def test_a_thousand_formulas_come_back_as_texts(tmp_path, name):
    texts = hostile(1_000)
    path = tmp_path / f"a.{name}"
    write_rows([exchange(text, text) for text in texts], path)
    assert said(path) == [(text, text) for text in texts]
    if name == "xlsx":
        sheet = ZipFile(path).read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet
        assert b"<hyperlink" not in sheet
        assert sheet.count(b't="inlineStr"') == 2_002  # two headers
        return
    delimiter = "," if name == "csv" else "\t"
    text = path.read_bytes().decode("utf-8-sig")
    cells = [
        c for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for c in row
    ]
    signs = tuple("=+-@\t\r＝＋－＠")
    assert len(cells) == 2_002
    assert not [c for c in cells if c.lstrip(" \u3000\n").startswith(signs)]


def test_headers_are_guarded_too(tmp_path):
    write_rows([exchange("a", "b", **{"=cmd()": "x"})], tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text().splitlines()[0] == "user,assistant,'=cmd()"
    [example] = open_data(tmp_path / "a.csv")
    assert example.fields == {"=cmd()": "x"}


def test_columns_that_come_late(tmp_path):
    rows = [
        exchange("a", "b"),
        exchange("c", "d", lang="zh"),
        {"system": "s", **exchange("e", "f")},
    ]
    write_rows(rows, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == ["system,user,assistant,lang", ",a,b,", ",c,d,zh", "s,e,f,"]


@pytest.mark.parametrize("name", TABLES)
def test_nested_values_are_json_in_cells(tmp_path, name):
    rows = [
        chat("你", "好", tools=[{"type": "function", "function": {"name": "f"}}]),
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "=1"}]}] * 3},
    ]
    write_rows(rows, tmp_path / f"a.{name}")
    assert values(tmp_path / f"a.{name}") == rows
    assert "你" in "".join(c for r in open_data(tmp_path / f"a.{name}") for c in r.raw.decode())


@pytest.mark.parametrize("name", TABLES)
def test_rows_that_would_look_empty_are_no_rows(name):
    writer = find("writers", name)
    assert writer.why_not(exchange(" ", "")) == "all its cells would be empty"
    assert writer.why_not(exchange("", "", lang="zh")) == ""


def test_a_cell_of_a_workbook_is_never_cut(tmp_path):
    fits, over = "x" * 32_767, "x" * 32_768
    wide = "😀" * 16_384  # two units each
    writer = find("writers", "xlsx")
    assert writer.why_not(exchange("a", fits)) == ""
    assert "32,768 characters: a cell of a workbook holds 32,767" in writer.why_not(
        exchange("a", over)
    )
    assert "32,768" in writer.why_not(exchange("a", wide))
    assert "workbook" in writer.why_not(exchange("\ud800", "b"))
    assert "unambiguously" in writer.why_not(exchange("a", "_x0041_x0042_"))
    assert writer.why_not({"messages": ["x" * 32_766]}) != ""
    write_rows([exchange("a", fits)], tmp_path / "a.xlsx")
    assert said(tmp_path / "a.xlsx") == [("a", fits)]
    with pytest.raises(InputError, match="row 1 does not fit into"):
        write_rows([exchange("a", over)], tmp_path / "a.xlsx")
    assert said(tmp_path / "a.xlsx") == [("a", fits)]


def test_too_many_rows_and_columns_for_a_sheet(tmp_path, monkeypatch):
    from evalkit.data.writers import xlsx

    monkeypatch.setattr(xlsx, "_ROWS", 3)
    write_rows([exchange("a", "b")] * 2, tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="3 rows are more than a sheet holds"):
        write_rows([exchange("a", "b")] * 3, tmp_path / "b.xlsx")
    assert not (tmp_path / "b.xlsx").exists()
    monkeypatch.setattr(xlsx, "_COLUMNS", 1)
    with pytest.raises(InputError, match="2 columns are more than a sheet holds"):
        write_rows([exchange("a", "b")], tmp_path / "b.xlsx")


def test_controls_in_a_workbook(tmp_path):
    texts = ["\x00a\x1f", "a\rb\r\nc", "_x0041_", "_x005F_", " a ", "\t", "\x0b\x0c"]
    write_rows([exchange("q", f"x{text}") for text in texts], tmp_path / "a.xlsx")
    assert [a for _, a in said(tmp_path / "a.xlsx")] == [f"x{text}" for text in texts]


def test_lone_surrogates_are_refused_where_utf8_is_asked_for(tmp_path):
    for name in ("csv", "tsv", "xlsx", "parquet"):
        assert "surrogate" in find("writers", name).why_not(exchange("a", "\ud800"))
    for name in ("jsonl", "json"):
        assert find("writers", name).why_not(exchange("a", "\ud800")) == ""
    assert find("writers", "parquet").why_not(chat("\ud800", "b")) != ""
    assert find("writers", "csv").why_not(chat("\ud800", "b")) == ""  # an escape in JSON text


# ---------------------------------------------------------------- Parquet


def test_parquet_is_nested_and_foreign_readers_see_it(tmp_path):
    import pyarrow.parquet as pq

    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    rows = [
        chat("你", "好"),
        {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]},
    ]
    write_rows(rows, tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    assert str(table.schema.field("messages").type).startswith("list<element: struct<role: string")
    first, second = table.to_pylist()
    assert first["messages"][0] == {"role": "user", "content": "你", "tool_calls": None}
    assert second["messages"][0]["tool_calls"] == [call]
    assert without_nulls(values(tmp_path / "a.parquet")) == without_nulls(rows)


def test_parquet_columns_without_one_type_are_json_text(tmp_path):
    import pyarrow.parquet as pq

    tool = {
        "type": "function",
        "function": {"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}},
    }
    rows = [
        chat("a", "b", tools=[tool], n=1, m=1, x=True),
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "t"}]}],
            "tools": [], "n": 1.5, "m": 1 << 70, "x": "t",
        },
    ]  # fmt: skip
    with (tmp_path / "a.parquet").open("wb") as stream:
        notes = find("writers", "parquet").write(rows, stream)
    assert [note.split("`")[1] for note in notes] == ["messages", "tools", "m", "x"]
    table = pq.read_table(tmp_path / "a.parquet")
    assert [str(field.type) for field in table.schema] == ["string"] * 2 + ["double"] + [
        "string"
    ] * 2
    assert [json.loads(text) for text in table["messages"].to_pylist()] == [
        row["messages"] for row in rows
    ]
    assert table["m"].to_pylist() == ["1", str(1 << 70)]
    assert table["x"].to_pylist() == ["true", '"t"']
    assert [row["messages"] for row in values(tmp_path / "a.parquet")] == [
        row["messages"] for row in rows
    ]


def test_parquet_in_row_groups(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    from evalkit.data.writers import parquet

    monkeypatch.setattr(parquet, "_GROUP", 1)
    write_rows([exchange(f"q{i}", "a") for i in range(1_100)], tmp_path / "a.parquet")
    assert pq.ParquetFile(tmp_path / "a.parquet").metadata.num_row_groups == 3
    assert len(said(tmp_path / "a.parquet")) == 1_100


# ---------------------------------------------------------------- places


@pytest.mark.parametrize("name", CONTAINERS)
def test_nothing_is_half_written(tmp_path, name):
    path = tmp_path / f"a.{name}"
    path.write_bytes(b"precious")

    def rows():
        yield exchange("a", "b")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(rows(), path)
    with pytest.raises(InputError, match="there are no rows"):
        write_rows([], path)
    assert path.read_bytes() == b"precious"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("name", CONTAINERS)
def test_a_full_disk_is_one_line(name):
    rows = [exchange("a" * 1_000, "b")] * 2_000
    with pytest.raises(InputError, match="cannot write /dev/full: No space left"):
        write_rows(rows, "/dev/full", container=name)


@pytest.mark.parametrize(("name", "module", "extra"), [
    ("a.xlsx", "xlsxwriter", "xlsx"), ("a.parquet", "pyarrow", "parquet"),
])  # fmt: skip
def test_a_missing_extra_is_one_line(tmp_path, monkeypatch, name, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=module) as caught:
        write_rows([exchange("a", "b")], tmp_path / name)
    assert f"evalkit-ft[{extra}]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_zstd_is_an_extra(tmp_path, monkeypatch):
    for module in ("compression", "compression.zstd", "backports.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="zstd"), packed_as("zstd", io.BytesIO()):
        pass
