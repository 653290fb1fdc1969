# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning jobs and Uploads of the loopback server, asked by the real client."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import openai
import pytest
from loopback import FastLoopback, Loopback
from loopback._local_runner import local_runner
from loopback._training import Failure
from loopback._training_checks import moderated, over_quota

BASE = "gpt-4.1-mini-2025-04-14"
KEY = {"evalkit_key": "abc"}


def rows(n: int = 12, **more) -> list[dict]:
    answer = {"role": "assistant", "content": "yes"}
    return [
        {"messages": [{"role": "user", "content": f"question {i}"}, answer], **more}
        for i in range(n)
    ]


def lines(given: list) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in given)


@pytest.fixture
def server(request):
    with getattr(request, "param", Loopback)() as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.url, api_key="k", max_retries=0, timeout=20) as made:
        yield made


def sent(client, raw: bytes | None = None, name: str = "train.jsonl") -> str:
    made = client.files.create(
        file=(name, lines(rows()) if raw is None else raw), purpose="fine-tune"
    )
    return made.id


def ended(client, job):
    for _ in range(40):
        if job.status in ("succeeded", "failed", "cancelled"):
            return job
        job = client.fine_tuning.jobs.retrieve(job.id)
    raise AssertionError(f"still {job.status}")


@pytest.mark.parametrize("server", [Loopback, FastLoopback], indirect=True)
def test_a_job_from_its_order_to_its_answers(server, client):
    server.fine_tuning.answer = lambda _messages: "tuned"
    job = client.fine_tuning.jobs.create(
        model=BASE,
        training_file=sent(client),
        validation_file=sent(client, name="valid.jsonl"),
        suffix="mine",
        seed=7,
        metadata=KEY,
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
    )
    assert (job.status, job.seed, job.metadata) == ("validating_files", 7, KEY)
    assert (job.hyperparameters.n_epochs, job.hyperparameters.batch_size) == (3, "auto")
    seen = [job.status]
    while job.status not in ("succeeded", "failed"):
        job = client.fine_tuning.jobs.retrieve(job.id)
        seen += [job.status] if job.status != seen[-1] else []
        assert job.status != "running" or job.estimated_finish
    assert seen == ["validating_files", "queued", "running", "succeeded"]
    assert job.fine_tuned_model == f"ft:{BASE}:org:mine:000001"
    # 1 an example, 3 a message, its role and its words: "question", " ", a number; "yes"
    assert job.trained_tokens == 3 * 12 * (1 + (3 + 1 + 3) + (3 + 1 + 1))

    said = list(client.fine_tuning.jobs.list_events(job.id, limit=10))
    assert said[0].message == "The job has successfully completed"
    assert [event.message for event in said[-4:]] == [
        "Fine-tuning job started",
        "Files validated, moving job to queued state",
        "Validating training file: file-000001 and validation file: file-000002",
        f"Created fine-tuning job: {job.id}",
    ]
    steps = [event for event in said if event.type == "metrics"]
    assert [event.data["step"] for event in steps] == list(range(36, 0, -1))
    assert steps[0].message.startswith("Step 36/36: training loss=0.")
    assert {"train_loss", "train_mean_token_accuracy", "valid_loss", "total_steps"} <= (
        steps[0].data.keys()
    )
    points = list(client.fine_tuning.jobs.checkpoints.list(job.id, limit=2))
    assert [point.step_number for point in points] == [36, 24, 12]
    assert points[0].fine_tuned_model_checkpoint == job.fine_tuned_model
    assert points[1].fine_tuned_model_checkpoint.endswith(":ckpt-step-24")
    assert points[0].metrics.full_valid_loss

    raw = client.files.content(job.result_files[0]).content
    table = list(csv.DictReader(io.StringIO(base64.b64decode(raw).decode())))
    assert [row["step"] for row in table] == [str(n) for n in range(1, 37)]
    assert table[0].keys() >= {"train_loss", "train_accuracy", "valid_mean_token_accuracy"}
    names = {model.id for model in client.models.list()}
    assert {job.fine_tuned_model, points[1].fine_tuned_model_checkpoint} <= names
    asked = client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "?"}]
    )
    assert asked.choices[0].message.content == "tuned"
    assert [file.name for file in server.fine_tuning.uploads] == ["train.jsonl", "valid.jsonl"]
    assert len(server.fine_tuning.creates) == len(server.fine_tuning.jobs) == 1


