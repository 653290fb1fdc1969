# SPDX-License-Identifier: Apache-2.0
"""`evalkit job suite`: a suite that runs as it is written."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import jsonschema
import openai
import pytest
import yaml
from loopback import Loopback

from evalkit.cli._job_suite import _seen_from
from evalkit.core.resources import schema
from evalkit.evaluation.suite import load_suite
from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.record import FilePart, new_record, write_record
from evalkit.starter.tuned_suite import suite_of, suite_text_of

MODEL = "gpt-4.1-mini-2025-04-14"
LABELS = ("refund", "delivery", "login")


def labelled(n: int, word: str) -> str:
    """Rows whose first word is the answer."""
    return "".join(
        json.dumps({"messages": [
            {"role": "user", "content": f"{LABELS[i % 3]} {word} {i}"},
            {"role": "assistant", "content": LABELS[i % 3]},
        ]}) + "\n"
        for i in range(n)
    )  # fmt: skip


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        it.answer = lambda _: "refund"
        it.fine_tuning.answer = lambda messages: messages[-1]["content"].split()[0]
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        yield it


def trained(server, text: str, *, until="succeeded", **more) -> str:
    client = openai.OpenAI()
    name = f"evalkit-{hashlib.sha256(text.encode()).hexdigest()[:32]}.jsonl"
    file = client.files.create(file=(name, text.encode()), purpose="fine-tune").id
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=file, suffix="support", **more)
    while until and client.fine_tuning.jobs.retrieve(job.id).status != until:
        pass
    return job.id


@pytest.fixture
def job(server, file, tmp_path):
    """A job that was ordered from this folder, with its record, and a held-out file."""
    text = labelled(30, "train")
    file(text, "data/train.jsonl")
    file(labelled(60, "test"), "data/heldout.jsonl")
    name = trained(server, text)
    path = tmp_path / "data" / "train.jsonl"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    train = TrainingFile(path=path, sha256=digest, size=path.stat().st_size)
    record = new_record(Order(target="openai", model=MODEL, train=train, suffix="support"))
    part = FilePart(path="data/train.jsonl", sha256=digest, size=train.size, id="file-000001")
    record = dataclasses.replace(record, train=part, state="submitted", job=name)
    write_record(tmp_path / ".evalkit" / "jobs", record)
    return name


def test_the_suite_runs_as_it_is(run, server, job, tmp_path):
    told = run("job", "suite", "last", "--data", "data/heldout.jsonl")
    assert (told.code, told.err) == (0, "")
    assert told.out == (
        "wrote  suites/support.eval.yaml\n"
        "next: evalkit run suites/support.eval.yaml --dry-run\n"
    )  # fmt: skip
    path = tmp_path / "suites" / "support.eval.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    jsonschema.validate(document, schema("suite"))
    assert document["models"] == {
        "base": f"openai/{MODEL}", "tuned": f"openai/ft:{MODEL}:org:support:000001"
    }  # fmt: skip
    assert (document["data"], document["train"]) == ("../data/heldout.jsonl", "../data/train.jsonl")
    assert document["gates"] == ["tuned better than base", "tuned errors <= 0%"]
    told = run("run", path, "--no-report")
    assert told.code == 0, told.err
    assert told.out.startswith("SHIP: tuned is better than base")
    assert server.complaints == []
    told = run("job", "suite", "last", "--data", "data/heldout.jsonl", "--lang", "zh")
    assert told.out.startswith("未变  suites/support.eval.yaml")


def test_nothing_is_written_over(run, job, file, tmp_path):
    file("name: mine\n", "suites/support.eval.yaml")
    told = run("job", "suite", job, "--data", "data/heldout.jsonl")
    assert told.code == 2
    assert "is there already" in told.err
    assert (tmp_path / "suites" / "support.eval.yaml").read_text() == "name: mine\n"
    told = run("job", "suite", job, "--data", "data/heldout.jsonl", "-o", "deep/er/x.eval.yaml")
    assert told.code == 0
    assert load_suite(tmp_path / "deep" / "er" / "x.eval.yaml").data == "../../data/heldout.jsonl"
    told = run("job", "suite", job, "--data", "data/heldout.jsonl", "-o", "x.yaml")
    assert "-o x.eval.yaml" in told.err


def test_the_training_file_is_no_held_out_file(run, server, job, file, tmp_path):
    file((tmp_path / "data" / "train.jsonl").read_bytes(), "copy.jsonl")
    for data in ("data/train.jsonl", "copy.jsonl"):
        told = run("job", "suite", job, "--data", data)
        assert told.code == 2
        assert "is the file that the model was trained on" in told.err
    # Without a record it is seen by the name that evalkit gave the upload.
    (tmp_path / ".evalkit").rename(tmp_path / "elsewhere")
    told = run("job", "suite", job, "--target", "openai", "--data", "copy.jsonl")
    assert "is the file that the model was trained on" in told.err
    assert not (tmp_path / "suites").exists()


def test_a_training_file_that_changed_is_not_named(run, job, file):
    file(labelled(31, "train"), "data/train.jsonl")
    told = run("job", "suite", job, "--data", "data/heldout.jsonl")
    assert told.code == 0
    assert "is not what was trained on any more" in told.err
    assert load_suite("suites/support.eval.yaml").train is None


def test_a_job_that_has_not_succeeded(run, server, job, monkeypatch):
    server.fine_tuning.hold = "queued"
    waiting = trained(server, labelled(12, "more"), until="queued")
    told = run("job", "suite", waiting, "--target", "openai", "--data", "data/heldout.jsonl")
    assert told.code == 2
    assert f"evalkit job watch {waiting}" in told.err
    openai.OpenAI().fine_tuning.jobs.cancel(waiting)
    told = run("job", "suite", waiting, "--target", "openai", "--data", "data/heldout.jsonl")
    assert "was cancelled" in told.err
    server.fine_tuning.hold = None
    failed = trained(server, "nonsense\n" * 12, until="failed")
    told = run("job", "suite", failed, "--target", "openai", "--data", "data/heldout.jsonl")
    assert f"{failed} failed: " in told.err


def test_few_rows_get_no_gate_that_they_cannot_prove(run, job, file):
    file(labelled(6, "few"), "few.jsonl")
    told = run("job", "suite", job, "--data", "few.jsonl")
    assert told.code == 0
    suite = load_suite("suites/support.eval.yaml")
    assert [gate.sentence for gate in suite.gates] == ["tuned errors <= 0%"]
    assert "too few to show which is better" in Path("suites/support.eval.yaml").read_text("utf-8")


@pytest.mark.slow
def test_a_recording_of_the_old_model_is_held_against_it(run, server, job):
    server.answers["ft:old"] = lambda messages: messages[-1]["content"].split()[0]
    told = run("record", "data/heldout.jsonl", "-m", "old=openai/ft:old", "-o", "old.jsonl")
    assert told.code == 0, told.err
    told = run("job", "suite", job, "--data", "data/heldout.jsonl", "--old", "old.jsonl")
    assert told.code == 0
    told = run("run", "suites/support.eval.yaml", "--no-report")
    assert "tuned not worse than old by 2 points" in told.out
    assert load_suite("suites/support.eval.yaml").models["old"].use == "replay:../old.jsonl"


@pytest.mark.slow
def test_a_server_of_ones_own_is_named_in_the_suite(run, server, job, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("MY_KEY", "k")
    line = ("--target", "openai", "--url", server.url, "--key-env", "MY_KEY")
    told = run("job", "suite", job, "--data", "data/heldout.jsonl", *line)
    assert told.code == 0, told.err
    tuned = yaml.safe_load(Path("suites/support.eval.yaml").read_text("utf-8"))["models"]["tuned"]
    assert tuned == {
        "use": f"ft:{MODEL}:org:support:000001",
        "url": server.url,
        "key_env": "MY_KEY",
    }
    assert run("run", "suites/support.eval.yaml", "--no-report").code == 0


def test_azure_answers_by_deployment(run, server, job, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1"))
    line = ("job", "suite", job, "--target", "azure", "--data", "data/heldout.jsonl")
    told = run(*line)
    assert told.code == 2
    assert "--tuned azure/DEPLOYMENT" in told.err
    told = run(*line, "--base", "azure/small", "--tuned", "azure/support-ft")
    assert told.code == 0, told.err
    assert load_suite("suites/support.eval.yaml").models["tuned"].use == "azure/support-ft"


def test_names_of_a_server_are_scalars(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file(labelled(30, "x"), "held: out.jsonl")
    evil = 'ft:x"}\ngates: ["tuned accuracy >= 0%"]\nname: \u2028évil'
    for tuned in (evil, {"use": evil, "url": "http://h/v1", "key_env": "K"}):
        one = suite_of(
            job="ftjob\n- x: y", target="openai", place=tmp_path / "a" / "x.eval.yaml",
            data=tmp_path / "held: out.jsonl", train=None, base="openai/b", tuned=tuned,
        )  # fmt: skip
        document = yaml.safe_load(suite_text_of(one))
        assert document["models"]["tuned"] == tuned
        assert document["data"] == "../held: out.jsonl"
        assert "name" not in document
        assert len(document["gates"]) == 2


def test_paths_of_local_models_are_seen_from_the_suite():
    place = Path("suites/x.eval.yaml")
    assert _seen_from("local:smollm2+runs/a.gguf", place) == "local:smollm2+../runs/a.gguf"
    assert _seen_from("local:smollm2", place) == "local:smollm2"
    assert _seen_from("local:m/w.gguf+a.gguf", place) == "local:../m/w.gguf+../a.gguf"
