# SPDX-License-Identifier: Apache-2.0
"""`evalkit convert` from any file to any file: what is said stays the same, and it is Chinese."""

from __future__ import annotations

import codecs
import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TEXTS = [
    ("你好，订单12345？", "您好！\n- 已发货\n- 预计明天"),
    ("=1+1", "'=2'"),
    ('a,b;c\t"d"', "é ü 😀"),
]
CSV = "问题,回答\n" + "".join(f'"{q}","{a}"\n'.replace('"d"', '""d""') for q, a in TEXTS)
LINES = [
    json.dumps(
        {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]},
        ensure_ascii=False,
    )
    for q, a in TEXTS
]
JSONL = "\n".join(LINES) + "\n"
ENCODED = {
    "lf": lambda text: text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "bom": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16-le": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16-be": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "gz": lambda text: gzip.compress(text.encode()),
    "gb18030": lambda text: text.encode("gb18030"),
    "no end": lambda text: text.rstrip("\n").encode(),
}


@pytest.mark.parametrize("how", ENCODED)
@pytest.mark.parametrize(("name", "text"), [("x.csv", CSV), ("x.jsonl", JSONL)])
def test_reading_is_the_same(run, tmp_path, how, name, text):
    (tmp_path / name).write_bytes(ENCODED[how](text))
    done = run("convert", name, "-")
    assert done.code == 0
    wanted = JSONL
    if how == "crlf" and name == "x.csv":  # a line break in a cell is that of the file
        wanted = wanted.replace("！\\n", "！\\r\\n").replace("发货\\n", "发货\\r\\n")
    assert done.out == wanted


OUTPUTS = [
    "y.jsonl", "y.json", "y.csv", "y.tsv", "y.xlsx", "y.parquet", "y.jsonl.gz", "y.json.zst",
    "y.csv.gz", "y.tsv.zst",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_there_and_back(run, tmp_path, name):
    (tmp_path / "x.jsonl").write_text(JSONL, "utf-8")
    done = run("convert", "x.jsonl", name)
    assert done.code == 0
    assert f"3 rows written to {name} as " in done.err
    assert "lost" not in done.err
    raw = (tmp_path / name).read_bytes()
    raw = gzip.decompress(raw) if name.endswith(".gz") else raw
    if name.endswith((".jsonl", ".json", ".csv", ".tsv", ".gz")):
        assert "已发货" in raw.decode()
    assert b"\\u" not in raw
    assert run("convert", name, "-").out == JSONL


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("to", ["openai-chat", "sharegpt", "alpaca", "gemini", "anthropic"])
def test_conversations_of_several_turns_there_and_back(run, tmp_path, name, to):
    said = [
        ("system", "你是客服"),
        ("user", "问"),
        ("assistant", "答"),
        ("user", "=1"),
        ("assistant", "再答"),
    ]
    row = {"messages": [{"role": r, "content": t} for r, t in said]}
    line = json.dumps(row, ensure_ascii=False) + "\n"
    (tmp_path / "x.jsonl").write_text(line + line, "utf-8")
    assert run("convert", "x.jsonl", name, "--to", to).code == 0
    assert run("convert", name, "-").out == line + line


def test_the_container_may_be_named(run, tmp_path):
    (tmp_path / "x.jsonl").write_text(JSONL, "utf-8")
    done = run("convert", "x.jsonl", "-", "--container", "csv")
    assert done.out.splitlines()[0] == "\ufeffuser,assistant"
    assert run("convert", "x.jsonl", "y.txt", "--container", "xlsx").code == 0
    assert (tmp_path / "y.txt").read_bytes().startswith(b"PK")


def test_what_does_not_fit_is_left_out(run, tmp_path):
    rows = [{"prompt": "a", "completion": "x" * 40_000}, {"prompt": "a", "completion": "b"}]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("convert", "x.jsonl", "y.xlsx")
    assert done.code == 1
    assert (
        "x.jsonl:1: left out: a text of 40,000 characters: a cell of a workbook holds 32,767"
        in done.err
    )
    assert (
        run("convert", "y.xlsx", "-", "--to", "prompt-completion").out == json.dumps(rows[1]) + "\n"
    )
    assert run("convert", "x.jsonl", "z.xlsx", "--strict").code == 1
    assert not (tmp_path / "z.xlsx").exists()


def test_standard_input(run):
    done = run("convert", "-", "-", "--to", "prompt-completion", stdin=CSV.encode())
    assert done.code == 0
    assert json.loads(done.out.splitlines()[0])["prompt"] == TEXTS[0][0]


def test_columns_that_parquet_cannot_nest_are_said(run, tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]},
                      {"role": "assistant", "content": "b"}]},
    ]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "x.jsonl").write_text(text)
    done = run("convert", "x.jsonl", "y.parquet")
    assert done.code == 0
    assert "y.parquet: column `messages` is JSON text: its values have no one type" in done.err
    assert run("convert", "y.parquet", "-").out == text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("name", ["jsonl", "csv", "xlsx", "parquet"])