def test_jobs_are_listed_newest_first_in_pages_and_by_metadata(client):
    file = sent(client)
    made = [
        client.fine_tuning.jobs.create(
            model=BASE, training_file=file, metadata={"evalkit_key": f"k{n % 2}", "n": str(n)}
        ).id
        for n in range(5)
    ]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2)] == made[::-1]
    found = client.fine_tuning.jobs.list(metadata={"evalkit_key": "k1"})
    assert [job.id for job in found] == [made[3], made[1]]
    assert not list(client.fine_tuning.jobs.list(metadata={"evalkit_key": "no"}))


def test_cancel_pause_and_resume(server, client):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    with pytest.raises(openai.BadRequestError):
        client.fine_tuning.jobs.pause(job.id)
    while job.status != "running":
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert client.fine_tuning.jobs.pause(job.id).status == "paused"
    told = server.fine_tuning.jobs[job.id].told
    for _ in range(3):
        assert client.fine_tuning.jobs.retrieve(job.id).status == "paused"
    assert server.fine_tuning.jobs[job.id].told == told
    assert client.fine_tuning.jobs.resume(job.id).status == "running"
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="already completed"):
        client.fine_tuning.jobs.cancel(job.id)
    assert client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model is None


def test_time_may_pass_by_the_clock_and_stand_still(server, client):
    server.fine_tuning.seconds = 0.02
    server.fine_tuning.hold = "queued"
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    deadline = time.monotonic() + 10
    while job.status != "queued" and time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job.id)
    time.sleep(0.2)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "queued"
    server.fine_tuning.hold = None
    time.sleep(0.3)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"  # at the first look


def test_recorded_metrics_are_replayed_and_may_come_plain(server, client):
    recorded = "step,train_loss,elapsed_tokens,classification/accuracy\n1,0.5,10,\n2,0.25,20,0.75\n"
    server.fine_tuning.metrics, server.fine_tuning.encoded = recorded, False
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    job = ended(client, job)
    plain = client.files.content(job.result_files[0]).content.decode()
    assert list(csv.DictReader(io.StringIO(plain)))[1]["classification/accuracy"] == "0.75"
    said = list(client.fine_tuning.jobs.list_events(job.id))
    assert [event.data["train_loss"] for event in said if event.type == "metrics"] == [0.25, 0.5]


def test_a_runner_really_trains(server, client):
    seen = {}

    def train(run, report):
        seen["train"] = run.train
        for step in (1, 2):
            report({"step": step, "train_loss": 1 / step})
        run.adapter = b"weights"
        return lambda messages: f"learnt: {messages[-1]['content']}"

    server.fine_tuning.runner = train
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    deadline = time.monotonic() + 10
    while job.status != "succeeded" and time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert (seen["train"], server.fine_tuning.jobs[job.id].adapter) == (lines(rows()), b"weights")
    asked = client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "x"}]
    )
    assert asked.choices[0].message.content == "learnt: x"


@pytest.mark.slow
def test_a_job_that_evalkit_itself_trains(server, client, tmp_path):
    for package in ("torch", "transformers", "peft", "gguf", "xllamacpp"):
        pytest.importorskip(package)
    server.fine_tuning.runner = local_runner(tmp_path, layers=6)
    talk = [{"role": "user", "content": "Sort: kick"}, {"role": "assistant", "content": "football"}]
    job = client.fine_tuning.jobs.create(
        model="smollm2",
        training_file=sent(client, lines([{"messages": talk}] * 10)),
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 8}}},
    )
    deadline = time.monotonic() + 240
    while job.status not in ("succeeded", "failed") and time.monotonic() < deadline:
        time.sleep(0.2)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.error is None, job.error.message
    assert job.status == "succeeded"
    losses = [e.data["train_loss"] for e in client.fine_tuning.jobs.list_events(job.id) if e.data]
    assert losses[0] < losses[-1]  # newest first
    asked = client.chat.completions.create(model=job.fine_tuned_model, messages=talk[:1])
    assert asked.choices[0].message.content == "football"


def test_a_runner_is_told_to_stop_and_may_fail(server, client):
    def waits(run, _report):
        assert run.stop.wait(10)

    def breaks(_run, _report):
        raise ValueError("out of memory")

    server.fine_tuning.runner = waits
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    while job.status != "running":
        job = client.fine_tuning.jobs.retrieve(job.id)
    client.fine_tuning.jobs.cancel(job.id)
    assert server.fine_tuning.jobs[job.id].stop.is_set()
    server.fine_tuning.runner = breaks
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
    deadline = time.monotonic() + 10
    while job.status != "failed" and time.monotonic() < deadline:
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.error.code == "server_error"
    assert "out of memory" in job.error.message


