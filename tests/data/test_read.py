# SPDX-License-Identifier: Apache-2.0
"""What a file is, is told by its bytes."""

from __future__ import annotations

import gzip
import json
import os
import zipfile

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.data.read import TableOptions, open_data

ROWS = [
    {"messages": [{"role": "user", "content": f"问 {n}"}, {"role": "assistant", "content": "答"}]}
    for n in range(3)
]
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


@pytest.fixture
def file(tmp_path):
    def write(content: bytes | str, name: str):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("name", ["x.jsonl", "x.json", "x.csv", "x.txt", "x", "x.xlsx"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_jsonl_by_any_name(file, name, pack):
    data = open_data(file(pack(JSONL), name))
    assert [e.value for e in data] == ROWS
    assert (data.container, data.format) == ("jsonl", "openai-chat")
    assert data.packing == ("" if pack is bytes else "gzip")


def test_layout_is_told_from_the_first_rows_that_are_not_blank(file):
    assert open_data(file(b"\n" * 2_500 + JSONL, "x.jsonl")).format == "openai-chat"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2, ensure_ascii=False),
        json.dumps(ROWS, indent=0).replace("\n", "\r\n"),
        "\ufeff  \n" + json.dumps(ROWS) + "\n\n",
        "".join(json.dumps(row, indent=2) for row in ROWS),
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        f"[{json.dumps(ROWS[0])},\n{json.dumps(ROWS[1])},{json.dumps(ROWS[2])},]",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_json_documents(file, text, encoding):
    data = open_data(file(text.encode(encoding), "x.json"))
    assert [e.value for e in data] == ROWS
    assert (data.container, data.format, data.examples) == ("json", "openai-chat", 3)


def test_a_list_is_no_jsonl_whatever_its_name(file):
    assert open_data(file(json.dumps(ROWS, indent=2), "x.jsonl")).container == "json"


def test_places_in_a_document(file):
    text = json.dumps(ROWS, indent=1, ensure_ascii=False).encode()
    path = file(text, "x.json")
    size = json.dumps(ROWS[0], indent=1).count("\n") + 1
    for number, example in enumerate(open_data(path)):
        where = example.location
        assert (where.line, where.end_line) == (2 + number * size, 1 + (number + 1) * size)
        assert json.loads(text[where.start : where.end]) == ROWS[number]
        assert example.raw == text[where.start : where.end]


def test_a_document_with_faults_is_read_on(file):
    good = json.dumps(ROWS[0])
    text = f'[{good}, {{"messages": [1,]}},\n 7, "x, y", [], {good}'
    found = list(open_data(file(text, "x.json")))
    causes = [e.broken and e.broken.args["cause"] for e in found]
    assert causes == [
        None,
        "trailing-comma",
        "not-object",
        "not-object",
        "not-object",
        None,
        "cut-off",
    ]


def test_documents_are_read_in_pieces(file):
    rows = [
        {"messages": [{"role": "user", "content": f'"\\{{}}[]{n}' * 50}]} for n in range(20_000)
    ]
    path = file(json.dumps(rows), "x.json")  # far more than one block, on one line
    assert [e.value for e in open_data(path)] == rows


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "is a PDF, not a data set"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        (b"\xff\xd8\xff\xe0", "is a JPEG image"),
        (b"PAR1....", "cannot be read as Parquet"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "is a Git LFS pointer"),
        (b"SQLite format 3\x00", "is an SQLite database"),
        (b"PK\x03\x04 damaged", "is a damaged archive or workbook"),
        (gzip.compress(JSONL * 2000, mtime=0)[:300], "is a damaged archive"),
        (gzip.compress(b"%PDF-1.7", mtime=0), "is a PDF"),
        (os.urandom(0) + bytes(range(256)) * 20, "is a binary file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read as a workbook"),
    ],
)
@pytest.mark.parametrize("name", ["x.pdf", "x.jsonl", "x.csv"])
def test_what_is_no_data_set(file, content, words, name):
    path = file(content, name)
    with pytest.raises(InputError) as caught:
        list(open_data(path))
    assert words in caught.value.message
    assert str(path) in caught.value.message


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        open_data(tmp_path / "nowhere.jsonl")
    with pytest.raises(InputError, match="is a folder"):
        open_data(tmp_path)


def test_archives_of_other_things(tmp_path):
    for member, words in (("word/document.xml", "a Word document"), ("a.jsonl", "a ZIP archive")):
        path = tmp_path / "x.jsonl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "x")
        with pytest.raises(InputError, match=words):
            open_data(path)


