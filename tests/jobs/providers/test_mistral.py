# SPDX-License-Identifier: Apache-2.0
"""Mistral's own ways: what an order becomes, its states, its checkpoints as metrics."""

from __future__ import annotations

import sys

import pytest

from evalkit.core.errors import RemoteError
from evalkit.jobs.seam import CannotError


@pytest.fixture
def house(house_of):
    return house_of("mistral")


def test_an_order_in_its_words(house):
    order = house.order(
        validation=house.file("v.jsonl"),
        suffix="mine",
        hyperparameters={"n_epochs": 2, "learning_rate": 0.0002, "warmup_ratio": 0.1},
    )
    job = house.asked(lambda provider: house.started(provider, order))
    (body,) = house.state.creates
    train, valid = house.state.files
    assert body == {
        "model": "m-8b",
        "job_type": "completion",
        "training_files": [train],  # as the loopback keeps it
        "validation_files": [valid],
        "hyperparameters": {"epochs": 2, "learning_rate": 0.0002, "warmup_fraction": 0.1},
        "suffix": "mine",
        "auto_start": True,
    }
    assert (job.training_file, job.validation_file, job.suffix) == (train, valid, "mine")
    assert job.hyperparameters["n_epochs"] == 2


STATES = {
    "QUEUED": "queued",
    "STARTED": "validating",
    "VALIDATING": "validating",
    "VALIDATED": "queued",
    "RUNNING": "running",
    "FAILED_VALIDATION": "failed",
    "FAILED": "failed",
    "SUCCESS": "succeeded",
    "CANCELLED": "cancelled",
    "CANCELLATION_REQUESTED": "running",
    "SOMETHING_NEW": "running",
}


def test_states(house):
    async def work(provider):
        for said, state in STATES.items():
            house.server.fail(body={"id": "1", "status": said})
            job = await provider.job("1")
            assert (job.state, job.said) == (state, said)

    house.asked(work)


def test_a_closed_api_is_told_as_such(house):
    house.server.fail(410, path="/fine_tuning/jobs", method="POST")
    with pytest.raises(RemoteError, match="deprecated and may be closed") as caught:
        house.asked(lambda provider: house.started(provider, house.order()))
    assert caught.value.status == 410
    assert not caught.value.retryable


def test_checkpoints_are_metrics_only(house):
    async def work(provider):
        job, _ = await house.ended(provider, await house.started(provider, house.order()))
        with pytest.raises(CannotError, match="metrics only"):
            await provider.checkpoints(job.id)
        steps = [event async for event in provider.events(job.id) if event.metrics]
        return job, steps

    job, steps = house.asked(work)
    assert [event.step for event in steps] == [1, 2, 3]
    assert job.result_files == (f"metrics-of-{job.id}",)


def test_long_lists_come_page_by_page(house, monkeypatch):
    monkeypatch.setattr(sys.modules["evalkit.jobs.providers.mistral"], "_PAGE", 2)

    async def work(provider):
        train = await house.sent(provider, house.file())
        orders = [house.order(suffix=f"s{n}") for n in range(5)]
        made = [(await provider.create(one, train=train, validation=None)).id for one in orders]
        return made, [job.id async for job in provider.jobs()]

    made, listed = house.asked(work)
    assert sorted(listed) == sorted(made)
    assert [path for path in house.server.paths if "page=2" in path]


def test_archived_models_do_not_answer(house):
    rows = [
        {"id": "ft:a", "type": "fine-tuned", "archived": True},
        {"id": "ft:b", "type": "fine-tuned", "root": "base", "job": "j", "created": 5},
        {"id": "base", "type": "base"},
        {"id": 5, "type": "fine-tuned"},
    ]
    house.server.fail(body={"data": rows})

    async def work(provider):
        return [(m.name, m.base, m.job, m.created) async for m in provider.tuned()]

    assert house.asked(work) == [("ft:b", "base", "j", 5.0)]