CHAT = rows(1)[0]["messages"]
TOOL = [*CHAT, {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "x"}]}]
PAIR = {
    "input": {"messages": CHAT[:1]},
    "preferred_output": CHAT[1:],
    "non_preferred_output": CHAT[1:],
}
BROKEN = {
    "few": (lines(rows(7)), "Training file has 7 example(s), but must have at least 10 examples"),
    "role": (
        lines([*rows(3), {"messages": [CHAT[0], {"content": "x"}]}]),
        "Invalid file format. Example 4, message 2 Discriminator 'role' is missing in value",
    ),
    "json": (
        lines(rows(2)) + b'{"messages": [] "a": 1}\n',
        "Example 3 cannot be parsed. Error: line contains invalid json: Expecting ',' delimiter",
    ),
    "extra": (lines(rows(12, weight=1)), 'Example 1 contains an extra "weight".'),
    "missing": (lines([PAIR] * 12), "Example 1 is missing key 'messages'."),
    "neither": (
        lines([{"text": "x"}] * 12),
        "Unexpected file format, expected either prompt/completion pairs or chat messages.",
    ),
    "array": (
        json.dumps(rows()).encode(),
        'Line 1 is not a dictionary (HINT: line starts with: "[{"message...").',
    ),
    "bom": (b"\xef\xbb\xbf" + lines(rows()), "Line 1 is not a dictionary"),
    "tool": (
        lines([{"messages": TOOL}] * 12),
        'Line 1, message 3, key "content": Input should be a valid string',
    ),
    "labels": (
        lines([{"messages": [CHAT[0], {"role": "assistant", "content": ["a"]}]}] * 12),
        "'str' object has no attribute 'get'",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_fail_validation_with_the_words_of_the_service(client, name):
    raw, words = BROKEN[name]
    job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client, raw))
    job = ended(client, job)
    assert job.status == "failed"
    assert words in job.error.message
    assert job.error.param == "training_file"
    code = "invalid_n_examples" if name == "few" else "invalid_training_file"
    assert job.error.code == code
    last = next(iter(client.fine_tuning.jobs.list_events(job.id)))
    assert (last.level, last.message) == ("error", job.error.message)


def test_the_method_must_fit_the_rows_and_validation_files_are_looked_at_too(client):
    good = sent(client)
    job = client.fine_tuning.jobs.create(
        model=BASE, training_file=good, method={"type": "dpo", "dpo": {}}
    )
    said = ended(client, job).error.message
    assert "is in the fine-tune-chat format, but the specified fine-tuning job is not using" in said
    bad = sent(client, lines([{"messages": [{"content": "x"}]}]))
    job = client.fine_tuning.jobs.create(model=BASE, training_file=good, validation_file=bad)
    job = ended(client, job)
    assert (job.error.code, job.error.param) == ("invalid_validation_file", "validation_file")
    pairs = sent(client, lines([PAIR] * 10))
    job = client.fine_tuning.jobs.create(
        model=BASE,
        training_file=pairs,
        method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}},
    )
    assert ended(client, job).method.dpo.hyperparameters.beta == 0.2


def test_failures_on_order(server, client):
    flagged = moderated(4, 13)
    server.fine_tuning.failures += [flagged, over_quota()]
    file = sent(client)
    found = []
    for broken in (False, False, True):
        if broken:
            server.fine_tuning.breaks.append(Failure("server_error", "The job failed"))
        job = ended(client, client.fine_tuning.jobs.create(model=BASE, training_file=file))
        found.append((job.status, job.error.code))
    assert found == [
        ("failed", "invalid_training_file"),
        ("failed", "exceeded_quota"),
        ("failed", "server_error"),
    ]
    steps = [e for e in client.fine_tuning.jobs.list_events(job.id) if e.type == "metrics"]
    assert len(steps) == 48  # of 96
    assert "Flagged lines: 4, 13" in flagged.message


def test_what_creating_refuses(server, client):
    file = sent(client)

    def refused(**given):
        with pytest.raises(openai.APIStatusError) as caught:
            client.fine_tuning.jobs.create(**{"model": BASE, "training_file": file, **given})
        return caught.value.status_code, caught.value.code

    server.fine_tuning.takes = lambda model: model == BASE
    assert refused(model="gpt-9") == (400, "model_not_available")
    assert refused(training_file="file-none") == (400, "invalid_training_file")
    assert refused(metadata={str(n): "" for n in range(17)})[0] == 400
    server.fine_tuning.closed = True
    assert refused() == (403, "training_not_available")
    assert server.fine_tuning.creates == []


