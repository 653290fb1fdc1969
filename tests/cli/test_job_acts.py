# SPDX-License-Identifier: Apache-2.0
"""`evalkit job cancel`, `pause`, `resume` and `checkpoints` against a real server."""

from __future__ import annotations

import io
import json
import urllib.request
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from loopback import Loopback

from evalkit.cli._job_options import where_of
from evalkit.cli._job_watch_show import Lines
from evalkit.core import registry
from evalkit.jobs.job import Job, Order, TrainingFile
from evalkit.jobs.record import new_record
from evalkit.jobs.seam import Where
from evalkit.jobs.watching.watch import Looked

MODEL = "gpt-4.1-mini-2025-04-14"
ROWS = b"".join(
    b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "%d"}]}\n'
    % (i, i)
    for i in range(12)
)
AT = ("--target", "openai")


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-000000000000")
        yield it
        assert it.complaints == []


@pytest.fixture
def job(server):
    """A job that is running."""
    with server.lock:
        files = [server.files.add(f"{n}.jsonl", "fine-tune", ROWS) for n in "tv"]
    body = {"model": MODEL, "training_file": files[0].id, "validation_file": files[1].id}
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/fine_tuning/jobs",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer x"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        name = json.load(answer)["id"]
    server.fine_tuning.hold = "running"
    while server.fine_tuning.jobs[name].phase != "running":
        urllib.request.urlopen(f"{server.url}/fine_tuning/jobs/{name}").close()  # noqa: S310
    return name


def phase(server, job):
    return server.fine_tuning.jobs[job].phase


def test_pause_and_resume_and_cancel(run, server, job):
    paused = run("job", "pause", job, *AT)
    assert (paused.code, paused.out) == (0, f"{job}: paused\n")
    resumed = run("job", "resume", job, *AT, "--lang", "zh")
    assert (resumed.code, resumed.out) == (0, f"{job}：训练中\n")
    cancelled = run("job", "cancel", job, *AT, "--output-format", "json")
    assert cancelled.code == 0
    assert json.loads(cancelled.out)["state"] == "cancelled"
    assert phase(server, job) == "cancelled"
    again = run("job", "cancel", job, *AT)
    assert (again.code, again.out) == (0, f"{job} has ended already: cancelled\n")
    late = run("job", "pause", job, *AT)
    assert (late.code, late.out) == (1, f"{job} has ended already: cancelled\n")


@pytest.mark.parametrize(
    ("answer", "code", "then"), [("n\n", 130, "running"), ("y\n", 0, "cancelled")]
)
def test_on_a_terminal_cancel_asks_first(run, server, job, monkeypatch, answer, code, then):
    class Terminal(io.TextIOWrapper):
        """Standard input that is one."""

        def isatty(self):
            return True

    monkeypatch.setattr(io, "TextIOWrapper", Terminal)  # what the fixture makes it of
    done = run("job", "cancel", job, *AT, stdin=answer.encode())
    assert done.code == code, done.err
    assert "for good?" in done.err
    assert phase(server, job) == then


def test_with_yes_nobody_is_asked(run, server, job):
    done = run("job", "cancel", job, *AT, "--yes")
    assert done.code == 0
    assert "?" not in done.err
    assert phase(server, job) == "cancelled"


def test_the_best_checkpoint_is_marked(run, server, job):
    early = run("job", "checkpoints", job, *AT)
    assert (early.code, "no checkpoints" in early.out) == (0, True)
    server.fine_tuning.hold = None
    run("job", "watch", job, *AT, "--every", "0.01")
    done = run("job", "checkpoints", job, *AT)
    assert done.code == 0
    head, *lines = done.out.splitlines()
    assert head.split() == ["step", "training", "loss", "validation", "loss", "model"]
    (best,) = [line for line in lines if line.endswith("best")]
    document = json.loads(run("job", "checkpoints", job, *AT, "--output-format", "json").out)
    losses = {one["step"]: one["metrics"]["full_valid_loss"] for one in document["checkpoints"]}
    assert int(best.split()[0]) == min(losses, key=losses.get)
    assert [one["step"] for one in document["checkpoints"] if one["best"]] == [int(best.split()[0])]
    assert "最佳" in run("job", "checkpoints", job, *AT, "--lang", "zh").out


def test_a_provider_that_cannot_says_so_in_one_line(run, monkeypatch):
    class Poor:
        name, host = "poor", "poor.example"
        lacks = {  # noqa: RUF012
            "pause": "its API has no such call (2026-11)",
            "checkpoints": "it keeps none (2026-11)",
        }

    @asynccontextmanager
    async def poor(_where):
        yield Poor()

    class Point:
        name, value, dist = "poor", "poor:poor", None

        def load(self):
            return poor

    monkeypatch.setattr(
        registry, "foreign", lambda kind: {"poor": Point()} if kind == "jobs" else {}
    )
    done = run("job", "pause", "j", "--target", "poor")
    assert done.code == 2
    assert "poor cannot pause a job: its API has no such call (2026-11)" in done.err
    assert "evalkit job cancel" in done.err
    done = run("job", "checkpoints", "j", "--target", "poor")
    assert (done.code, "poor lists no checkpoints: it keeps none" in done.err) == (2, True)


def test_another_address_gets_no_key_of_the_record(monkeypatch):
    train = TrainingFile(path=Path("t.jsonl"), sha256="ab" * 32, size=5)
    order = Order(target="openai", model="m", train=train, url="https://here.example/v1")
    record = new_record(order, key_env="MY_KEY", now=1.0)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert where_of({}, record) == Where(url="https://here.example/v1", key_env="MY_KEY")
    assert where_of({"url": "https://here.example/v1/"}, record).key_env == "MY_KEY"
    assert where_of({"url": "https://there.example/v1"}, record).key_env is None
    given = {"url": "https://there.example/v1", "key_env": "OTHER"}
    assert where_of(given, record).key_env == "OTHER"


def test_a_job_that_is_paused_says_what_lets_it_go_on(capsys):
    job = Job(id="j 1", target="openai", model="m", state="paused", said="paused")
    shows = Lines("en", live=False)
    shows(Looked(job, None))
    assert "evalkit job resume 'j 1'" in capsys.readouterr().err
