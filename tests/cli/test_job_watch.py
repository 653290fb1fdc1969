# SPDX-License-Identifier: Apache-2.0
"""`evalkit job watch` against a real server: its end, its exit code, Ctrl-C, kill -9, bad networks."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import replace

import pytest
from loopback import Loopback
from loopback._training import look, moved

from evalkit.cli._job_watch_show import Lines
from evalkit.jobs.job import Event, Job, Order, TrainingFile
from evalkit.jobs.record import new_record, write_record
from evalkit.jobs.watching.watch import Happened, Looked

MODEL = "gpt-4.1-mini-2025-04-14"
ROWS = "".join(
    json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"Where is parcel {i}?"},
                {"role": "assistant", "content": f"At {i}."},
            ]
        }
    )
    + "\n"
    for i in range(12)
).encode()


@pytest.fixture
def server(monkeypatch):
    with Loopback(key="sk-right-000000000000") as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right-000000000000")
        yield it
        assert it.complaints == []


def ordered(server, rows=ROWS, **more) -> str:
    """A job on the server, made by nobody of ours."""
    with server.lock:
        train = server.files.add("t.jsonl", "fine-tune", rows)
        held = server.files.add("v.jsonl", "fine-tune", ROWS)
    body = {"model": MODEL, "training_file": train.id, "validation_file": held.id, **more}
    request = urllib.request.Request(  # noqa: S310
        f"{server.url}/fine_tuning/jobs",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {server.key}"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)["id"]


WATCH = ("job", "watch")
FAST = ("--target", "openai", "--every", "0.01")


def test_it_follows_a_job_to_its_success(run, server):
    job = ordered(server, suffix="kind")
    done = run(*WATCH, job, *FAST)
    assert done.code == 0, done.err
    assert "Ctrl-C leaves it" in done.err
    lines = done.out.splitlines()
    told = [line.split("  ", 1)[1] for line in lines if re.match(r"\d\d:\d\d:\d\d  ", line)]
    assert told[0] == f"Created fine-tuning job: {job}"
    assert told[-1] == "The job has successfully completed"
    assert not any(line.startswith("Step ") for line in told)
    assert any(re.match(r"running · step \d+ of 96 · training loss ", line) for line in lines)
    tuned = server.fine_tuning.jobs[job].tuned
    assert f"tuned model: {tuned}" in lines
    assert f"  evalkit job results {job} --target openai -o results.html" in lines
    assert f"  evalkit job suite {job} --target openai --data heldout.jsonl" in lines


def test_coming_back_tells_only_what_was_not_told(run, server):
    job = ordered(server)
    once = run(*WATCH, job, *FAST)
    again = run(*WATCH, job, *FAST)
    assert once.code == again.code == 0
    assert "Created fine-tuning job" in once.out
    assert "Created fine-tuning job" not in again.out
    whole = run(*WATCH, job, *FAST, "--from-start", "--events", "--lang", "zh")
    assert whole.out.count("  Step ") == 96
    assert "成功" in whole.out
    assert "下一步" in whole.out


def test_json_lines_have_every_event_once_and_an_end(run, server):
    job = ordered(server)
    done = run(*WATCH, job, *FAST, "--output-format", "json")
    assert done.code == 0
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert {one["schema"] for one in documents} == {1}
    ids = [one["id"] for one in documents if one["type"] == "event"]
    assert ids == [note.id for note in server.fine_tuning.jobs[job].notes]
    steps = [one["metrics"] for one in documents if one["type"] == "event" and one["step"]]
    assert steps[0]["train_loss"] > steps[-1]["train_loss"]
    assert documents[-1]["type"] == "end"
    assert documents[-1]["job"]["tuned_model"] == server.fine_tuning.jobs[job].tuned


def test_a_failed_job_says_why_and_which_rule_would_have_said_so(run, server, tmp_path):
    (tmp_path / "my rows.jsonl").write_bytes(ROWS[: ROWS.index(b"\n") + 1] * 7)
    job = ordered(server, ROWS[: ROWS.index(b"\n") + 1] * 7)
    record = new_record(
        Order(
            target="openai",
            model=MODEL,
            train=TrainingFile(path="my rows.jsonl", sha256="0" * 64, size=1),
        )
    )
    write_record(tmp_path / ".evalkit/jobs", replace(record, state="submitted", job=job))
    done = run(*WATCH, "last", "--every", "0.01")
    assert done.code == 1
    assert "has 7 example(s), but must have at least 10 examples" in done.out
    line = "evalkit lint 'my rows.jsonl' --target openai --select too-few-examples"
    assert line in done.out
    document = json.loads(run(*WATCH, job, *FAST, "--output-format", "json").out.splitlines()[-1])
    assert document["job"]["error"]["rules"] == ["too-few-examples"]


def test_a_cancelled_job_is_an_end_too(run, server):
    job = ordered(server)
    assert run("job", "cancel", job, "--target", "openai").code == 0
    done = run(*WATCH, job, *FAST)
    assert done.code == 1
    assert f"{job} cancelled" in done.out


def test_an_unknown_state_with_an_end_is_an_end(run, server):
    job = ordered(server)
    with server.lock:
        held = server.fine_tuning.jobs[job]
        held.phase, held.finished = "evaporated", 1_790_000_000
    server.validate = False
    done = run(*WATCH, job, *FAST)
    assert done.code == 1
    assert f"{job} failed (evaporated)" in done.out


@pytest.mark.parametrize("word", ["evaporated", "running"])
def test_a_job_with_an_end_and_a_model_has_worked(run, server, word):
    job = ordered(server)
    with server.lock:
        held = server.fine_tuning.jobs[job]
        held.phase, held.finished, held.tuned = word, 1_790_000_000, "ft:m:org::9"
    server.validate = False
    server.fine_tuning.hold = word
    done = run(*WATCH, job, *FAST)
    assert done.code == 0
    assert "tuned model: ft:m:org::9" in done.out
    assert run(*WATCH, job, *FAST, "--output-format", "json").code == 0


def test_a_word_that_nobody_documents_is_said_to_be_one(run, server):
    job = ordered(server)
    with server.lock:
        server.fine_tuning.jobs[job].phase = server.fine_tuning.hold = "evaporating"
    server.validate = False

    def over():
        while len(server.paths) < 30:  # it looks on, and says it once
            time.sleep(0.01)
        with server.lock:
            server.fine_tuning.hold = None
            server.fine_tuning.jobs[job].phase = "running"

    thread = threading.Thread(target=over)
    thread.start()
    done = run(*WATCH, job, *FAST)
    thread.join()
    assert done.code == 0
    assert done.err.count("`evaporating` is no state that evalkit knows") == 1
    assert f"{job}: unknown state (evaporating)" in done.out
    assert f"job {job} (openai): succeeded" in run("job", "show", job, "--target", "openai").out


def test_a_paused_job_is_said_to_be_one_at_once_and_how_to_go_on(run, server):
    job = ordered(server)
    held = server.fine_tuning
    with server.lock:
        while held.jobs[job].phase != "running":
            look(held, held.jobs[job])
        moved(held, held.jobs[job], "paused")
    server.validate = False  # the description has no word for it

    def go_on():
        while len(server.paths) < 20:
            time.sleep(0.01)
        with server.lock:
            moved(held, held.jobs[job], "running")

    thread = threading.Thread(target=go_on)
    thread.start()
    done = run(*WATCH, job, *FAST)
    thread.join()
    assert done.code == 0
    line = f"it is paused and waits until somebody lets it go on: evalkit job resume {job}"
    assert done.err.count(f"{line} --target openai\n") == 1


def test_bad_networks_are_borne(run, server):
    job = ordered(server)
    path = "/fine_tuning/jobs/"
    server.fail(503, times=2, path=path)
    server.fail(429, path=path, headers={"retry-after-ms": "30"})
    server.fail(200, reset=True, path=path)
    server.fail(200, cut=True, path=path)
    server.fail(200, body=b"<html>gateway", path=path)
    done = run(*WATCH, job, *FAST, "--output-format", "json")
    assert done.code == 0, done.err
    documents = [json.loads(line) for line in done.out.splitlines()]
    away = [one for one in documents if one["type"] == "away"]
    assert len(away) in (5, 6)  # the client itself repeats a question on a line that was dead
    assert any(one["seconds"] == 0.03 for one in away)
    ids = [one["id"] for one in documents if one["type"] == "event"]
    assert ids == [note.id for note in server.fine_tuning.jobs[job].notes]


@pytest.mark.slow
def test_a_server_that_restarts_is_waited_for(server, tmp_path):
    job = ordered(server)
    server.fine_tuning.hold = "running"
    with started(tmp_path, job, "--output-format", "json") as process:
        assert any('"state": "running"' in line for line in iter(process.stdout.readline, ""))
        port = server.port
        server._server.shutdown()
        server._server.server_close()  # whoever is connected stays so
        server.fail(reset=True, times=10)
        assert any('"tries": 3' in line for line in iter(process.stdout.readline, ""))
        server.faults.clear()
        server.fine_tuning.hold = None
        with Loopback(key=server.key, port=port) as second:
            second.state = server.state
            second.state["fine_tuning"].it = second
            rest, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    server._start()  # to be closed as usual
    server._thread.start()
    kinds = [json.loads(line)["type"] for line in rest.splitlines()]
    assert kinds.count("back") == 1
    assert kinds[-1] == "end"


def test_it_gives_up_where_it_may(run, server):
    job = ordered(server)
    server.fail(500, times=10**9, path="/fine_tuning/jobs/")
    done = run(*WATCH, job, *FAST, "--give-up", "0.1")
    assert done.code == 3
    assert "gave up after 0.1 s without an answer" in done.err
    assert "the same command follows it again" in done.err


@pytest.mark.parametrize(
    ("key", "job", "said"),
    [
        ("sk-wrong-0123456789abcdef", "ftjob-000001", "refused the key in OPENAI_API_KEY"),
        (None, "ftjob-nowhere", "answered 404"),
    ],
)
def test_what_asking_again_does_not_mend_ends_it(run, server, monkeypatch, key, job, said):
    ordered(server)
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    done = run(*WATCH, job, *FAST)
    assert done.code == 3
    assert said in done.err
    assert "0123456789" not in done.err + done.out


def test_a_job_of_nobody_is_asked_whose_it_is(run):
    done = run(*WATCH, "ftjob-1")
    assert done.code == 2
    assert "name the provider: --target openai" in done.err


def test_what_the_provider_says_cannot_move_the_cursor(run, server):
    job = ordered(server)
    with server.lock:
        server.fine_tuning.jobs[job].note("\x1b[2J\x07evil\r\n" + "x" * 10_000, level="error")
    done = run(*WATCH, job, *FAST)
    assert "\x1b" not in done.out
    assert "!! \\x1b[2J\\x07evil\\x0d⏎xxx" in done.out
    assert max(map(len, done.out.splitlines())) < 400


@contextmanager
def started(tmp_path, job, *more, stderr=subprocess.PIPE, **env):
    """A watch as a process of its own, which does not outlive the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "evalkit", *WATCH, job, *FAST, *more],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "PYTHONUTF8": "1", **env},
    )
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        yield process
    finally:
        guard.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
        if process.stderr is not None:
            process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_the_job_and_says_how_to_come_back(run, server, tmp_path):
    job = ordered(server)
    server.fine_tuning.hold = "running"
    with started(tmp_path, job) as process:
        first = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"the job goes on; come back: evalkit job watch {job} --target openai" in err
    assert "Traceback" not in err
    assert server.fine_tuning.jobs[job].phase != "cancelled"
    server.fine_tuning.hold = None
    done = run(*WATCH, job, *FAST)
    assert done.code == 0
    told = "".join(first) + rest
    assert f"Created fine-tuning job: {job}" in told
    assert f"Created fine-tuning job: {job}" not in done.out


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX terminals")
def test_on_a_terminal_a_live_line_shows_how_far_it_is(server, tmp_path):
    job = ordered(server)
    terminal, end = os.openpty()
    with started(tmp_path, job, stderr=end, TERM="xterm", COLUMNS="200") as process:
        os.close(end)
        shown = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            shown += piece
        told, _ = process.communicate(timeout=30)
    os.close(terminal)
    assert process.returncode == 0
    assert re.search(r"running · step \d+ of 96 · training loss", shown.decode())
    assert "The job has successfully completed" in told  # what happened stays in the file
    assert "step 96 of 96" not in told


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_killed_at_twenty_random_moments_no_event_is_lost(server, tmp_path):
    """Each kill may show again the one event that was on its way to the screen, and no other."""
    job = ordered(server)
    server.fine_tuning.hold = "running"
    held, over = server.fine_tuning.jobs[job], threading.Event()

    def happen():
        while not over.wait(0.05):
            with server.lock:
                held.note("something happened")

    events = threading.Thread(target=happen, daemon=True)
    events.start()
    draw = random.Random(20261121)  # noqa: S311
    told, repeats, kills, parts = [], 0, 0, 0
    path = tmp_path / "out.jsonl"
    for number in range(21):
        if number == 20:
            over.set()
            events.join()
            server.fine_tuning.hold = None  # to its end
        with path.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "evalkit", *WATCH, job, *FAST, "--output-format", "json"],
                cwd=tmp_path, stdout=out, stderr=subprocess.PIPE,
            )  # fmt: skip
            if number < 20:
                until = time.monotonic() + 20
                while number % 4 and not path.stat().st_size and time.monotonic() < until:
                    time.sleep(0.01)  # most of them once it shows something
                time.sleep(draw.uniform(0.0, 1.0))
                process.kill()
                kills += process.wait() == -signal.SIGKILL
            else:
                assert process.wait(timeout=120) == 0
            process.stderr.close()
        lines = path.read_bytes().split(b"\n")
        documents = [json.loads(line) for line in lines[:-1]]
        ids = [one["id"] for one in documents if one["type"] == "event"]
        if told and ids and ids[0] == told[-1]:
            repeats += 1
            ids = ids[1:]
        parts += bool(ids)
        told += ids
    notes = [note.id for note in server.fine_tuning.jobs[job].notes]
    assert kills == 20
    assert told == notes
    assert repeats <= kills
    assert parts > 8  # it was told in pieces


def test_what_happened_before_the_end_is_told_without_it(capsys):
    job = Job(
        id="ftjob-1", target="openai", model=MODEL, state="succeeded", said="succeeded",
        trained_tokens=900,
    )  # fmt: skip
    shows = Lines("en", live=False)
    shows(Looked(job=job, before=None))
    for step in (1, 5, 10):
        text = f"Step {step}/10: training loss=0.5"
        shows(Happened(event=Event(id=f"e{step}", time=1.0, level="info", text=text, step=step)))
    shows.close()
    assert capsys.readouterr().out.split("\n") == [
        "step 1 of 10", "step 5 of 10", "succeeded · step 10 of 10 · 900 tokens", "",
    ]  # fmt: skip