def test_faults_leave_the_job_made_or_not(server, client):
    file = sent(client)
    server.fail(429, headers={"Retry-After": "2"}, path="/fine_tuning/jobs", method="POST")
    with pytest.raises(openai.RateLimitError) as caught:
        client.fine_tuning.jobs.create(model=BASE, training_file=file)
    assert caught.value.response.headers["retry-after"] == "2"
    assert server.fine_tuning.creates == []
    server.fail(reset=True, path="/fine_tuning/jobs", method="POST")
    with pytest.raises(openai.APIConnectionError):
        client.fine_tuning.jobs.create(model=BASE, training_file=file)
    assert len(server.fine_tuning.creates) == 1  # made, and nobody told
    server.fail(wait=1, path="/fine_tuning/jobs", method="POST")
    impatient = client.with_options(timeout=0.2)
    with pytest.raises(openai.APITimeoutError):
        impatient.fine_tuning.jobs.create(model=BASE, training_file=file)
    assert len(server.fine_tuning.creates) == 2


def test_azures_words_and_no_metadata(server, client):
    url = server.url.replace("/v1", "/openai/v1")
    with openai.OpenAI(
        base_url=url, api_key="-", max_retries=0, default_headers={"api-key": "k"}
    ) as azure:
        job = azure.fine_tuning.jobs.create(model=BASE, training_file=sent(client), metadata=KEY)
        assert (job.status, job.metadata) == ("pending", None)
        assert azure.fine_tuning.jobs.cancel(job.id).status == "canceled"
        assert [one.id for one in azure.fine_tuning.jobs.list()] == [job.id]


def test_uploads_in_parts(server, client):
    raw = lines(rows(40))
    half = len(raw) // 2
    made = client.uploads.create(
        filename="big.jsonl", purpose="fine-tune", bytes=len(raw), mime_type="text/jsonl"
    )
    assert made.status == "pending"
    second = client.uploads.parts.create(made.id, data=raw[half:])
    first = client.uploads.parts.create(made.id, data=raw[:half])
    with pytest.raises(openai.BadRequestError, match="announced"):
        client.uploads.complete(made.id, part_ids=[first.id])
    with pytest.raises(openai.BadRequestError, match="MD5"):
        client.uploads.complete(made.id, part_ids=[first.id, second.id], md5="0" * 32)
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    done = client.uploads.complete(made.id, part_ids=[first.id, second.id], md5=md5)
    assert client.files.content(done.file.id).content == raw
    assert [file.name for file in server.fine_tuning.uploads] == ["big.jsonl"]
    with pytest.raises(openai.BadRequestError):
        client.uploads.cancel(made.id)
    other = client.uploads.create(
        filename="b.jsonl", purpose="fine-tune", bytes=1, mime_type="text/jsonl"
    )
    assert client.uploads.cancel(other.id).status == "cancelled"


def test_a_process_of_its_own_counts_and_obeys():
    place = Path(__file__).resolve().parents[1] / "loopback"
    process = subprocess.Popen(
        [sys.executable, str(place), "--validate", "--tick", "0.01"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()

        def told(order: dict) -> dict:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        told({"fail": {"wait": 0.01, "path": "/fine_tuning/jobs", "method": "POST"}})
        with openai.OpenAI(base_url=url, api_key="k", max_retries=0) as client:
            job = client.fine_tuning.jobs.create(model=BASE, training_file=sent(client))
            time.sleep(0.2)
            assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
            counted = told({"fine_tuning": {"closed": True}})
            assert (counted["uploads"], counted["creates"]) == (1, 1)
            assert counted["jobs"] == {job.id: "succeeded"}
            assert counted["complaints"] == []
            with pytest.raises(openai.PermissionDeniedError):
                client.fine_tuning.jobs.create(model=BASE, training_file=job.training_file)
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def test_files_are_looked_through_first_and_may_be_unfit(server, client):
    server.files.settling, server.files.unfit = 1, "not a training file"
    file = sent(client)
    assert client.files.retrieve(file).status == "uploaded"
    held = client.files.retrieve(file)
    assert (held.status, held.status_details) == ("error", "not a training file")


def test_many_at_once(server, client):
    file = sent(client)
    threads = [
        threading.Thread(
            target=lambda: client.fine_tuning.jobs.create(model=BASE, training_file=file)
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in client.fine_tuning.jobs.list()}) == 8
