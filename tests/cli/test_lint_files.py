# SPDX-License-Identifier: Apache-2.0
"""What `evalkit lint` looks at: folders, globs, standard input, hooks, exclusions."""

from __future__ import annotations

import gzip
import json
import os
import sys

import pytest

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi"}]}\n'
LOG = '{"time": 1, "level": "info"}\n'


def test_a_folder_is_linted_without_what_is_no_training_data(run, file):
    file(HELLO, "data/a.jsonl")
    file(UNANSWERED, "data/sub/b.jsonl")
    file(LOG, "data/log.jsonl")
    file('{"reason": "r", "line": 1, "row": {}}\n', "data/a.rejected.jsonl")
    file(UNANSWERED, "data/.git/c.jsonl")
    done = run("lint", "data", "--output-format", "concise")
    assert done.code == 1
    assert done.out.count("ROL001") == 1
    assert "data/sub/b.jsonl:1" in done.out
    assert "data/log.jsonl: skipped: no training data" in done.out
    assert "data/a.rejected.jsonl: skipped: rows that were set aside" in done.out
    assert ".git" not in done.out
    shown = run("lint", "data", "--show-files")
    assert shown.out.splitlines() == ["data/a.jsonl", "data/sub/b.jsonl"]
    assert run("lint", "data/log.jsonl").code == 1  # named: then it is meant to be one


def test_a_quoted_glob_and_a_packed_file(run, file):
    file(gzip.compress(UNANSWERED.encode()), "data/a.jsonl.gz")
    file("question,answer\nHi,\n", "data/t.csv")
    assert "data/a.jsonl.gz:1" in run("lint", "data/*.gz").out
    assert "data/t.csv:2 (B2)" in run("lint", "**/*.csv").out
    assert run("lint", "data").out.count("ROL001") == 1


def test_nothing_there_is_exit_2_and_the_others_are_linted(run, file):
    file(UNANSWERED, "x.jsonl")
    done = run("lint", "*.ndjson", "gone.jsonl", "x.jsonl")
    assert done.code == 2
    assert "ROL001" in done.out
    for said in ("no file matches `*.ndjson`", "no such file: gone.jsonl"):
        assert said in done.err
    file("x", "docs/readme.txt")
    assert "no data set in docs" in run("lint", "docs").err


def test_a_url_that_cannot_be_reached_is_exit_3_and_its_host_is_named(run, file):
    file(UNANSWERED, "x.jsonl")
    done = run("lint", "x.jsonl", "http://127.0.0.1:9/t.jsonl")
    assert done.code == 3
    assert "from 127.0.0.1" in done.err
    file('[lint]\ninclude = ["http://127.0.0.1:9/t.jsonl"]\n', "evalkit.toml")
    assert "127.0.0.1" not in run("lint").err.replace("http://127.0.0.1:9/t.jsonl", "")


def test_no_path_means_what_the_configuration_includes(run, file):
    done = run("lint")
    assert done.code == 2
    assert "no file is named" in done.err
    file(
        '[lint]\ninclude = ["data/**/*.jsonl", "*.csv"]\nextend-exclude = ["old"]\n', "evalkit.toml"
    )
    file(HELLO, "data/a.jsonl")
    file(UNANSWERED, "data/old/b.jsonl")
    file("question,answer\nHi,yes\n", "t.csv")
    file(UNANSWERED, "elsewhere.jsonl")
    assert run("lint").code == 0
    assert run("lint", "--show-files").out.splitlines() == ["data/a.jsonl", "t.csv"]


def test_exclude_and_force_exclude(run, file):
    file(UNANSWERED, "data/bad.jsonl")
    file(HELLO, "data/good.jsonl")
    assert run("lint", "data", "--exclude", "bad.*").code == 0
    assert run("lint", "data/bad.jsonl", "--exclude", "bad.*").code == 1
    done = run("lint", "data/bad.jsonl", "--exclude", "bad.*", "--force-exclude")
    assert (done.code, done.err) == (0, "nothing to lint: what is named is excluded\n")


def test_a_hook_names_files_that_are_no_training_data(run, file):
    file(LOG, "log.jsonl")
    file(UNANSWERED, "x.jsonl")
    done = run("lint", "--force-exclude", "log.jsonl", "x.jsonl", "--output-format", "concise")
    assert "log.jsonl: skipped: no training data: no known layout has the keys `time`" in done.out
    assert "x.jsonl:1: ROL001" in done.out


def test_standard_input_and_its_name(run):
    done = run("lint", "-", stdin=UNANSWERED.encode())
    assert done.code == 1
    assert done.out.startswith("-:1: error ROL001")
    done = run("lint", "-", "--stdin-filename", "t.csv", stdin=b"question,answer\nHi,\n")
    assert done.out.startswith("t.csv:2 (B2): error CNT001")
    assert run("lint", "-", stdin=b"").code == 1


def test_a_part_is_said_to_be_a_part(run, file):
    name = file(HELLO.replace("Hi", "A") + UNANSWERED * 3)
    done = run("lint", name, "--limit", "1")
    assert done.code == 0
    assert "ONLY THE FIRST 1 " in done.out
    done = run("lint", name, "--sample", "2", "--seed", "7", "--output-format", "json")
    assert json.loads(done.out)["files"][0]["path"] == name
    assert "seed 7" in run("lint", name, "--sample", "2", "--seed", "7").out
    assert run("lint", name, "--sample", "2", "--limit", "1").code == 2
    assert run("lint", name, "--limit", "1", "--fix").code == 2


def test_held_out_files_may_be_globs(run, file):
    file(HELLO, "train.jsonl")
    file(HELLO, "held/a.jsonl")
    assert "DUP004" in run("lint", "train.jsonl", "--against", "held/*.jsonl").out
    done = run("lint", "train.jsonl", "--against", "held/*.csv")
    assert done.code == 2
    assert "no file matches" in done.err


def test_a_folder_that_holds_its_own_held_out_set(run, file):
    file(HELLO, "data/train.jsonl")
    file(HELLO, "data/valid.jsonl")
    done = run("lint", "data", "--against", "./data/valid.jsonl", "--output-format", "concise")
    assert done.code == 1
    assert [line.split(":")[0] for line in done.out.splitlines() if "DUP004" in line] == [
        "data/train.jsonl"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no such pipes there")
def test_a_pipe_is_not_called_an_empty_file(evalkit, tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    done = evalkit("lint", "pipe.jsonl")
    assert done.code == 2
    assert "give it as `-`" in done.err
    assert "ROL001" in evalkit("lint", "/dev/stdin", stdin=UNANSWERED.encode()).out
