# SPDX-License-Identifier: Apache-2.0
"""Jobs on this machine, by a trainer of its own process that needs no torch."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from evalkit.core.errors import EvalkitError, InputError, MissingExtraError, UsageError
from evalkit.jobs.job import KEY, Order, TrainingFile
from evalkit.jobs.providers.local import LocalProvider
from evalkit.jobs.seam import CannotError, Where, open_provider
from evalkit.jobs.training.folder import Folder

STUB = Path(__file__).resolve().parent.parent / "training" / "stub_trainer.py"
ROWS = "".join(
    json.dumps({"messages": [{"role": "user", "content": ask}, {"role": "assistant", "content": say}]})
    + "\n"
    for ask, say in (("Hi", "yes"), ("Ho", "no"))
)  # fmt: skip


@pytest.fixture
def training_file(tmp_path):
    def make(text=ROWS, name="train.jsonl"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        raw = path.read_bytes()
        return TrainingFile(path=path, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))

    return make


@pytest.fixture
def order(training_file):
    def make(**given):
        usual = {
            "target": "local",
            "model": "smollm2",
            "train": training_file(),
            "hyperparameters": {"n_epochs": 2},
        }
        return Order(**{**usual, **given})

    return make


@pytest.fixture
def provider(tmp_path, monkeypatch):
    """The provider in an empty folder, which is the current one; its model is a stand-in."""
    monkeypatch.chdir(tmp_path)
    weights = tmp_path / "model.gguf"
    weights.write_bytes(b"GGUF")
    return LocalProvider(
        tmp_path / "jobs" / "local",
        trainer=lambda path: [sys.executable, str(STUB), str(path)],
        checked=lambda _model: weights,
    )


async def started(provider, order):
    sent = await provider.upload(order.train, name=order.train.remote_name)
    held = order.validation
    if held is not None:
        held = (await provider.upload(held, name=held.remote_name)).id
    return await provider.create(order, train=sent.id, validation=held)


async def until(provider, job, *states):
    """The job, once it is in one of these states."""
    for _ in range(1_000):
        found = await provider.job(job.id)
        if found.state in states:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(found)


async def listed(found):
    return [one async for one in found]


def slow(monkeypatch, seconds="0.05"):
    monkeypatch.setenv("STUB_PAUSE", seconds)


def test_a_job_from_end_to_end(provider, order, training_file):
    async def go():
        valid = training_file(ROWS.replace("Hi", "Hey"), "valid.jsonl")
        job = await started(provider, order(validation=valid, metadata={"a": "b"}))
        assert job.id == f"ftlocal-{job.metadata[KEY][:16]}"
        done = await until(provider, job, "succeeded")
        assert (done.trained_tokens, done.metadata["a"]) == (1234, "b")
        assert done.tuned_model == f"local:smollm2+jobs/local/{job.id}/adapter.gguf"
        adapter = provider.folder / job.id / "adapter.gguf"
        assert adapter.read_bytes() == b"GGUF after 6"
        assert done.hyperparameters["batch_size"] == 8
        assert done.finished >= done.created
        (result,) = done.result_files
        pieces = await listed(provider.content(result))
        assert b"".join(pieces).startswith(b"step,train_loss,train_accuracy,valid_loss,")
        assert (await provider.file(result)).size == len(b"".join(pieces))
        rows = await listed(provider.content(done.training_file))
        assert b"".join(rows) == ROWS.encode()
        events = await listed(provider.events(job.id))
        assert events[-1].text == "The job has successfully completed"
        assert [e.step for e in events if e.metrics] == [1, 2, 3, 4, 5, 6]
        later = await listed(provider.events(job.id, after=events[4].id))
        assert later == events[5:]
        points = await provider.checkpoints(job.id)
        assert [point.step for point in points] == [3, 6]
        assert points[0].model.endswith("/checkpoints/step-3.gguf")
        (tuned,) = await listed(provider.tuned())
        assert (tuned.name, tuned.base, tuned.job) == (done.tuned_model, "smollm2", job.id)
        assert await listed(provider.jobs(key=done.metadata[KEY])) == [done]
        assert await listed(provider.jobs(key="another")) == []

    asyncio.run(go())


def test_the_same_file_lies_there_once(provider, training_file):
    async def go():
        file = training_file()
        first = await provider.upload(file, name=file.remote_name)
        second = await provider.upload(file, name=file.remote_name)
        assert first.id == second.id == f"file-{file.sha256[:32]}"
        assert first.name == file.remote_name
        assert [one.id for one in await listed(provider.files())] == [first.id]

    asyncio.run(go())


def test_a_file_that_changed_is_not_taken(provider, training_file):
    file = training_file()
    file.path.write_text("something else")
    with pytest.raises(InputError, match="changed while it was looked at"):
        asyncio.run(provider.upload(file, name="x"))
    assert asyncio.run(listed(provider.files())) == []


def test_the_same_order_is_one_job_while_it_runs(provider, order, monkeypatch):
    slow(monkeypatch)
    long = {"n_epochs": 50}

    async def go():
        first, second = await asyncio.gather(
            started(provider, order(hyperparameters=long)),
            started(provider, order(hyperparameters=long)),
        )
        assert first.id == second.id
        assert (await started(provider, order(hyperparameters=long))).id == first.id
        await provider.cancel(first.id)
        again = await started(provider, order(hyperparameters=long))  # whoever asks knows its end
        assert again.id == f"{first.id}-2"
        await provider.cancel(again.id)
        found = await listed(provider.jobs())
        assert [job.id for job in found] == [again.id, first.id]  # newest first

    asyncio.run(go())


def test_an_order_that_was_never_taken_is_no_job(provider, order):
    async def go():
        job = await started(provider, order())
        await until(provider, job, "succeeded")
        folder = provider.folder / job.id
        (folder / "job.json").rename(folder / "draft.json")  # killed before its trainer began
        assert await listed(provider.jobs()) == []
        with pytest.raises(UsageError, match="no local job"):
            await provider.job(job.id)
        again = await started(provider, order())
        assert again.id == job.id

    asyncio.run(go())


@pytest.mark.skipif(os.name != "posix", reason="kills a process group")
def test_a_killed_trainer_is_seen_and_goes_on(provider, order, monkeypatch):
    slow(monkeypatch, "0.1")

    async def go():
        job = await started(provider, order(hyperparameters={"n_epochs": 20}))
        while (await provider.job(job.id)).document["state"]["step"] < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        running = await provider.job(job.id)
        os.kill(running.document["state"]["pid"], signal.SIGKILL)
        dead = await until(provider, job, "failed")
        assert dead.error.code == "trainer_gone"
        assert "of 60" in dead.error.message
        assert f"evalkit job resume {job.id}" in dead.error.message
        assert dead.said == "trainer gone"
        assert dead.finished
        with pytest.raises(UsageError, match="cannot be paused: it is failed"):
            await provider.pause(job.id)
        monkeypatch.setenv("STUB_PAUSE", "0")
        resumed = await provider.resume(job.id)
        assert resumed.state in ("validating", "running", "succeeded")
        done = await until(provider, job, "succeeded")
        assert done.error is None
        texts = [event.text for event in await listed(provider.events(job.id))]
        assert "Fine-tuning job resumed" in texts
        assert any(text.startswith("Going on after step") for text in texts)
        rows = [row["step"] for row in Folder(provider.folder / job.id).rows()]
        assert rows == list(range(1, 61))

    asyncio.run(go())


def test_pause_resume_cancel(provider, order, monkeypatch):
    slow(monkeypatch)

    async def go():
        job = await started(provider, order(hyperparameters={"n_epochs": 20}))
        assert (await provider.pause(job.id)).state == "paused"
        with pytest.raises(UsageError, match="cannot be paused: it is paused"):
            await provider.pause(job.id)
        again = await provider.resume(job.id)
        assert again.state in ("validating", "running")
        with pytest.raises(UsageError, match="cannot be resumed"):
            await provider.resume(job.id)
        assert (await provider.cancel(job.id)).state == "cancelled"
        for act in (provider.cancel, provider.pause, provider.resume):
            with pytest.raises(UsageError, match="it is cancelled"):
                await act(job.id)

    asyncio.run(go())


def test_cancel_what_is_paused_or_killed(provider, order, monkeypatch):
    slow(monkeypatch)

    async def go():
        job = await started(provider, order(hyperparameters={"n_epochs": 20}))
        await provider.pause(job.id)
        found = await provider.cancel(job.id)
        assert (found.state, bool(found.finished)) == ("cancelled", True)
        events = await listed(provider.events(job.id))
        assert events[-1].text == "Fine-tuning job cancelled"

    asyncio.run(go())


def test_a_trainer_that_ends_before_it_begins(provider, order, monkeypatch):
    monkeypatch.setenv("STUB_EARLY", "1")
    with pytest.raises(EvalkitError, match="ended before it began: nothing goes"):
        asyncio.run(started(provider, order()))
    assert asyncio.run(listed(provider.jobs())) == []


def test_rows_that_fail_the_job(provider, order, training_file):
    async def go():
        job = await started(
            provider, order(train=training_file('{"messages": [{"role": "tool"}]}\n', "bad.jsonl"))
        )
        failed = await until(provider, job, "failed")
        assert (failed.error.code, failed.error.param) == ("invalid_training_file", "training_file")
        assert "example 1" in failed.error.message

    asyncio.run(go())


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ({"method": "preference"}, CannotError, "by sft only"),
        ({"method": "rft"}, CannotError, "by sft only"),
        ({"hyperparameters": {"beta": 0.1}}, UsageError, "no hyperparameter `beta`"),
        ({"hyperparameters": {"n_epochs": 0}}, UsageError, "n_epochs: 0 cannot be"),
    ],
)
def test_refused_before_anything_starts(provider, order, given, kind, said):
    with pytest.raises(kind, match=said):
        asyncio.run(started(provider, order(**given)))
    assert asyncio.run(listed(provider.jobs())) == []


def test_what_is_missing_is_said_first(order, tmp_path, monkeypatch):
    from evalkit.jobs.training import needs

    monkeypatch.setattr(needs, "find_spec", lambda _name: None)

    async def go():
        async with open_provider("local", Where(folder=tmp_path / "jobs")) as provider:
            assert provider.host is None
            assert set(provider.lacks) == {"preference", "rft", "suffix"}
            assert await listed(provider.jobs()) == []  # looking needs nothing
            with pytest.raises(MissingExtraError, match="torch"):
                provider.able(order())

    asyncio.run(go())
    assert not (tmp_path / "jobs").exists()


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../x", "ftlocal-", "ftlocal-0123456789abcdef", "FILES", "files", "a\x1b[2J"],
)
def test_ids_are_no_paths(provider, tmp_path, name):
    (tmp_path / "x.jsonl").write_text("secret")
    for folder in (provider.folder.parent, provider.folder / "files"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "job.json").write_text("{}")
        (folder / "metrics.csv").write_text("secret")

    async def go():
        for act in (provider.job, provider.cancel, provider.pause, provider.resume):
            with pytest.raises(UsageError) as found:
                await act(name)
            assert "\x1b" not in found.value.message
        for file in (name, f"result-{name}", f"file-{name}"):
            with pytest.raises(UsageError):
                await provider.file(file)
            with pytest.raises(UsageError):
                provider.content(file)

    asyncio.run(go())


def test_a_trainer_outlives_who_ordered_it(provider, order, tmp_path):
    """The order comes from a process that ends at once."""
    import subprocess

    code = f"""
