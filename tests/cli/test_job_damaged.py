# SPDX-License-Identifier: Apache-2.0
"""One damaged or foreign file among the records: a line, and everything else works."""

from __future__ import annotations

import json
import os

import pytest
from loopback import Loopback

from evalkit.jobs.record import records

DAMAGES = {"cut off": b'{"schema": 1, "key": "', "empty": b"", "foreign": b'["notes"]',
           "newer": b'{"schema": 9, "key": "x"}', "no text": b"\xff\xfe\x00"}  # fmt: skip


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        yield it
        assert it.complaints == []


@pytest.fixture
def ordered(server, run, file, tmp_path, monkeypatch):
    """Two orders; the records and ids of both, the older one first."""
    from datetime import date

    monkeypatch.setattr("evalkit.cli._job_submit._today", lambda: date(2026, 11, 21))
    for n in range(2):
        rows = "".join(
            json.dumps({"messages": [{"role": "user", "content": f"{n}.{i}?"},
                                     {"role": "assistant", "content": f"{i}."}]}) + "\n"
            for i in range(12)
        )  # fmt: skip
        assert submit(run, file(rows, f"t{n}.jsonl")).code == 0
    folder = tmp_path / ".evalkit/jobs"
    return folder, records(folder)[::-1]


def submit(run, name, *more):
    return run("job", "submit", name, "--target", "openai", "--model", "gpt-4.1-mini", "--yes",
               "--settle", "0.1", *more)  # fmt: skip


@pytest.mark.parametrize("raw", DAMAGES.values(), ids=DAMAGES)
def test_everything_else_works_with_one_line_of_warning(run, ordered, raw):
    folder, (_, job) = ordered
    foreign = folder / "0123456789abcdef.json"
    foreign.write_bytes(raw)
    os.utime(foreign, (1e9, 1e9))
    for arguments in (
        ("list",),
        ("list", "--remote", "--target", "openai"),
        ("list", "--output-format", "json"),
        ("show", job.job),
        ("show", "last"),
        ("show", job.key[:8]),
        ("watch", "last", "--every", "0.01"),
        ("checkpoints", "last"),
        ("results", "last"),
        ("suite", "last", "--data", "t0.jsonl"),
        ("save", "last"),
    ):
        done = run("job", *arguments)
        assert done.code == 0, (arguments, done.err)
        assert done.err.count("0123456789abcdef.json") == 1, (arguments, done.err)
        assert "left out" in done.err
    assert "已忽略" in run("job", "list", "--lang", "zh").err


def test_submit_goes_on_without_it_and_says_so(run, ordered, server):
    folder, (older, _) = ordered
    (folder / older.name).write_bytes(b"{")
    creates = len(server.fine_tuning.creates)
    again = submit(run, "t1.jsonl")
    assert (again.code, again.err.count("left out")) == (0, 1)
    assert "has its job already" in again.out
    assert submit(run, "t1.jsonl", "--seed", "5").code == 0
    assert len(server.fine_tuning.creates) == creates + 1


@pytest.mark.parametrize("again", [(), ("--again",)])
def test_submit_refuses_where_it_may_be_of_this_very_order(run, ordered, server, again):
    folder, (older, _) = ordered
    (folder / older.name).write_bytes(b"{")
    asked = len(server.paths)
    done = submit(run, "t0.jsonl", *again)
    assert done.code == 2
    assert older.name in done.err
    assert "cannot be read" in done.err
    assert len(server.paths) == asked
    later = folder / older.name.replace(".json", "-2.json")  # a later job of the same order
    (folder / older.name).rename(later)
    assert submit(run, "t0.jsonl", *again).code == 2
    assert len(server.paths) == asked


def test_a_verb_that_needs_it_says_so(run, ordered):
    folder, (older, younger) = ordered
    kept = (folder / younger.name).read_bytes()
    (folder / younger.name).write_bytes(kept[:-9])
    for name in ("last", younger.key[:6], younger.key, younger.job):
        done = run("job", "show", name)
        assert done.code == 2, (name, done.out)
        assert f"{younger.name} cannot be read" in done.err, name
    known = run("job", "show", younger.job, "--target", "openai")
    assert known.code == 0
    assert known.err.count("left out") == 1
    assert run("job", "cancel", older.job, "--yes").code == 0


def test_the_last_one_is_not_taken_for_another(run, ordered):
    """Nobody can say whether the damaged one is younger: cancel must not hit another job."""
    folder, (older, younger) = ordered
    (folder / older.name).write_bytes(b'{"key": "')
    assert run("job", "cancel", "last", "--yes").code == 2
    document = json.loads((folder / younger.name).read_bytes())
    (folder / older.name).write_text(json.dumps({**document, "created": 1.0, "job": 7}))
    assert run("job", "show", "last").code == 0


def test_a_folder_of_that_name_is_no_record(run, tmp_path):
    (tmp_path / ".evalkit/jobs/0123456789abcdef.json").mkdir(parents=True)
    done = run("job", "list")
    assert (done.code, done.err.count("left out")) == (0, 1)
