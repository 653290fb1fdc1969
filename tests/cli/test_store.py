# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import json
import sqlite3
import time
from pathlib import Path

import pytest

from evalkit.core.exchange import Reply, Request, Usage
from evalkit.models._store import keyed, open_store
from evalkit.models.replay import read_recording

DAY = 86_400.0
A, B = "https://a.example/v1 gpt-x", "local 小模型"


def asked(text: str, **rest) -> Request:
    return Request(messages=[{"role": "user", "content": text}], **rest)


@pytest.fixture
def filled(tmp_path):
    """Four answers of two models, an error, a request in doubt; where the run has its store."""
    path = tmp_path / ".evalkit" / "store.sqlite"
    rows = [
        (A, "one", 0, Reply(text="1", usage=Usage(10, 2), model="gpt-x-2026")),
        (A, "two", 0, Reply(text="", finish="content_filter")),
        (A, "bad", 0, Reply(text="", finish="error", error="500")),
        (B, "问题", 0, Reply(text="答案", usage=Usage(5, 1))),
        (B, "问题", 1, Reply(text="另一个\ud800", usage=Usage(5, 1))),
    ]
    with open_store(path) as store:
        for identity, text, repeat, reply in rows:
            it = keyed(identity, asked(text), repeat)
            store.submit([store.planned(it, identity=identity, repeat=repeat)]).result()
            store.save(it.key, reply, 0.5).result()
        lost = keyed(A, asked("lost"))
        store.submit([store.planned(lost, identity=A, repeat=0)]).result()
    return path


def age(path: Path, identity: str, days: float) -> None:
    connection = sqlite3.connect(path)
    then = time.time() - days * DAY
    connection.execute(
        "UPDATE request SET started = ?, ended = ? WHERE identity = ?", (then, then, identity)
    )
    connection.commit()
    connection.close()


@pytest.mark.usefixtures("filled")
def test_ls(run):
    shown = run("store", "ls")
    assert shown.code == 0
    head, first, second, last = shown.out.strip().split("\n")
    assert head.split("  ")[0] == "model"
    assert first.split()[:8] == ["https://a.example/v1", "gpt-x", "1", "1", "1", "1", "10", "2"]
    assert second.split()[:8] == ["local", "小模型", "2", "0", "0", "0", "10", "2"]
    assert last.startswith(".evalkit/store.sqlite: ")


@pytest.mark.usefixtures("filled")
def test_ls_json(run):
    document = json.loads(run("store", "ls", "--output-format", "json").out)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    first = document["models"][0]
    assert document["schema"] == 1
    assert first["identity"] == A
    assert (first["answers"], first["flagged"], first["failed"], first["unknown"]) == (1, 1, 1, 1)
    assert (first["prompt_tokens"], first["completion_tokens"]) == (10, 2)
    assert first["first"] <= first["last"] <= today


def test_ls_says_what_runs_now(filled, run):
    with open_store(filled) as store:
        it = keyed(B, asked("now"))
        store.submit([store.planned(it, identity=B, repeat=0)]).result()
        assert "小模型: 1 under way in another process" in run("store", "ls").out


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_export_is_a_recording(filled, run, tmp_path, name):
    assert run("store", "export", "-o", name).out == f"4 answers in {name}\n"
    rows = read_recording(tmp_path / name)
    assert [(row.messages[0]["content"], row.reply.text) for row in rows] == [
        ("one", "1"),
        ("two", ""),
        ("问题", "答案"),
        ("问题", "另一个\ud800"),
    ]
    assert rows[0].model == "gpt-x-2026"
    raw = (tmp_path / name).read_bytes()
    raw = gzip.decompress(raw) if name.endswith("gz") else raw
    assert "问题" in raw.decode()  # Chinese as itself
    assert [json.loads(line).get("repeat", 0) for line in raw.split(b"\n")[:-1]] == [0, 0, 0, 1]
    assert run("store", "export", "-o", "again").code == 0
    assert (tmp_path / "again").read_bytes() == raw
    assert run("store", "export", "-o", "b.jsonl", "--identity", "小模型").out.startswith("2 ")
    assert filled.exists()


def test_gc_says_first_and_does_it_then(filled, run):
    age(filled, A, 100)
    said = run("store", "gc", "--older-than", "90d").out
    assert said.startswith("would clear 4 rows, 2 of them answers")
    assert (
        json.loads(run("store", "ls", "--output-format", "json").out)["models"][0]["answers"] == 1
    )
    assert run("store", "gc", "--older-than", "90d", "--apply").out.startswith("cleared 4 rows")
    left = json.loads(run("store", "ls", "--output-format", "json").out)["models"]
    assert [(one["identity"], one["answers"]) for one in left] == [(B, 2)]


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        (["--failed"], 1),
        (["--identity", "gpt-x"], 4),
        (["--identity", "nobody"], 0),
        (["--identity", "gpt-x", "--failed"], 1),
        (["--older-than", "1h"], 0),
    ],
)
@pytest.mark.usefixtures("filled")
def test_gc_chooses(run, options, rows):
    assert run("store", "gc", *options).out.startswith(f"would clear {rows} rows")


def test_gc_gives_the_room_back(filled, run):
    with open_store(filled) as store:
        for n in range(200):
            it = keyed(A, asked("x" * 2_000 + str(n)))
            store.submit([store.planned(it, identity=A, repeat=0)])
            store.save(it.key, Reply(text="y"), None)
    before = filled.stat().st_size
    assert run("store", "gc", "--identity", "gpt-x", "--apply").code == 0
    assert filled.stat().st_size < before / 4


def test_gc_leaves_what_is_under_way(filled, run):
    with open_store(filled) as store:
        it = keyed(B, asked("now"))
        store.submit([store.planned(it, identity=B, repeat=0)]).result()
        assert run("store", "gc", "--identity", "小", "--apply").out.startswith("cleared 2 rows")
        assert store.states()["sent"] == 2  # and what was in doubt of the other


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("options", "message"),
    [([], "say what may go"), (["--older-than", "soon"], "is no time span")],
)
def test_gc_wants_to_be_told(run, options, message):
    told = run("store", "gc", *options)
    assert told.code == 2
    assert message in told.err


@pytest.mark.parametrize("command", [["ls"], ["export", "-o", "x"], ["gc", "--failed"]])
def test_no_store(run, command, tmp_path):
    told = run("store", *command)
    assert told.code == 2
    assert told.err.startswith("error: no store at .evalkit/store.sqlite")
    assert not (tmp_path / ".evalkit").exists()


def test_hostile_names_are_shown_not_obeyed(filled, run):
    with open_store(filled) as store:
        it = keyed("\x1b[31m evil \u202e", asked("a"))
        store.submit([store.planned(it, identity="\x1b[31m evil \u202e", repeat=0)]).result()
    shown = run("store", "ls").out
    assert "\x1b" not in shown
    assert "\\x1b[31m evil <U+202E>" in shown


def test_what_a_program_never_took_is_not_under_way(run, file):
    ask = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a"}]
    file(json.dumps({"messages": ask}) + "\n", "x.jsonl")
    file("data: x.jsonl\nmodels: {a: 'exec:no-such-program-here'}\n", "x.eval.yaml")
    assert run("run", "x.eval.yaml").code == 2
    assert "under way" not in run("store", "ls").out