import asyncio, sys
from pathlib import Path
from evalkit.jobs.job import Order, TrainingFile
from evalkit.jobs.providers.local import LocalProvider
file = TrainingFile(path=Path("train.jsonl"), sha256={order().train.sha256!r}, size=1)
provider = LocalProvider(Path("jobs/local"), checked=lambda _: Path("model.gguf"),
    trainer=lambda path: [sys.executable, {str(STUB)!r}, str(path)])
async def go():
    sent = await provider.upload(file, name="x")
    job = await provider.create(Order(target="local", model="smollm2", train=file,
        hyperparameters={{"n_epochs": 2}}), train=sent.id, validation=None)
    print(job.id)
asyncio.run(go())
"""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "STUB_PAUSE": "0.15"},
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert time.monotonic() - began < 60

    async def go():
        (job,) = await listed(provider.jobs())
        assert job.state in ("validating", "running")
        assert (await until(provider, job, "succeeded")).id == done.stdout.decode().strip()

    asyncio.run(go())


def test_the_command_says_what_is_missing_before_it_writes(evalkit, training_file, tmp_path):
    from evalkit.jobs.training.needs import install_line, missing_packages

    if not (missing := missing_packages()):
        pytest.skip("everything is installed here")
    training_file()
    done = evalkit(
        "job", "submit", "train.jsonl", "--target", "local", "--model", "smollm2", "--yes"
    )
    assert done.code == 2
    assert done.err.splitlines()[-1] == f"  install them: {install_line(missing)}"
    assert not (tmp_path / ".evalkit").exists()
