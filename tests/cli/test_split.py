# SPDX-License-Identifier: Apache-2.0
"""`evalkit split` as users call it."""

from __future__ import annotations

import json

import pytest


def chat(question, answer):
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    }


@pytest.fixture
def labelled(tmp_path):
    lines = [
        json.dumps(chat(f"question {n}", "ab"[n % 4 == 0]), ensure_ascii=False) for n in range(100)
    ]
    lines[50] = lines[50].replace(" ", "  ")  # bytes of its own
    lines += [json.dumps(chat(f"QUESTION  {n}", "a")) for n in range(5)]  # asked before
    (tmp_path / "x.jsonl").write_bytes("\r\n".join(lines).encode() + b"\r\n\r\n")
    return lines


def call(evalkit, *more):
    return evalkit("split", "x.jsonl", "--train", "train.jsonl", "--test", "test.jsonl", *more)


def read(tmp_path, name):
    return (tmp_path / name).read_text(encoding="utf-8").splitlines()


def test_rows_go_over_byte_for_byte(evalkit, labelled, tmp_path):
    done = call(evalkit)
    assert done.code == 0
    train, test = read(tmp_path, "train.jsonl"), read(tmp_path, "test.jsonl")
    assert sorted(train + test) == sorted(labelled)
    assert len(test) == 21
    assert [line for line in labelled if line in test] == test  # in order
    assert "test        21  test.jsonl" in done.out


def asked(lines):
    return {" ".join(json.loads(line)["messages"][0]["content"].split()).lower() for line in lines}


def test_what_asks_the_same_never_straddles(evalkit, labelled, tmp_path):
    for seed in range(4):
        assert call(evalkit, "--seed", seed, "--take", 50).code == 0
        assert not asked(read(tmp_path, "train.jsonl")) & asked(read(tmp_path, "test.jsonl"))


def test_stratified_and_reproducible(evalkit, labelled, tmp_path):
    first = call(evalkit, "--take", 20, "--valid", "valid.jsonl")
    kept = [(tmp_path / f"{n}.jsonl").read_bytes() for n in ("train", "test", "valid")]
    answers = [json.loads(t)["messages"][1]["content"] for t in read(tmp_path, "test.jsonl")]
    assert len(answers) == 20
    assert answers.count("b") in {4, 5}  # of 5, one of which may be asked twice
    assert len(read(tmp_path, "valid.jsonl")) == 10
    assert call(evalkit, "--take", 20, "--valid", "valid.jsonl") == first
    assert kept == [(tmp_path / f"{n}.jsonl").read_bytes() for n in ("train", "test", "valid")]
    call(evalkit, "--take", 20, "--valid", "valid.jsonl", "--seed", 1)
    assert kept[1] != (tmp_path / "test.jsonl").read_bytes()


def test_tables_by_a_field(evalkit, tmp_path):
    body = "".join(f"q{n},answer {n},{'zh' if n < 20 else 'en'}\n" for n in range(100))
    (tmp_path / "x.csv").write_text(f"question,answer,Lang\n{body}")
    parts = ("--train", "train.jsonl", "--test", "test.jsonl")
    done = evalkit("split", "x.csv", *parts, "--by", "lang", "--keep", "lang")
    assert done.code == 0
    found = [json.loads(line)["metadata"]["lang"] for line in read(tmp_path, "test.jsonl")]
    assert (found.count("zh"), found.count("en")) == (4, 16)
    wrong = evalkit("split", "x.csv", *parts, "--by", "langs")
    assert wrong.code == 2
    assert "did you mean `lang`?" in wrong.err


def test_broken_rows_are_named(evalkit, labelled, tmp_path):
    with (tmp_path / "x.jsonl").open("ab") as stream:
        stream.write(b"nonsense\r\n")
    done = call(evalkit)
    assert done.code == 1
    assert "x.jsonl:107: left out: this is text, not JSON" in done.err
    assert len(read(tmp_path, "train.jsonl")) + len(read(tmp_path, "test.jsonl")) == 105


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--train", "x.jsonl", "--test", "t.jsonl"], "is the source itself"),
        (["--train", "t.jsonl", "--test", "./t.jsonl"], "is given twice"),
        (["--train", "t.csv", "--test", "u.jsonl"], "split writes JSONL"),
        (["--train", "t.jsonl", "--test", "u.jsonl", "--take", 105], "leave none to learn"),
    ],
)
def test_wrong_calls(evalkit, labelled, tmp_path, arguments, words):
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    done = evalkit("split", "x.jsonl", *arguments)
    assert done.code == 2
    assert words in done.err
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_too_little_to_split(evalkit, tmp_path):
    for rows in ([], [chat("a", "b")], [chat("a", "b")] * 5):
        (tmp_path / "x.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
        done = call(evalkit)
        assert done.code == 2
        assert done.err.startswith("error: no")
        assert not (tmp_path / "test.jsonl").exists()
