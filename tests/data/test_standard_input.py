# SPDX-License-Identifier: Apache-2.0
"""Standard input is a file like any other, once it has been read."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.core.errors import InputError
from evalkit.data.parts import cuts
from evalkit.data.read import TableOptions, open_data
from evalkit.data.readers import jsonl
from evalkit.data.standard_input import forget, spooled

ROW = {"messages": [{"role": "user", "content": "问"}, {"role": "assistant", "content": "答"}]}
LINE = json.dumps(ROW, ensure_ascii=False).encode() + b"\n"


@pytest.fixture
def given(monkeypatch):
    def call(content: bytes) -> None:
        stream = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)

    yield call
    forget()


def test_it_may_be_opened_again_and_again(given):
    given(LINE * 3)
    data = open_data("-")
    assert (data.path, data.container, data.size) == ("-", "jsonl", 3 * len(LINE))
    assert [e.value for e in data] == [ROW] * 3
    assert [e.value for e in data] == [ROW] * 3
    assert [e.location.source for e in open_data("-")] == ["-"] * 3
    assert Path(data.place).read_bytes() == LINE * 3


def test_another_input_is_another_copy(given):
    given(LINE)
    first = Path(open_data("-").place)
    given(LINE * 2)
    assert len(list(open_data("-"))) == 2
    assert not first.exists()


@pytest.mark.parametrize(
    ("content", "name", "container"),
    [
        (gzip.compress(LINE, mtime=0), None, "jsonl"),
        (b"prompt,completion\na,b\n", None, "csv"),
        (b"prompt\tcompletion\na\tb\n", "x.tsv", "tsv"),
        (json.dumps([ROW], indent=1).encode(), None, "json"),
        (json.dumps(ROW, indent=1).encode(), "x.json", "json"),
        (b'{"messages": [oops\n', "x.jsonl", "jsonl"),
    ],
)
def test_what_it_is_is_told_by_its_bytes_and_by_the_name_that_is_given(
    given, content, name, container
):
    given(content)
    data = open_data("-", name=name)
    assert data.container == container
    assert data.path == (name or "-")
    [example] = data
    assert example.location.source == (name or "-")


def test_workbooks(given, tmp_path):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "x.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["prompt", "completion"])
    sheet.write_row(1, 0, ["a", "b"])
    book.close()
    given(path.read_bytes())
    data = open_data("-")
    assert data.container == "xlsx"
    assert [e.messages[1].text for e in data] == ["b"]
    assert [e.messages[1].text for e in data] == ["b"]


def test_errors_name_it_as_it_is_called(given):
    given(b"%PDF-1.7")
    with pytest.raises(InputError, match=r"^- is a PDF"):
        open_data("-")
    with pytest.raises(InputError, match=r"^report\.jsonl is a PDF"):
        open_data("-", name="report.jsonl")
    given(b"")
    assert list(open_data("-", name="x.jsonl")) == []


def test_without_any_standard_input(monkeypatch):
    forget()
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match=r"^- cannot be read: there is no standard input"):
        open_data("-")


def test_it_can_be_read_in_parts(given, monkeypatch):
    monkeypatch.setattr(jsonl, "STRIDE", 64)
    given(LINE * 20)
    data = open_data("-")
    [cut] = cuts(data, 2)
    found = [*data.part(0, cut), *data.part(cut, None)]
    assert [e.value for e in found] == [ROW] * 20
    assert found[-1].location.source == "-"


def test_a_file_may_be_called_otherwise(tmp_path):
    path = tmp_path / "stdin-1.tmp"
    path.write_bytes(LINE + b"\n")
    data = open_data(path, name="train.jsonl")
    assert (data.path, data.place) == ("train.jsonl", str(path))
    assert {e.location.source for e in data} == {"train.jsonl"}


def test_the_copy_is_gone_with_the_process():
    code = "from evalkit.data.standard_input import spooled; print(spooled())"
    done = subprocess.run([sys.executable, "-c", code], input=LINE, capture_output=True, check=True)
    place = Path(done.stdout.decode().strip())
    assert place.name.startswith("evalkit-stdin-")
    assert not place.exists()


def test_it_is_copied_in_pieces(monkeypatch):
    """Memory does not grow with what is piped in: no read asks for all of it."""

    class Endless(io.RawIOBase):
        left = 40 << 20

        def readable(self):
            return True

        def readinto(self, buffer):
            assert len(buffer) <= 1 << 20
            size = min(len(buffer), self.left)
            buffer[:size] = bytes(size)
            self.left -= size
            return size

    class Stdin:
        buffer = io.BufferedReader(Endless(), 1 << 16)

    monkeypatch.setattr(sys, "stdin", Stdin())
    try:
        assert Path(spooled()).stat().st_size == 40 << 20
    finally:
        forget()


def test_columns_of_a_table(given):
    given(b"q,a\n1,2\n")
    table = TableOptions(columns={"user": "q", "assistant": "a"})
    data = open_data("-", table=table)
    assert data.headers == ("q", "a")
    assert [m.text for m in next(iter(data)).messages] == ["1", "2"]
