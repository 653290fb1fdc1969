# SPDX-License-Identifier: Apache-2.0
"""Together's own ways: what an order becomes, its states, metrics and files."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import UsageError


@pytest.fixture
def house(house_of):
    return house_of("together")


def test_an_order_in_its_words(house):
    order = house.order(
        suffix="mine",
        seed=7,
        hyperparameters={
            "n_epochs": 2,
            "batch_size": 8,
            "learning_rate": 0.0002,
            "warmup_ratio": 0.1,
            "rank": 16,
            "n_checkpoints": 2,
        },
    )

    async def work(provider):
        job = await house.started(provider, order)
        return job, await provider.job(job.id)

    made, job = house.asked(work)
    assert house.state.creates == [
        {
            "model": "m-8b",
            "training_file": "file-000001",
            "n_epochs": 2,
            "batch_size": 8,
            "learning_rate": 0.0002,
            "warmup_ratio": 0.1,
            "n_checkpoints": 2,
            "training_method": {"method": "sft", "train_on_inputs": "auto"},
            "training_type": {"type": "Lora", "lora_r": 16, "lora_alpha": 32},
            "suffix": "mine",
            "random_seed": 7,
        }
    ]
    assert (made.seed, made.suffix) == (job.seed, job.suffix) == (7, "mine")
    assert job.hyperparameters["batch_size"] == 8


def test_a_validation_file_is_looked_at_once_unless_more_is_asked(house):
    async def work(provider):
        for given in ({}, {"n_evals": 4}):
            order = house.order(validation=house.file("v.jsonl"), hyperparameters=given)
            await house.started(provider, order)

    house.asked(work)
    assert [body["n_evals"] for body in house.state.creates] == [1, 4]


def test_training_by_preference(house):
    order = house.order(method="preference", hyperparameters={"beta": 0.2})
    job = house.asked(lambda provider: house.started(provider, order))
    assert house.state.creates[0]["training_method"] == {"method": "dpo", "dpo_beta": 0.2}
    assert (job.method, job.hyperparameters["beta"]) == ("preference", 0.2)


STATES = {
    "pending": "queued",
    "queued": "queued",
    "running": "running",
    "compressing": "running",
    "uploading": "running",
    "cancel_requested": "running",
    "cancelled": "cancelled",
    "error": "failed",
    "user_error": "failed",
    "completed": "succeeded",
    "something_new": "running",
}


def test_states(house):
    async def work(provider):
        for said, state in STATES.items():
            house.server.fail(body={"id": "ft-1", "status": said, "model_output_name": "a/b"})
            job = await provider.job("ft-1")
            assert (job.state, job.said) == (state, said)
            assert job.tuned_model == ("a/b" if state == "succeeded" else None)

    house.asked(work)


def test_a_cancelled_job_is_first_asked_to_stop(house):
    async def work(provider):
        job = await provider.cancel((await house.started(provider, house.order())).id)
        return job, await provider.job(job.id)

    asked, done = house.asked(work)
    assert (asked.said, asked.ended) == ("cancel_requested", False)
    assert (done.said, done.state) == ("cancelled", "cancelled")


def test_checkpoints_and_the_end_in_sight(house):
    async def work(provider):
        job = await house.started(provider, house.order())
        foreseen = None
        while not job.ended:
            foreseen = job.estimated_finish or foreseen
            job = await provider.job(job.id)
        return job, foreseen, await provider.checkpoints(job.id)

    job, foreseen, (point,) = house.asked(work)
    assert foreseen == pytest.approx(job.created + 60, abs=30)
    assert (point.model, point.step) == (job.tuned_model, 3)
    assert job.trained_tokens


def test_a_file_that_it_finds_broken(house):
    file = house.file(raw=b'{"messages": [}\n')

    async def work(provider):
        held = await provider.upload(file, name=file.remote_name)
        assert (held.ready, held.fault) == (False, None)
        return await provider.file(held.id)

    held = house.asked(work)
    assert not held.ready
    assert "is not a dictionary" in held.fault


def test_rows_of_metrics_without_time_or_sense_do_no_harm(house):
    rows = [
        {"train/global_step": 1, "train/loss": 2.0},
        {"train/global_step": 1, "eval/loss": "high"},
        {"train/global_step": None, "train/loss": 1.0},
        {"train/global_step": 2, "train/loss": float("nan"), "eval/loss": 1.5},
        "row",
    ]

    async def work(provider):
        job = await house.started(provider, house.order())
        body = json.dumps({"metrics": rows}).encode()
        house.server.fail(body=body, path="/metrics", times=2)
        events = [event async for event in provider.events(job.id)]
        text = b"".join([piece async for piece in provider.content(f"metrics-of-{job.id}")])
        return events, text

    events, text = house.asked(work)
    measured = [(event.step, dict(event.metrics)) for event in events if event.metrics]
    assert measured == [(1, {"train_loss": 2.0}), (2, {"valid_loss": 1.5})]
    assert min(event.time for event in events) > 1_600_000_000
    assert text.decode() == "step,train_loss,valid_loss\n1,2.0,\n2,,1.5\n"


def test_beta_is_no_field_of_supervised_training(house):
    async def work(provider):
        with pytest.raises(UsageError, match="beta"):
            await provider.create(
                house.order(hyperparameters={"beta": 0.1}), train="f", validation=None
            )

    house.asked(work)
    assert house.state.creates == []