def test_gzip_bombs_end(tmp_path, monkeypatch):
    from evalkit.data import source

    monkeypatch.setattr(source, "_MOST_UNPACKED", 1 << 20)
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(b"[]\n" * (4 << 20)))
    with pytest.raises(InputError, match="unpacks to more than"):
        list(open_data(path))


def test_zstd(tmp_path):
    from evalkit.core.errors import MissingExtraError

    path = tmp_path / "x.jsonl.zst"
    try:
        from backports import zstd
    except ImportError:
        path.write_bytes(b"\x28\xb5\x2f\xfd....")
        with pytest.raises(MissingExtraError, match=r"evalkit-ft\[zstd\]"):
            open_data(path)
    else:
        path.write_bytes(zstd.compress(JSONL))
        assert [e.value for e in open_data(path)] == ROWS


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.json"])
def test_empty_files_have_no_examples(file, content, name):
    data = open_data(file(content, name))
    assert [e for e in data if e.broken is None] == []
    assert data.examples == 0


def test_a_file_may_grow_and_shrink_between_readings(file):
    path = file(JSONL, "x.jsonl")
    data = open_data(path)
    assert len(list(data)) == 3
    path.write_bytes(JSONL * 2)
    assert len(list(data)) == 6
    assert data.examples == 6
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        list(data)


def test_formats_may_be_named(file):
    path = file('{"messages": [{"role": "user", "content": "?"}], "target": 7}\n', "x.jsonl")
    assert open_data(path).format == "openai-reinforcement"
    assert open_data(path, format="openai-chat").format == "openai-chat"
    with pytest.raises(UsageError, match="did you mean `openai-chat`"):
        open_data(path, format="openai-chats")


def test_fields_are_what_stands_beside(file):
    row = {
        "messages": [],
        "Lang": "zh",
        "n": 3,
        "ok": True,
        "deep": {},
        "nothing": None,
        "tools": [],
        "metadata": {"topic": "law", "lang": "en", "list": []},
    }
    [example] = open_data(file(json.dumps(row), "x.jsonl"))
    assert example.fields == {"lang": "zh", "n": "3", "ok": "true", "topic": "law"}


def test_encodings_may_be_named(file):
    path = file("prompt,completion\nça,là\n".encode("latin-1"), "x.csv")
    [example] = open_data(path, table=TableOptions(encoding="latin-1"))
    assert example.messages[1].text == "là"
    for wrong in ("klingon", "base64", "\x1b[2J"):
        with pytest.raises(UsageError, match="no encoding named"):
            open_data(path, table=TableOptions(encoding=wrong))


def test_real_files_of_every_kind(shared):
    wanted = {
        "chatlaw-law-zh/fine_tuning.jsonl": ("jsonl", "openai-chat", 20),
        "foundry-dpo-orca/validation.jsonl": ("jsonl", "openai-preference", 284),
        "foundry-rft-countdown/countdown_train_100.jsonl": ("jsonl", "openai-reinforcement", 100),
        "foundry-rft-countdown/countdown_valid_50.jsonl": ("jsonl", "openai-reinforcement", 50),
        "foundry-rft-countdown/countdown_eval_100.jsonl": ("jsonl", "evals-item", 100),
        "foundry-tool-calls/rft_train_tool.jsonl": ("jsonl", "openai-reinforcement", 10),
        "foundry-tool-calls/rft_valid_tool.jsonl": ("jsonl", "openai-reinforcement", 10),
        "foundry-tool-calls/stock_toolcall_training.jsonl": ("jsonl", "openai-chat", 86),
        "foundry-vision/training.jsonl": ("jsonl", "openai-chat", 100),
        "huatuo-med-zh/medical_sft_1K_sharegpt.jsonl": ("jsonl", "sharegpt", 1000),
        "llama-factory-demos/alpaca_zh_demo.json": ("json", "alpaca", 1000),
        "llama-factory-demos/glaive_toolcall_zh_demo.json": ("json", "sharegpt", 300),
        "openai-cookbook/olympics_qa_test.jsonl": ("jsonl", "prompt-completion", 555),
        "chatlaw-law-zh/demo_data_stage2.json": ("jsonl", None, 12),
        "nlbse24-issues/train_bitcoin.jsonl": ("jsonl", "openai-chat", 300),
    }
    for name, expected in wanted.items():
        data = open_data(shared / name)
        assert all(e.broken is None for e in data), name
        assert (data.container, data.format, data.examples) == expected, name
