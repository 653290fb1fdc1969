# SPDX-License-Identifier: Apache-2.0
"""Plain text: a line is an example."""

from __future__ import annotations

import gzip
import json

import pytest

from evalkit.core.errors import InputError
from evalkit.data.read import open_data

PROSE = "Hello, world.\r\n\r\n  \r\nIt is late, go home.\r\n三、结论\u2028还有\n[1] first\n"


@pytest.fixture
def file(tmp_path):
    def write(content: bytes | str, name: str = "x.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_lines(file):
    data = open_data(file(PROSE))
    found = list(data)
    assert [e.value for e in found] == [
        {"text": "Hello, world."},
        {"text": "It is late, go home."},
        {"text": "三、结论\u2028还有"},
        {"text": "[1] first"},
    ]
    assert [(e.location.line, e.location.number) for e in found] == [(1, 1), (4, 2), (5, 3), (6, 4)]
    assert all(json.loads(e.raw) == e.value for e in found)
    content = PROSE.encode()
    assert content[found[1].location.start : found[1].location.end] == b"It is late, go home.\r\n"
    assert (data.container, data.format, data.examples) == ("text", "trl-text", 4)
    assert "each line is an example" in data.notes[0]


def test_answers_to_an_empty_prompt(file):
    """As prepare_data read it."""
    data = open_data(file("a\nb\n"), format="prompt-completion")
    assert [e.value for e in data] == [
        {"prompt": "", "completion": "a"},
        {"prompt": "", "completion": "b"},
    ]
    assert data.notes == ()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_encodings(file, encoding, pack):
    name = "x.txt" if pack is bytes else "x.txt.gz"
    data = open_data(file(pack("这是第一行文字。\n\n你好，世界。".encode(encoding)), name))
    assert [e.value["text"] for e in data] == ["这是第一行文字。", "你好，世界。"]
    assert [e.location.line for e in data] == [1, 3]


def test_lines_that_are_no_text(file):
    content = "好的，没问题\n".encode() * 3 + b"\xff\xfe\n" + b"x" * 2_000 + b"\nend\n"
    found = list(open_data(file(content), max_line_bytes=1_000))
    assert [e.broken and e.broken.kind for e in found[3:]] == ["encoding", "too-long", None]
    assert [e.location.line for e in found] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("content", "container"),
    [
        ('{"prompt": "a", "completion": "b"}\n', "jsonl"),
        ('[{"prompt": "a", "completion": "b"}]', "json"),
        ("prompt,completion\na,b\n", "csv"),
        ("prompt\tcompletion\na\tb\n", "tsv"),
        ("[Chapter 1]\nOnce.\n", "text"),
        ("Title\nOnce, there was\n", "text"),
        ("x\n", "text"),
    ],
)
def test_what_it_holds_is_told_by_its_content(file, content, container):
    assert open_data(file(content)).container == container


def test_a_table_that_lacks_a_column_stays_one(file):
    with pytest.raises(InputError, match="no column for the text of the assistant"):
        open_data(file("prompt,beta\n1,2\n"))
    with pytest.raises(InputError, match="no column"):
        open_data(file("Hello, world.\nIt is late, go home.\n", "x.csv"))


def test_commands(evalkit, file):
    file("Hello there.\n\nBye.\n")
    done = evalkit("lint", "x.txt", "--output-format", "json")
    assert json.loads(done.out)["files"][0]["format"] == "trl-text"
    assert "Traceback" not in done.err
    shown = evalkit("show", "x.txt:3")
    assert "Bye." in shown.out