def test_a_full_disk_is_one_line(evalkit, tmp_path, name):
    (tmp_path / "x.jsonl").write_text(JSONL, "utf-8")
    done = evalkit("convert", "x.jsonl", "/dev/full", "--container", name)
    assert done.code == 2
    assert done.err.endswith(
        "error: cannot write /dev/full: No space left on device\n  name a file\n"
    )
    assert "Traceback" not in done.err
    assert "ignored" not in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["y.jsonl", "y.csv.gz", "y.xlsx"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_half_written(tmp_path, name, sent):
    (tmp_path / name).write_bytes(b"precious")
    row = LINES[0] + "\n"
    with (tmp_path / "x.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(row for _ in range(100_000))
    call = [
        sys.executable,
        "-m",
        "evalkit",
        "convert",
        "x.jsonl",
        name,
        "--to",
        "prompt-completion",
    ]
    with subprocess.Popen(call, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not [p for p in tmp_path.iterdir() if p.name[0] == "."]:
            time.sleep(0.01)
        process.send_signal(sent)
        try:
            _, said = process.communicate(timeout=3)
        except subprocess.TimeoutExpired:  # Python loses one that comes while it imports a module
            process.send_signal(sent)
            _, said = process.communicate()
    assert process.returncode in {130, -signal.SIGKILL}
    assert (tmp_path / name).read_bytes() == b"precious"
    if sent == signal.SIGINT:
        assert said.endswith(b"interrupted\n")
        assert {p.name for p in tmp_path.iterdir()} == {"x.jsonl", name}


# ---------------------------------------------------------------- what people have


CHATLAW = """
[layouts.chatlaw]
system = "meta_instruction"
turns = "chat"

[layouts.chatlaw.turn]
user = "咨询者"
assistant = "ChatLAW"
"""
RENAMED = "一个名叫ChatLAW，由北京大学团队开发的人工智能助理=一个人工智能法律助理"


def test_chatlaw_becomes_what_its_users_trained_on_byte_for_byte(run, shared, tmp_path):
    folder = shared / "chatlaw-law-zh"
    (tmp_path / "evalkit.toml").write_text(CHATLAW, "utf-8")
    raw = folder / "demo_data_法律咨询.jsonl"
    done = run("convert", raw, "y.jsonl", "--replace", RENAMED)
    assert done.code == 0
    assert "lost in 20 rows: the fields plugins, subject (--keep all keeps them)" in done.err
    wanted = (folder / "fine_tuning.jsonl").read_bytes()
    assert (tmp_path / "y.jsonl").read_bytes() == wanted
    (tmp_path / "one.jsonl").write_bytes(raw.read_bytes().split(b"\n")[0])  # no final newline
    done = run("convert", "one.jsonl", "-", "--replace", RENAMED)
    assert done.out.encode() == wanted.split(b"\n")[0] + b"\n"


def contents(lines):
    return [[m["content"] for m in json.loads(line)["messages"]] for line in lines]


def test_history_is_what_its_author_made_of_the_workbook(run, shared, tmp_path):
    """The author wrote Chinese-safe escapes, so that contents and not bytes are compared."""
    folder = shared / "csv-xlsx-to-jsonl"
    theirs = contents((folder / "history_training_data.jsonl").read_text("utf-8").splitlines())
    prompt = theirs[0][0]
    call = ["convert", folder / "history_training_data.xlsx", "y.jsonl", "--system", prompt]
    assert run(*call, "--unescape").code == 0
    ours = contents((tmp_path / "y.jsonl").read_text("utf-8").splitlines())
    assert len(ours) == 82
    assert ours == theirs
    assert run(*call).code == 0  # 48 cells spell line feeds as two characters
    raw = contents((tmp_path / "y.jsonl").read_text("utf-8").splitlines())
    assert sum("\\n" in text for row in raw for text in row) == 48


def test_finetuned_is_what_its_author_made_of_the_windows_file(run, shared, tmp_path):
    """The author took the quotes off both ends of cells, and lost the bullets (byte 0x95)."""
    folder = shared / "csv-xlsx-to-jsonl"
    done = run("convert", folder / "finetuned_cp1252.csv", "y.jsonl")
    assert done.code == 0
    assert "read as windows-1252" in done.err
    theirs = contents((folder / "finetuned_formatted.jsonl").read_text("utf-8").splitlines())
    ours = contents((tmp_path / "y.jsonl").read_text("utf-8").splitlines())
    assert len(ours) == len(theirs) == 15

    def unwrapped(text):
        body = text.rstrip("\n")
        return body.strip('"').replace("•", "") + text[len(body) :]

    assert [[*map(unwrapped, row)] for row in ours] == theirs
    assert sum("•" in text for row in ours for text in row) == 1


def test_cantonese_is_what_its_authors_had_before_they_prepared_it(run, shared, tmp_path):
    """Theirs lacks 309 exact duplicates, has prepare_data's separator, blank and line feed, and its
    answers in lower case, as its proposal is.
    """
    folder = shared / "csv-xlsx-to-jsonl"
    done = run("convert", folder / "cantonese_data.csv", "y.jsonl", "--to", "prompt-completion")
    assert done.code == 0
    ours = (tmp_path / "y.jsonl").read_text("utf-8").splitlines()
    assert len(ours) == 3_874
    made = [json.loads(line) for line in dict.fromkeys(ours)]
    prepared = [
        {"prompt": f"{row['prompt']} ->", "completion": f" {row['completion'].lower()}\n"}
        for row in made
    ]
    lines = (folder / "cantonese_data_prepared.jsonl").read_text("utf-8").splitlines()
    theirs = [json.loads(line) for line in lines]
    key = json.dumps
    assert len(theirs) == 3_565
    assert sorted(map(key, prepared)) == sorted(map(key, theirs))


def test_split_is_the_same_from_both_files(run, shared):
    folder = shared / "csv-xlsx-to-jsonl"
    one = run("convert", folder / "split.csv", "-")
    assert one.out == run("convert", folder / "split.xlsx", "-").out
    assert len(one.out.splitlines()) == 3
