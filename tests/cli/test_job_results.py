# SPDX-License-Identifier: Apache-2.0
"""`evalkit job results`: of a job on a real server, and of a file alone with nothing sent."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Loopback

from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.record import new_record, write_record

MODEL = "gpt-4.1-mini-2025-04-14"
ROWS = b"".join(
    b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%d"}]}\n'
    % (i, i)
    for i in range(12)
)
OVER = "step,train_loss,full_valid_loss\n1,3.0,2.0\n2,2.0,1.0\n3,1.0,1.5\n4,0.5,1.75\n"
AT = ("--target", "openai")


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-000000000000")
        yield it
        assert it.complaints == []


def ended(server, rows=ROWS, **more) -> str:
    with server.lock:
        files = [server.files.add(f"{n}.jsonl", "fine-tune", rows) for n in "tv"]
    body = {"model": MODEL, "training_file": files[0].id, "validation_file": files[1].id, **more}
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/fine_tuning/jobs",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer x"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        name = json.load(answer)["id"]
    while not server.fine_tuning.jobs[name].finished:
        urllib.request.urlopen(f"{server.url}/fine_tuning/jobs/{name}").close()  # noqa: S310
    return name


def remembered(folder, job, **estimate):
    order = Order(
        target="openai",
        model=MODEL,
        train=TrainingFile(path=Path("train.jsonl"), sha256="ab" * 32, size=len(ROWS)),
    )
    record = new_record(order, estimate=estimate)
    write_record(folder / ".evalkit/jobs", replace(record, state="submitted", job=job))


@pytest.mark.parametrize("encoded", [True, False])
def test_a_job_with_its_metrics_its_checkpoints_and_what_it_cost(run, server, tmp_path, encoded):
    server.fine_tuning.encoded = encoded
    server.fine_tuning.metrics = OVER
    job = ended(server, suffix="s")
    tokens = server.fine_tuning.jobs[job].tokens
    remembered(tmp_path, job, tokens=tokens, usd="0.010", epochs=8, steps=4)
    done = run("job", "results", "last")
    assert done.code == 0, done.err
    assert "Succeeded · over-fitting from step 2" in done.out
    assert "The tokens are as estimated." in done.out
    assert "$0.01" in done.out
    document = json.loads(run("job", "results", job, "--output-format", "json").out)
    assert document["overfitting"]["since"] == 2
    assert document["best_step"] == {
        "step": 2, "value": 1.0, "by": "full_valid_loss", "exact": True,
    }  # fmt: skip
    assert document["spent"]["actual_tokens"] == document["spent"]["estimated_tokens"] == tokens
    assert document["spent"]["actual_cost"] == "0.01"
    assert document["best_checkpoint"]["step"] == 2
    files = {one["what"]: one for one in document["files"]}
    (result,) = server.fine_tuning.jobs[job].files
    held = server.files.held[result].content
    assert files["metrics"]["sha256"] == hashlib.sha256(held).hexdigest()
    assert files["training"]["sha256"] == "ab" * 32
    plain = run("job", "results", job, "-o", "metrics.csv")
    assert (plain.code, plain.out) == (0, "")
    kept = json.loads(run("job", "results", "metrics.csv", "--output-format", "json").out)
    assert kept["columns"] == document["columns"]


def test_a_page_has_all_of_it_in_both_languages(run, server, tmp_path):
    server.fine_tuning.metrics = OVER
    job = ended(server)
    assert run("job", "results", job, *AT, "-o", "r.html").code == 0
    page = (tmp_path / "r.html").read_text("utf-8")
    again = run("job", "results", job, *AT, "--output-format", "html")
    assert again.out.rstrip() == page.rstrip()  # the same bytes
    for said in ("over-fitting from step 2", "第 2 步起过拟合", "ckpt-step-", "The job has"):
        assert said in page
    zh = run("job", "results", job, *AT, "--output-format", "html", "--lang", "zh")
    assert '<html lang="zh-CN"' in zh.out


def test_a_failed_job_says_why_and_ends_with_1(run, server, tmp_path):
    job = ended(server, b"".join(ROWS.splitlines(keepends=True)[:7]))
    remembered(tmp_path, job)
    done = run("job", "results", job, "--lang", "zh")
    assert done.code == 1
    assert "evalkit lint train.jsonl --target openai --select too-few-examples" in done.out
    assert "失败" in done.out
    page = run("job", "results", job, "--output-format", "html").out
    assert "evalkit lint train.jsonl --target openai --select too-few-examples" in page


def test_a_job_without_a_result_file_is_read_from_its_events(run, server):
    job = ended(server)
    with server.lock:
        server.fine_tuning.jobs[job].files.clear()
    document = json.loads(run("job", "results", job, *AT, "--output-format", "json").out)
    assert document["metrics"]["source"] == "the job's events"
    assert document["metrics"]["steps"] == 96
    assert document["columns"][0]["meaning"] == "train_loss"


def test_a_result_file_that_is_gone_is_told_and_the_rest_shown(run, server):
    job = ended(server)
    with server.lock:
        server.files.held.clear()
    done = run("job", "results", job, *AT)
    assert done.code == 0
    assert "left out: file-" in done.err
    assert "Succeeded" in done.out


@pytest.mark.parametrize("raw", [OVER.encode(), base64.b64encode(OVER.encode())])
def test_a_file_alone_needs_no_key_and_no_network(run, file, monkeypatch, raw):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    file(raw, "kept.csv")
    done = run("job", "results", "kept.csv")
    assert done.code == 0, done.err
    assert "4 steps measured · over-fitting from step 2" in done.out
    assert "█" in done.out
    markdown = run("job", "results", "kept.csv", "--output-format", "markdown").out
    assert markdown.startswith("## 4 steps measured")
    assert "|---|" in markdown


@pytest.mark.parametrize(
    ("name", "steps", "tokens"),
    [
        ("legacy_classification_results.csv", 847, 7_173_888),
        ("legacy_results_2889_steps.csv", 2889, 2_312_578),
        ("step_metrics.csv", 59, None),
    ],
)
def test_real_files(run, shared, name, steps, tokens):
    path = shared / "finetune-results" / name
    document = json.loads(run("job", "results", path, "--output-format", "json").out)
    assert document["metrics"]["steps"] == steps
    assert document["spent"]["actual_tokens"] == tokens
    assert document["overfitting"]["found"] is False
    done = run("job", "results", path)
    assert done.code == 0
    assert "no sign of over-fitting" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent.csv",), "no such file: absent.csv"),
        (("empty.csv",), "empty.csv is empty"),
        (("other.csv",), "other.csv:1: no column `step` (found: a, b)"),
        (("ftjob-1",), "name the provider: --target openai"),
        (("damaged.csv",), None),
    ],
)
def test_what_cannot_be_done_is_one_line(run, file, arguments, said):
    file("", "empty.csv")
    file("a,b\n1,2\n", "other.csv")
    file(OVER + "5,x,y\n", "damaged.csv")
    done = run("job", "results", *arguments)
    if said is None:
        assert done.code == 0
        assert "1 damaged line is left out: damaged.csv:6:" in done.out.replace("\n  ", " ")
        return
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_page_is_not_for_the_terminal(run, file, monkeypatch):
    file(OVER, "kept.csv")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    done = run("job", "results", "kept.csv", "--output-format", "html")
    assert done.code == 2
    assert "name it: -o results.html" in done.err
