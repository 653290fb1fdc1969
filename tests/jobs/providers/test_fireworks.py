# SPDX-License-Identifier: Apache-2.0
"""Fireworks' own ways: accounts, names that are ours, signed addresses, states."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from evalkit.core.errors import RemoteError, UsageError


@pytest.fixture
def house(house_of):
    return house_of("fireworks")


def test_an_order_in_its_words(house):
    order = house.order(
        validation=house.file("v.jsonl"),
        suffix="Mine_2",
        hyperparameters={"n_epochs": 2, "batch_size": 8, "learning_rate": 0.0002, "rank": 16},
    )
    job = house.asked(lambda provider: house.started(provider, order))
    (body,) = house.state.creates
    train, valid = (f"accounts/acme/datasets/{name}" for name in house.state.datasets)
    assert body == {
        "dataset": train,
        "displayName": "Mine_2",
        "baseModel": "m-8b",
        "outputModel": f"accounts/acme/models/mine-2-{order.key[:8]}",
        "epochs": 2,
        "batchSizeSamples": 8,
        "learningRate": 0.0002,
        "loraRank": 16,
        "evaluationDataset": valid,
    }
    assert job.id == f"evalkit-{order.key}"
    assert train.endswith(f"/evalkit-{order.train.sha256[:32]}")
    assert (job.training_file, job.method) == (f"evalkit-{order.train.sha256[:32]}", "sft")


def test_training_by_preference(house):
    order = house.order(method="preference", hyperparameters={"beta": 0.2, "n_epochs": 1})

    async def work(provider):
        job, _ = await house.ended(provider, await house.started(provider, order))
        text = b"".join([piece async for piece in provider.content(job.result_files[0])])
        both = [one.id async for one in provider.jobs()]
        return job, text, both

    job, text, both = house.asked(work)
    (body,) = house.state.creates
    assert body["lossConfig"] == {"method": "DPO", "dpo": {"beta": 0.2}}
    assert body["trainingConfig"] == {"baseModel": "m-8b", "epochs": 1}
    assert (job.method, job.state, job.hyperparameters["beta"]) == ("preference", "succeeded", 0.2)
    assert text.startswith(b"step,train_loss\n1,")
    assert both == [job.id]


STATES = {
    "CREATING": "queued",
    "PENDING": "queued",
    "RE_QUEUEING": "queued",
    "VALIDATING": "validating",
    "CREATING_INPUT_DATASET": "validating",
    "RUNNING": "running",
    "WRITING_RESULTS": "running",
    "CANCELLING": "running",
    "PAUSED": "paused",
    "COMPLETED": "succeeded",
    "EARLY_STOPPED": "succeeded",
    "FAILED": "failed",
    "EXPIRED": "failed",
    "CANCELLED": "cancelled",
    "DELETING": "cancelled",
    "UNSPECIFIED": "running",
    "SOMETHING_NEW": "running",
}


def test_states(house):
    name = "accounts/acme/supervisedFineTuningJobs/j"

    async def work(provider):
        for said, state in STATES.items():
            body = {"name": name, "state": f"JOB_STATE_{said}"}
            house.server.fail(body=body, path="/supervisedFineTuningJobs/")
            job = await provider.job("j")
            assert (job.state, job.said) == (state, f"JOB_STATE_{said}")

    house.asked(work)


def test_the_account_is_named_or_the_only_one(house, monkeypatch):
    async def work(provider):
        return [job async for job in provider.jobs()]

    house.state.accounts = ("acme", "other")
    with pytest.raises(UsageError, match="2 accounts: acme, other") as caught:
        house.asked(work)
    assert "FIREWORKS_ACCOUNT_ID" in caught.value.hint
    house.state.accounts = ()
    with pytest.raises(UsageError, match="no account"):
        house.asked(work)
    monkeypatch.setenv("FIREWORKS_ACCOUNT_ID", "other")
    house.server.paths.clear()
    house.asked(work)
    assert all("/accounts/other/" in path for path in house.server.paths)
    house.server.paths.clear()
    named = replace(house.where, url=f"{house.where.url}/accounts/third")
    house.asked(work, named)
    assert all("/accounts/third/" in path for path in house.server.paths)


def test_the_address_of_its_models_leads_to_its_jobs(house):
    async def work(provider):
        return [job async for job in provider.jobs()]

    for end in ("/inference/v1", "/v1/", ""):
        base = house.where.url.removesuffix("/v1")
        assert house.asked(work, replace(house.where, url=base + end)) == []


def test_an_upload_that_was_broken_off_is_gone_on_with(house):
    file = house.file()

    async def work(provider):
        house.server.fail(500, path=":upload")
        with pytest.raises(RemoteError):
            await provider.upload(file, name=file.remote_name)
        assert [one async for one in provider.files()] == []  # there is none to train on
        begun = await provider.file(file.remote_name.removesuffix(".jsonl"))
        held = await provider.upload(file, name=file.remote_name)
        again = await provider.upload(file, name=file.remote_name)
        return begun, held, again

    begun, held, again = house.asked(work)
    assert (begun.ready, held.ready, begun.id, again) == (False, True, held.id, held)
    assert house.state.uploaded == [held.id]  # once


def test_large_files_go_to_a_signed_address_without_the_key(house, monkeypatch):
    file = house.file(rows=40)
    house.state.direct = 100
    monkeypatch.setattr(sys.modules["evalkit.jobs.providers.fireworks"], "_DIRECT", 100)

    async def work(provider):
        return await provider.upload(file, name=file.remote_name)

    held = house.asked(work)
    assert held.ready
    assert house.state.datasets[held.id].content == file.path.read_bytes()
    signed = [n for n, path in enumerate(house.server.paths) if "/signed/" in path]
    assert signed
    assert not [n for n in signed if "authorization" in house.server.headers[n]]


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "file:///etc/passwd", "ftp://host/x", "//host/x", ""]
)
def test_an_address_that_is_not_safe_is_not_asked(house, url):
    async def work(provider):
        job, _ = await house.ended(provider, await house.started(provider, house.order()))
        name = f"accounts/acme/supervisedFineTuningJobs/{job.id}"
        house.server.fail(body={"name": name, "metricsFileSignedUrl": url}, path=job.id)
        return [event async for event in provider.events(job.id) if event.metrics]

    if not url:
        assert house.asked(work) == []
        return
    with pytest.raises(RemoteError, match="not safe"):
        house.asked(work)


@pytest.mark.parametrize(
    "place", ["accounts/other/supervisedFineTuningJobs", "accounts/acme/models"]
)
def test_what_is_no_job_of_the_account_is_not_acted_on(house, place):
    body = {"name": f"{place}/j", "state": "JOB_STATE_RUNNING"}
    house.server.fail(body=body, path="/supervisedFineTuningJobs/")
    with pytest.raises(RemoteError, match="no job of the account"):
        house.asked(lambda provider: provider.cancel("j"))
    assert not [path for path in house.server.paths if path.endswith(":cancel")]


def test_metrics_in_one_object_or_in_two(house):
    lines = (
        b'{"step": 1, "train/loss": 1.5, "train/lr": 0.1}\n'
        b"not json\n[1]\n"
        b'{"timestamp": 1784318345.9, "step": 2, "data": {"train/loss": 0.5, "eval/loss": 0.75}}\n'
        b'{"step": -1, "train/loss": 1}\n{"step": "x", "train/loss": 1}\n'
    )

    async def work(provider):
        job, _ = await house.ended(provider, await house.started(provider, house.order()))
        house.server.fail(body=lines, path="/signed/metrics/")
        return b"".join([piece async for piece in provider.content(job.result_files[0])])

    assert house.asked(work) == b"step,train_loss,valid_loss\n1,1.5,\n2,0.5,0.75\n"


def test_long_lists_come_page_by_page(house, monkeypatch):
    monkeypatch.setattr(sys.modules["evalkit.jobs.providers.fireworks"], "_PAGE", 2)

    async def work(provider):
        train = await house.sent(provider, house.file())
        orders = [house.order(suffix=f"s{n}") for n in range(5)]
        made = [(await provider.create(one, train=train, validation=None)).id for one in orders]
        return made, [job.id async for job in provider.jobs()]

    made, listed = house.asked(work)
    assert sorted(listed) == sorted(made)


def test_a_paused_job_is_woken(house):
    async def work(provider):
        job = await house.started(provider, house.order())
        while job.state != "running":
            job = await provider.job(job.id)
        house.state.jobs[job.id].phase = "paused"
        assert (await provider.job(job.id)).state == "paused"
        return await provider.resume(job.id)

    assert house.asked(work).state == "running"


def test_a_word_that_is_not_known_yet_is_an_end_where_the_job_has_one():
    from evalkit.jobs.providers._fireworks_reading import job_in

    said = {"name": "accounts/a/supervisedFineTuningJobs/j", "state": "JOB_STATE_EVAPORATED"}
    assert job_in(said).state == "running"
    assert job_in({**said, "completedTime": "2026-11-21T23:00:00Z"}).state == "failed"
