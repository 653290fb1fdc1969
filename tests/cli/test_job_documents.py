# SPDX-License-Identifier: Apache-2.0
"""What `evalkit job` writes for machines is as published; for people it fits the terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import partial

import jsonschema
import pytest
from loopback import Loopback
from loopback._training import Failure

from evalkit.core.errors import MissingExtraError
from evalkit.core.printable import columns
from evalkit.core.resources import schema
from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.providers import local
from evalkit.jobs.record import new_record, write_record
from evalkit.models._weights import MissingWeightsError

OPENAI = ("--target", "openai", "--model", "gpt-4.1-mini")
JSON = ("--output-format", "json")


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setattr("evalkit.cli._job_submit._today", lambda: date(2026, 11, 21))
        monkeypatch.setenv("EVALKIT_JOB_SUBMIT_SETTLE", "0.1")
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        yield it
        assert it.complaints == []


@pytest.fixture
def rows(file):
    def turns(i):
        return [{"role": "user", "content": f"{i}?"}, {"role": "assistant", "content": f"{i}."}]

    return file("".join(json.dumps({"messages": turns(i)}) + "\n" for i in range(12)), "t.jsonl")


def held(done, name):
    """The document, once the schema has passed it."""
    document = json.loads(done.out)
    jsonschema.validate(document, schema(name))
    return document


def lines_held(done):
    documents = [json.loads(line) for line in done.out.splitlines()]
    for one in documents:
        jsonschema.validate(one, schema("job-watch"))
    return documents


@pytest.mark.slow
def test_all_that_machines_read_is_as_published(server, run, rows, file):
    shown = held(run("job", "submit", rows, *OPENAI, "--dry-run", *JSON), "job-submit")
    assert (shown["sent"], shown["missing"]) == (False, None)
    assert held(run("job", "list", *JSON), "job-list") == {"schema": 1, "records": []}
    more = ("--suffix", "lamps", "--seed", "3", "--epochs", "2", "--validation", "v.jsonl")
    file(json.dumps({"messages": [{"role": "user", "content": "v?"},
                                  {"role": "assistant", "content": "v."}]}) + "\n", "v.jsonl")  # fmt: skip
    order = ("job", "submit", rows, *OPENAI, *more, "--yes", *JSON)
    assert held(run(*order), "job-submit")["found"] is False
    assert held(run(*order), "job-submit")["found"] is True
    assert len(held(run("job", "list", *JSON), "job-list")["records"]) == 1
    there = held(run("job", "list", "--remote", "--target", "openai", *JSON), "job-list")
    assert there["jobs"][0]["order"] == shown["key"] or there["jobs"][0]["order"]
    assert held(run("job", "show", "last", *JSON), "job-show")["job"]["state"] != "succeeded"
    documents = lines_held(run("job", "watch", "last", "--every", "0.01", *JSON))
    assert {one["type"] for one in documents} == {"job", "event", "end"}
    found = held(run("job", "results", "last", *JSON), "job-results")
    assert found["metrics"]["kind"] == "steps"
    assert found["checkpoints"]
    assert held(run("job", "show", "last", *JSON), "job-show")["job"]["tuned_model"]
    run("job", "results", "last", "-o", "m.csv")
    assert held(run("job", "results", "m.csv", *JSON), "job-results")["job"] is None


def test_a_job_that_failed_and_one_that_was_never_sent_too(server, run, rows, tmp_path):
    server.fine_tuning.failures.append(Failure("invalid_training_file", "it is no use", None))
    assert run("job", "submit", rows, *OPENAI, "--yes").code == 0
    server.fail(503, path="/fine_tuning/jobs/")
    documents = lines_held(run("job", "watch", "last", "--every", "0.01", *JSON))
    assert {"away", "back", "end"} <= {one["type"] for one in documents}
    assert documents[-1]["job"]["error"]["code"] == "invalid_training_file"
    assert held(run("job", "results", "last", *JSON), "job-results")["job"]["state"] == "failed"
    train = TrainingFile(path=tmp_path / rows, sha256="0" * 64, size=1)
    record = new_record(Order(target="openai", model="m", train=train), now=1.0)
    write_record(tmp_path / ".evalkit/jobs", record)
    assert held(run("job", "show", record.key[:8], *JSON), "job-show")["job"] is None
    assert len(held(run("job", "list", *JSON), "job-list")["records"]) == 2


def test_a_schema_that_is_not_met_is_noticed(server, run, rows):
    """The schemas close their objects: a name that is new stands in them first."""
    document = held(run("job", "submit", rows, *OPENAI, "--yes", *JSON), "job-submit")
    for broken in ({**document, "more": 1}, {**document, "job": {**document["job"], "more": 1}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema("job-submit"))


def test_a_file_that_was_written_is_named(server, run, rows, tmp_path):
    assert run("job", "submit", rows, *OPENAI, "--yes").code == 0
    run("job", "watch", "last", "--every", "0.01")
    done = run("job", "results", "last", "-o", "page.html")
    assert (done.code, done.out, done.err) == (0, "", "written to page.html\n")
    assert (tmp_path / "page.html").is_file()
    assert "已写入 m.csv" in run("job", "results", "last", "-o", "m.csv", "--lang", "zh").err


@pytest.fixture
def orders(tmp_path):
    """Records with long names, of two providers."""
    order = Order(
        target="openai",
        model="gpt-4.1-mini-2025-04-14",
        train=TrainingFile(path="data/2026/客户/support-conversations.jsonl", sha256="0" * 64, size=1),
    )  # fmt: skip
    for n, target in enumerate(("openai", "fireworks")):
        record = new_record(replace(order, target=target), now=1.79e9 + n)
        write_record(
            tmp_path / ".evalkit/jobs",
            replace(record, state="submitted", job=f"ftjob-{'a' * 22}{n:02d}"),
        )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_list_fits_the_terminal(run, orders, monkeypatch, width, lang):
    monkeypatch.setenv("COLUMNS", str(width))
    done = run("job", "list", "--lang", lang)
    lines = done.out.splitlines()
    assert max(map(columns, lines)) <= width
    assert all(f"ftjob-{'a' * 22}{n:02d}" in done.out for n in range(2))
    narrow = "a wider terminal also shows: " if lang == "en" else "更宽的终端还会显示："
    assert (narrow in done.err) == (width < 120)
    if width == 80:
        assert lines[0].split() == (["job", "state", "ordered", "(UTC)", "file"] if lang == "en"
                                    else ["任务", "状态", "提交时间（UTC）", "文件"])  # fmt: skip
        said = "target, model, method" if lang == "en" else "平台、模型、方法"
        assert f"{narrow}{said}" in done.err


def test_a_pipe_gets_the_whole_list(run, orders, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    done = run("job", "list")
    assert "data/2026/客户/support-conversations.jsonl" in done.out
    assert "wider" not in done.err


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_list_of_the_account_fits_too(server, run, rows, monkeypatch, width):
    assert run("job", "submit", rows, *OPENAI, "--yes", "--suffix", "lamps").code == 0
    run("job", "watch", "last", "--every", "0.01")
    monkeypatch.setenv("COLUMNS", str(width))
    done = run("job", "list", "--remote", "--target", "openai")
    assert max(map(columns, done.out.splitlines())) <= width
    assert "ftjob-000001" in done.out
    assert ("a wider terminal also shows" in done.err) == (width < 140)
    tuned = next(iter(server.fine_tuning.jobs.values())).tuned
    assert (tuned in done.out) == (width > 60)  # a name that is cut is of no use


@pytest.mark.parametrize(
    ("lack", "said"),
    [
        (MissingExtraError("torch", extra="train", purpose="train on this machine"), "pip install"),
        (MissingWeightsError(), "evalkit local setup"),
    ],
)
def test_a_dry_run_here_says_what_is_missing(run, rows, monkeypatch, lack, said):
    def checked(_model):
        raise lack

    monkeypatch.setattr(local, "LocalProvider", partial(local.LocalProvider, checked=checked))
    order = ("job", "submit", rows, "--target", "local", "--model", "smollm2")
    real = run(*order, "--yes")
    done = run(*order, "--dry-run")
    assert (done.code, real.code) == (2, 2)
    assert "nothing is sent anywhere" in done.out
    (line,) = [line for line in done.out.splitlines() if line.startswith("not yet: ")]
    assert lack.message in line
    assert said in line
    assert "尚不能训练" in run(*order, "--dry-run", "--lang", "zh").out
    shown = run(*order, "--dry-run", *JSON)
    assert shown.code == 2
    assert said in held(shown, "job-submit")["missing"]
