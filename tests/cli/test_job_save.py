# SPDX-License-Identifier: Apache-2.0
"""`evalkit job save`: everything there is, twice the same, and what is gone is said."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import jsonschema
import openai
import pytest
from loopback import Loopback
from loopback.faults import FOR_EVER

from evalkit.cli._job_save_progress import SaveProgress, amount
from evalkit.core.resources import schema
from evalkit.jobs.archive.save import Step
from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.record import FilePart, new_record, write_record

MODEL = "gpt-4.1-mini-2025-04-14"
ROWS = "".join(
    json.dumps(
        {"messages": [{"role": "user", "content": f"问题 {i}"}, {"role": "assistant", "content": "是"}]},
        ensure_ascii=False,
    ) + "\n"
    for i in range(12)
).encode()  # fmt: skip


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-account")
        yield it


def trained(server, *, validation=True, ended=True, **more):
    """A job; its client asks until it has succeeded."""
    client = openai.OpenAI()
    train = client.files.create(file=("t.jsonl", ROWS), purpose="fine-tune").id
    if validation:
        more["validation_file"] = client.files.create(
            file=("v.jsonl", ROWS[: ROWS.index(b"\n", 900) + 1]), purpose="fine-tune"
        ).id
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=train, **more)
    while ended and client.fine_tuning.jobs.retrieve(job.id).status != "succeeded":
        pass
    return job.id


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest_of(folder: Path) -> dict:
    document = json.loads((folder / "manifest.json").read_text("utf-8"))
    jsonschema.validate(document, schema("job-archive"))
    for part in document["files"]:
        raw = (folder / part["file"]).read_bytes()
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (part["bytes"], part["sha256"])
    return document


def test_everything_there_is(run, server, tmp_path):
    job = trained(
        server, suffix="帮助", metadata={"team": "sk-proj-abcdefghijklmnopqrstuvwxyz0123"}
    )
    told = run("job", "save", job, "--target", "openai", "-o", "kept")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"{job}: 6 files, ")
    folder = tmp_path / "kept" / "openai" / job
    document = manifest_of(folder)
    assert [part["file"] for part in document["files"]] == [
        "checkpoints.json", "events.jsonl", "job.json", "result-1.csv", "training.jsonl",
        "validation.jsonl",
    ]  # fmt: skip
    assert document["missing"] == []
    assert document["tuned_model"].startswith(f"ft:{MODEL}:")
    assert (folder / "training.jsonl").read_bytes() == ROWS
    assert (folder / "result-1.csv").read_bytes().startswith(b"step,train_loss,")  # not base64
    events = [
        json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()
    ]
    assert events[0]["text"] == f"Created fine-tuning job: {job}"
    assert events[-1]["text"] == "The job has successfully completed"
    assert len(json.loads((folder / "checkpoints.json").read_text("utf-8"))) == 3
    config = (folder / "job.json").read_text("utf-8")
    assert "帮助" in config
    assert json.loads(config)["provider_says"]["fine_tuned_model"] == document["tuned_model"]
    for path in folder.iterdir():  # no key is kept: neither ours nor one that a job's notes hold
        assert b"sk-" not in path.read_bytes()
    assert server.complaints == []


def test_twice_changes_nothing_and_fetches_no_file(run, server, tmp_path):
    job = trained(server)
    run("job", "save", job, "--target", "openai")
    before, asked = everything(tmp_path / "archive"), len(server.paths)
    told = run("job", "save", job, "--target", "openai")
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith("nothing new\n")
    assert everything(tmp_path / "archive") == before
    assert not any("/content" in path for path in server.paths[asked:])


def test_all_jobs_of_the_account(run, server, tmp_path, monkeypatch):
    for name in ("AZURE_OPENAI", "TOGETHER", "FIREWORKS", "MISTRAL"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    jobs = [trained(server, validation=False) for _ in range(3)]
    told = run("job", "save", "--all", "--output-format", "json")
    assert told.code == 0
    assert "left out: azure: AZURE_OPENAI_API_KEY is not set" in told.err
    document = json.loads(told.out)
    assert sorted(one["manifest"]["job"] for one in document["jobs"]) == jobs
    assert all((tmp_path / one["folder"] / "job.json").is_file() for one in document["jobs"])


def test_what_was_saved_is_said_though_the_rest_fails(run, server):
    jobs = [trained(server, validation=False) for _ in range(2)]
    server.fail(401, path=f"/jobs/{jobs[0]}")  # the newest comes first
    told = run("job", "save", "--all", "--target", "openai")
    assert told.code == 3
    assert told.out.startswith(f"{jobs[1]}: 5 files, ")
    assert jobs[0] not in told.out
    assert told.err.startswith("error: ")


def test_a_file_that_is_gone_is_noted_and_no_error(run, server, tmp_path):
    job = trained(server)
    client = openai.OpenAI()
    client.files.delete(client.fine_tuning.jobs.retrieve(job).validation_file)
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 0
    assert "not there: validation file file-000002: " in told.out
    document = manifest_of(tmp_path / "archive" / "openai" / job)
    assert [(one["what"], one["again"]) for one in document["missing"]] == [("validation", False)]
    before = everything(tmp_path / "archive")
    assert run("job", "save", job, "--target", "openai").code == 0
    assert everything(tmp_path / "archive") == before  # the day on which it was noted stays


def test_what_was_saved_stays_when_it_goes(run, server, tmp_path):
    job = trained(server)
    run("job", "save", job, "--target", "openai")
    before = everything(tmp_path / "archive")
    server.files.held.clear()
    told = run("job", "save", job, "--target", "openai")
    assert (told.code, "not there" in told.out) == (0, False)
    assert everything(tmp_path / "archive") == before
    del server.fine_tuning.jobs[job]
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 0
    assert "has no such job any more" in told.out
    after = everything(tmp_path / "archive")
    manifest = f"openai/{job}/manifest.json"
    assert {**after, manifest: before[manifest]} == before
    run("job", "save", job, "--target", "openai")
    assert everything(tmp_path / "archive") == after


def test_a_fault_that_passes_is_waited_for(run, server, tmp_path):
    job = trained(server)
    for path in ("/content", "/events", "/checkpoints"):
        server.fail(503, path=path)
    told = run("job", "save", job, "--target", "openai")
    assert (told.code, told.err) == (0, "")
    assert manifest_of(tmp_path / "archive" / "openai" / job)["missing"] == []


@pytest.mark.slow
def test_a_fault_that_stays_is_exit_3_and_the_next_call_ends_it(run, server, tmp_path):
    job = trained(server)
    server.fail(500, path="/content", times=FOR_EVER)
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 3
    assert told.err == "incomplete: the same command fetches what is still missing\n"
    assert told.out.count("not there: ") == 3
    server.faults.clear()
    told = run("job", "save", job, "--target", "openai", "--lang", "zh")
    assert told.code == 0
    assert "个文件" in told.out
    assert (tmp_path / "archive" / "openai" / job / "training.jsonl").read_bytes() == ROWS
    assert manifest_of(tmp_path / "archive" / "openai" / job)["missing"] == []


def test_a_damaged_copy_is_fetched_again_and_said_where_it_cannot_be(run, server, tmp_path):
    job = trained(server)
    run("job", "save", job, "--target", "openai")
    copy = tmp_path / "archive" / "openai" / job / "training.jsonl"
    copy.write_bytes(ROWS[:-1])
    assert run("job", "save", job, "--target", "openai").code == 0
    assert copy.read_bytes() == ROWS
    copy.write_bytes(ROWS[:-1])
    server.files.held.clear()
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 2
    assert "damaged: training.jsonl" in told.out


def test_names_from_the_server_are_no_paths(run, server, tmp_path):
    job = trained(server)
    for n, file in enumerate(server.files.held.values()):
        file.name = ["../../../evil.jsonl", "/etc/cron.d/x", "a\x1b[2Jb\n.csv"][n]
    told = run("job", "save", job, "--target", "openai", "-o", "a/b/c")
    assert told.code == 0
    assert "\x1b" not in told.out
    there = [
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    ]
    assert all(path.startswith(f"a/b/c/openai/{job}/") for path in there)
    assert {Path(path).name for path in there} == {
        "manifest.json", "checkpoints.json", "events.jsonl", "job.json", "result-1.csv",
        "training.jsonl", "validation.jsonl",
    }  # fmt: skip


def ordered(server, folder: Path, path: Path, job: str | None = None):
    """A record of a job that was submitted from this folder."""
    job = job or trained(server, validation=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    file = TrainingFile(path=path, sha256=digest, size=path.stat().st_size)
    record = new_record(Order(target="openai", model=MODEL, train=file))
    part = FilePart(path=str(path), sha256=digest, size=file.size, id="file-000001")
    import dataclasses

    record = dataclasses.replace(record, train=part, state="submitted", job=job)
    write_record(folder / ".evalkit" / "jobs", record)
    return record


def test_the_order_is_kept_and_the_file_that_is_here_is_not_fetched(run, server, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(ROWS)
    record = ordered(server, tmp_path, tmp_path / "train.jsonl")
    asked = len(server.paths)
    told = run("job", "save", "last")
    assert told.code == 0
    assert not any("file-000001/content" in path for path in server.paths[asked:])
    folder = tmp_path / "archive" / "openai" / record.job
    parts = {part["file"]: part for part in manifest_of(folder)["files"]}
    assert parts["training.jsonl"]["source"] == parts["order.json"]["source"] == "this machine"
    assert json.loads((folder / "order.json").read_text("utf-8"))["key"] == record.key
    # Another file under that name is another file.
    (tmp_path / "train.jsonl").write_bytes(ROWS + ROWS)
    run("job", "save", "last", "-o", "other")
    assert (tmp_path / "other" / "openai" / record.job / "training.jsonl").read_bytes() == ROWS


def test_of_a_job_that_is_gone_the_order_and_its_file_are_kept(run, server, tmp_path):
    (tmp_path / "train.jsonl").write_bytes(ROWS)
    record = ordered(server, tmp_path, tmp_path / "train.jsonl")
    server.fine_tuning.jobs.clear()
    told = run("job", "save", "last")
    assert told.code == 0
    assert "the provider has no such job any more" in told.out
    assert told.out.startswith(f"{record.job}: 2 files, ")
    document = manifest_of(tmp_path / "archive" / "openai" / record.job)
    assert document["state"] == "gone"
    assert [part["file"] for part in document["files"]] == ["order.json", "training.jsonl"]


def test_a_job_that_runs_is_saved_as_far_as_it_is(run, server, tmp_path):
    job = trained(server, ended=False)
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 0
    assert "it has not ended (" in told.out
    assert manifest_of(tmp_path / "archive" / "openai" / job)["missing"] == []


def test_what_cannot_be_meant(run, server, tmp_path):
    assert "which jobs?" in run("job", "save").err
    assert "both given" in run("job", "save", "x", "--all").err
    told = run("job", "save", "ftjob-none", "--target", "openai")
    assert told.code == 2
    assert "openai has no job `ftjob-none`" in told.err
    assert "whose job is" in run("job", "save", "ftjob-none").err
    assert "of one provider" in run("job", "save", "--all", "--url", "http://127.0.0.1:1/v1").err
    assert not (tmp_path / "archive").exists()


def test_a_wrong_key_and_a_server_that_is_not_there(run, server, monkeypatch):
    job = trained(server)
    server.key = "sk-another-key-that-is-right"
    told = run("job", "save", job, "--target", "openai")
    assert told.code == 3
    assert "sk-of-the-account" not in told.out + told.err
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    told = run("job", "save", job, "--target", "openai")
    assert (told.code, "cannot reach 127.0.0.1:9" in told.err) == (3, True)


def test_progress_is_a_bar_on_a_terminal_and_now_and_then_a_line_elsewhere(capfd, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    steps = [Step(job="ftjob\x1b[2J", what="training", bytes=n << 20, of=9 << 20) for n in range(9)]
    with SaveProgress("zh") as shown:
        shown.step(steps[0])
        assert capfd.readouterr().err == ""
        monkeypatch.setattr("evalkit.cli._job_save_progress._QUIET_SECONDS", 0)
        shown.step(steps[3])
        assert capfd.readouterr().err == "ftjob\\x1b[2J 训练文件: 3.1 MB / 9.4 MB\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with SaveProgress("en") as shown:
        for step in steps:
            shown.step(step)
        shown.step(Step(job="j", what="result", bytes=5, of=None))
    assert "training file" in capfd.readouterr().err


def test_amounts_are_for_people():
    assert [amount(n) for n in (0, 999, 1_000, 38_300, 12_000_000, 8_100_000_000)] == [
        "0 B", "999 B", "1.0 kB", "38.3 kB", "12.0 MB", "8.1 GB"
    ]  # fmt: skip
