# SPDX-License-Identifier: Apache-2.0
"""OpenAI's protocol against the loopback server, by the real client."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace

import pytest
from loopback import Loopback

from evalkit.core.errors import InputError, RemoteError, UsageError
from evalkit.jobs.job import KEY, Order, TrainingFile
from evalkit.jobs.providers._openai_place import server as place
from evalkit.jobs.seam import Where, open_provider

MODEL = "gpt-4.1-mini-2025-04-14"
STRANGER = "sk-test-of-openai-alone"


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        monkeypatch.delenv("OPENAI_ORG_ID", raising=False)
        yield it
        assert it.complaints == []


def with_provider(use, *, target="openai", where=Where(), **changed):  # noqa: B008
    async def main():
        async with open_provider(target, where) as provider:
            return await use(replace(provider, **changed) if changed else provider)

    return asyncio.run(main())


def rows(n=12, kind="chat"):
    made = []
    for i in range(n):
        asked = [{"role": "user", "content": f"Question {i}?"}]
        said = [{"role": "assistant", "content": f"Answer {i}."}]
        made.append(
            {"messages": asked + said}
            if kind == "chat"
            else {
                "input": {"messages": asked},
                "preferred_output": said,
                "non_preferred_output": [{"role": "assistant", "content": "No."}],
            }
        )
    return "".join(json.dumps(one) + "\n" for one in made).encode()


def file_of(path, content):
    path.write_bytes(content)
    return TrainingFile(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def order(file, **more):
    return Order(**{"target": "openai", "model": MODEL, "train": file, **more})


async def listed(things):
    return [one async for one in things]


def test_a_job_from_the_file_to_the_tuned_model(server, tmp_path):
    file = file_of(tmp_path / "secret customer.jsonl", rows())
    wanted = order(
        file, suffix="sup", seed=7, metadata={"team": "a"}, hyperparameters={"n_epochs": 2}
    )

    async def use(provider):
        assert provider.host == f"127.0.0.1:{server.port}"
        held = await provider.upload(file, name=file.remote_name)
        assert (held.name, held.size, held.ready) == (file.remote_name, file.size, True)
        assert [one.id for one in await listed(provider.files())] == [held.id]
        job = await provider.create(wanted, train=held.id, validation=None)
        assert (job.state, job.method, job.seed) == ("validating", "sft", 7)
        assert job.metadata == {"team": "a", KEY: wanted.key}
        while not job.ended:
            job = await provider.job(job.id)
        assert (job.state, job.suffix, job.error) == ("succeeded", "sup", None)
        events = await listed(provider.events(job.id))
        later = await listed(provider.events(job.id, after=events[2].id))
        points = await provider.checkpoints(job.id)
        content = b"".join([piece async for piece in provider.content(held.id)])
        tuned = await listed(provider.tuned())
        found = await listed(provider.jobs(key=wanted.key))
        return job, events, later, points, content, tuned, found

    job, events, later, points, content, tuned, found = with_provider(use)
    assert "secret" not in json.dumps(server.requests) + "".join(server.paths)
    assert events[0].text.startswith("Created fine-tuning job")
    assert events[-1].text == "The job has successfully completed"
    assert later == events[3:]
    steps = [one for one in events if one.step is not None]
    assert steps[-1].step == 24
    assert {"train_loss", "train_accuracy"} <= steps[-1].metrics.keys()
    assert [one.step for one in points] == sorted(one.step for one in points)
    assert points[-1].model == job.tuned_model
    assert content == file.path.read_bytes()
    assert job.tuned_model in {one.name for one in tuned}
    assert {one.job for one in tuned if one.name == job.tuned_model} == {job.id}
    assert [one.id for one in found] == [job.id]


def test_lists_come_in_pages_and_events_oldest_first(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", rows())

    async def use(provider):
        for n in range(5):
            await provider.upload(file, name=f"f{n}.jsonl")
        held = await provider.upload(file, name=file.remote_name)
        jobs = [
            await provider.create(order(file, seed=n), train=held.id, validation=None)
            for n in range(5)
        ]
        for _ in range(9):
            await provider.job(jobs[0].id)
        events = await listed(provider.events(jobs[0].id))
        return (
            [one.name for one in await listed(provider.files())],
            [one.id for one in await listed(provider.jobs())] == [one.id for one in jobs[::-1]],
            events,
        )

    names, newest_first, events = with_provider(use, page=2, files_page=2)
    assert names == [file.remote_name, "f4.jsonl", "f3.jsonl", "f2.jsonl", "f1.jsonl", "f0.jsonl"]
    assert newest_first
    assert len(events) > 4
    assert [one.step for one in events if one.step is not None] == list(range(1, 97))


def test_a_server_that_repeats_its_page_ends_the_list(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", rows())
    again = {"object": "list", "data": [{"id": "file-1", "filename": "a"}], "has_more": True}

    async def use(provider):
        await provider.upload(file, name=file.remote_name)
        server.fail(200, body=again, times=3, path="/files")
        return await listed(provider.files())

    assert [one.id for one in with_provider(use)] == ["file-1"]


@pytest.mark.parametrize("size", [1, 4_000, 4_001, 12_345])
def test_a_large_file_goes_up_by_parts(server, tmp_path, size):
    file = file_of(tmp_path / "x.jsonl", bytes(range(256)) * 49)
    file = file_of(tmp_path / "x.jsonl", file.path.read_bytes()[:size])

    async def use(provider):
        rules = replace(provider.rules, direct_bytes=4_000, part_bytes=1_000)
        return await replace(provider, rules=rules).upload(file, name=file.remote_name)

    held = with_provider(use)
    assert held.size == size
    assert server.files.held[held.id].content == file.path.read_bytes()
    parts = sum(path.endswith("/parts") for path in server.paths)
    assert parts == (0 if size <= 4_000 else -(-size // 1_000))


def test_an_upload_that_breaks_off_is_called_off(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", bytes(5_000))

    async def use(provider):
        rules = replace(provider.rules, direct_bytes=4_000, part_bytes=1_000)
        server.fail(500, path="/parts")
        await replace(provider, rules=rules).upload(file, name=file.remote_name)

    with pytest.raises(RemoteError) as fault:
        with_provider(use)
    assert fault.value.retryable
    assert server.paths[-1].endswith("/cancel")
    assert not server.files.held


def test_what_changed_or_is_too_large_is_not_sent(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", rows())
    file.path.write_bytes(rows(13))

    async def use(provider):
        with pytest.raises(InputError, match="changed since it was checked"):
            await provider.upload(file, name="a")
        rules = replace(provider.rules, most_bytes=10)
        with pytest.raises(InputError, match="takes 10"):
            await replace(provider, rules=rules).upload(file, name="a")
        with pytest.raises(InputError, match="cannot read"):
            await provider.upload(replace(file, path=tmp_path / "gone"), name="a")

    with_provider(use)
    assert server.paths == []


@pytest.mark.parametrize(
    ("method", "kind", "more"),
    [
        ("sft", "supervised", {"n_epochs": 3}),
        ("preference", "dpo", {"beta": 0.1}),
        ("rft", "reinforcement", {"compute_multiplier": 2.0}),
    ],
)
def test_hyperparameters_stand_in_the_method(server, tmp_path, method, kind, more):
    file = file_of(tmp_path / "x.jsonl", rows())
    grader = {
        "type": "string_check",
        "name": "same",
        "operation": "eq",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
    }
    wanted = order(
        file, method=method, hyperparameters=more, grader=grader if method == "rft" else None
    )

    async def use(provider):
        held = await provider.upload(file, name=file.remote_name)
        return await provider.create(wanted, train=held.id, validation=held.id)

    job = with_provider(use)
    sent = server.fine_tuning.creates[0]
    assert sent["method"]["type"] == kind
    assert sent["method"][kind]["hyperparameters"] == more
    assert ("grader" in sent["method"][kind]) == (method == "rft")
    assert "hyperparameters" not in sent
    assert job.method == method
    assert more.items() <= job.hyperparameters.items()


def test_pause_resume_cancel(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", rows())

    async def use(provider):
        held = await provider.upload(file, name=file.remote_name)
        job = await provider.create(order(file), train=held.id, validation=None)
        while job.state != "running":
            job = await provider.job(job.id)
        states = [(await provider.pause(job.id)).state, (await provider.resume(job.id)).state]
        return [*states, (await provider.cancel(job.id)).state]

    assert with_provider(use) == ["paused", "running", "cancelled"]


def test_azure_has_no_metadata_and_its_own_words(server, tmp_path, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"http://127.0.0.1:{server.port}/")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1234")
    file = file_of(tmp_path / "x.jsonl", rows())
    wanted = order(file, target="azure", metadata={})

    async def use(provider):
        assert "metadata" in provider.lacks
        assert provider.rules.direct_bytes == 150_000_000
        assert provider.rules.most_bytes == 8_000_000_000
        held = await provider.upload(file, name=file.remote_name)
        job = await provider.create(wanted, train=held.id, validation=None)
        states = [job.state]
        while not job.ended:
            job = await provider.job(job.id)
            states.append(job.state)
        return states, [one.id for one in await listed(provider.jobs(key=wanted.key))], job.id

    states, found, job = with_provider(use, target="azure")
    assert states[0] == "queued"  # "pending", its word for both
    assert states[-1] == "succeeded"
    assert found == [job]
    assert "metadata" not in server.fine_tuning.creates[0]
    assert all(path.startswith("/openai/v1/") for path in server.paths)
    assert server.headers[0]["api-key"] == "azure-key-1234"
    assert "authorization" not in server.headers[0]


def test_only_tuned_models_that_answer_are_listed(server, tmp_path):
    file = file_of(tmp_path / "x.jsonl", rows())

    async def use(provider):
        held = await provider.upload(file, name=file.remote_name)
        job = await provider.create(order(file), train=held.id, validation=None)
        while not job.ended:
            job = await provider.job(job.id)
        server.models[:] = ["gpt-4.1-mini-2025-04-14", "ft:gpt-4o-mini-2024-07-18:org::x", "ada"]
        return await listed(provider.tuned())

    (only,) = with_provider(use)
    assert (only.name, only.base, only.job) == (
        "ft:gpt-4o-mini-2024-07-18:org::x",
        "gpt-4o-mini-2024-07-18",
        None,
    )


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_nothing_is_asked_twice(server, tmp_path, status):
    file = file_of(tmp_path / "x.jsonl", rows())
    server.fail(status, times=9)

    async def use(provider):
        for call in (
            provider.job("ftjob-1"),
            provider.upload(file, name="a"),
            provider.create(order(file), train="f", validation=None),
        ):
            with pytest.raises(RemoteError) as fault:
                await call
            assert fault.value.status == status
            assert "sk-test-12345678" not in str(fault.value)

    with_provider(use)
    assert len(server.paths) == 3


@pytest.mark.parametrize("body", [b"no JSON", [1, 2], {"no": "id"}, {"id": 7}, {"id": ""}])
def test_answers_that_are_none_are_errors_of_the_remote(server, body):
    server.fail(200, body=body, times=2)

    async def use(provider):
        await provider.job("ftjob-1")

    with pytest.raises(RemoteError):
        with_provider(use)


def test_an_id_stays_one_part_of_the_path(server):
    async def use(provider):
        with pytest.raises(RemoteError):
            await provider.job("../files?x=1#")
        with pytest.raises(RemoteError):
            await provider.job("..")

    with_provider(use)
    assert server.paths == ["/v1/fine_tuning/jobs/..%2Ffiles%3Fx=1%23"]


def test_openais_key_is_not_for_strangers(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", STRANGER)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert place("openai", Where()).key == STRANGER
    assert place("openai", Where(url="https://api.openai.com/v1")).key == STRANGER
    assert place("openai", Where(url="http://api.openai.com/v1")).key != STRANGER
    assert place("openai", Where(url="https://other.example/v1")).key != STRANGER
    named = place("openai", Where(url="https://other.example/v1", key_env="OPENAI_API_KEY"))
    assert (named.key, named.own) == (STRANGER, False)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://other.example/v1")
    assert place("openai", Where(url="https://other.example/v1")).key == STRANGER


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("https://x.openai.azure.com", "/openai/v1"),
        ("https://x.openai.azure.com/", "/openai/v1"),
        ("https://x.openai.azure.com/openai/v1/", "/openai/v1"),
        ("https://x.openai.azure.com/openai/deployments/d/chat/completions", "/openai/v1"),
        ("https://x.openai.azure.com/openai?api-version=2024-10-21", "/openai"),
    ],
)
def test_azures_ways_to_write_an_address(monkeypatch, given, path):
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k" * 20)
    found = place("azure", Where(url=given))
    assert found.to.url == f"https://x.openai.azure.com{path}"
    assert found.key == "k" * 20
    assert found.key_header == "api-key"


@pytest.mark.parametrize(
    "url", ["ftp://x/v1", "nowhere", "https:///v1", "http://x:port/v1", "http://[x/v1"]
)
def test_no_address(monkeypatch, url):
    monkeypatch.setenv("OPENAI_API_KEY", STRANGER)
    with pytest.raises(UsageError, match="none of a server"):
        place("openai", Where(url=url))


def test_no_key_is_said_before_anything(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        place("openai", Where())
    with pytest.raises(UsageError, match="no address of its own"):
        place("azure", Where())
