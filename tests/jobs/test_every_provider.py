# SPDX-License-Identifier: Apache-2.0
"""What every provider of jobs does alike, each against its own loopback, over real HTTP."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import replace

import pytest
from loopback._training import Failure

from evalkit.core.errors import InputError, RemoteError, UsageError
from evalkit.core.registry import names
from evalkit.jobs.seam import ACTS, CannotError

# Local training has tests of its own.
PROVIDERS = ("azure", "fireworks", "mistral", "openai", "together")


def test_every_provider_is_held_to_it():
    assert set(names("jobs")) - {"local"} == set(PROVIDERS)


@pytest.fixture(params=PROVIDERS)
def house(request, house_of):
    return house_of(request.param)


async def all_of(found):
    return [one async for one in found]


def test_it_says_who_it_is_and_what_it_cannot(house):
    async def look(provider):
        return provider.name, provider.host, dict(provider.lacks)

    name, host, lacks = house.asked(look)
    assert (name, host) == (house.name, f"127.0.0.1:{house.server.port}")
    assert set(lacks) <= set(ACTS)
    for why in lacks.values():
        assert why
        assert "\n" not in why
        assert not why.endswith(".")
    assert house.server.requests == []  # opening asks nothing


def test_a_file_goes_up_and_comes_back(house):
    file = house.file()

    async def work(provider):
        assert await all_of(provider.files()) == []
        sent = await provider.upload(file, name=file.remote_name)
        for _ in range(5):
            sent = sent if sent.ready else await provider.file(sent.id)
        listed = await all_of(provider.files())
        content = b"".join([piece async for piece in provider.content(sent.id)])
        return sent, listed, content

    sent, listed, content = house.asked(work)
    assert (sent.name, sent.ready, sent.fault) == (file.remote_name, True, None)
    assert sent.size in (None, file.size)
    assert [(one.id, one.name) for one in listed] == [(sent.id, file.remote_name)]
    assert content == file.path.read_bytes()


def test_a_file_that_changed_or_went_is_not_sent(house):
    file = house.file()
    file.path.write_bytes(b"other")

    async def work(provider):
        with pytest.raises(InputError, match="changed"):
            await provider.upload(file, name=file.remote_name)
        file.path.unlink()
        with pytest.raises(InputError, match="cannot read"):
            await provider.upload(file, name=file.remote_name)

    house.asked(work)
    assert [one for one in house.server.paths if "upload" in one or one.endswith("/files")] == []


def test_a_job_from_its_order_to_its_model(house):
    house.state.answer = lambda _messages: "tuned"
    lacks = house.asked(_lacks)
    more = {} if "seed" in lacks else {"seed": 7}
    order = house.order(
        validation=house.file("valid.jsonl"), hyperparameters={"n_epochs": 3}, suffix="mine", **more
    )

    async def work(provider):
        made = await house.started(provider, order)
        job, seen = await house.ended(provider, made)
        listed = await all_of(provider.jobs())
        by_key = await all_of(provider.jobs(key=order.key))
        events = await all_of(provider.events(job.id))
        content = b"".join([piece async for piece in provider.content(job.result_files[0])])
        return made, job, seen, listed, by_key, events, content

    made, job, seen, listed, by_key, events, content = house.asked(work)
    assert (made.target, made.model, made.ended) == (house.name, order.model, False)
    assert seen[-2:] == ["running", "succeeded"]
    assert set(seen) <= {"validating", "queued", "running", "succeeded"}
    assert (job.state, job.error, job.method) == ("succeeded", None, "sft")
    assert job.hyperparameters["n_epochs"] == 3
    assert all((job.tuned_model, job.finished, job.created))
    assert all((job.training_file, job.validation_file))
    assert [one.id for one in listed] == [one.id for one in by_key] == [job.id]
    if "metadata" not in lacks:
        assert by_key[0].metadata["evalkit_key"] == order.key

    assert len({event.id for event in events}) == len(events)
    steps = [event for event in events if event.metrics]
    assert steps, "the losses can be seen"
    assert {"train_loss", "valid_loss"} <= {name for event in steps for name in event.metrics}
    assert all(event.time > 1_600_000_000 for event in events)

    text = content.decode()
    if not text.startswith("step,"):
        text = base64.b64decode(text).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert float(rows[0]["train_loss"]) > float(rows[-1]["train_loss"]) > 0
    assert any(row["valid_loss"] for row in rows)
    assert [int(row["step"]) for row in rows] == sorted({event.step for event in steps})


async def _lacks(provider):
    return provider.lacks


def test_events_come_once_and_in_order(house):
    order = house.order()

    async def work(provider):
        job = await house.started(provider, order)
        seen, after = [], None
        for _ in range(20):
            fresh = await all_of(provider.events(job.id, after=after))
            seen += fresh
            after = seen[-1].id if seen else None
            job = await provider.job(job.id)
            if job.ended:
                break
        seen += await all_of(provider.events(job.id, after=after))
        return job, seen, await all_of(provider.events(job.id))

    job, seen, whole = house.asked(work)
    assert job.state == "succeeded"
    assert len({event.id for event in seen}) == len(seen)
    # An event that is a state (fireworks) is seen while the job is in it only.
    assert {event.id for event in whole} <= {event.id for event in seen}
    steps = [event.step for event in seen if event.metrics]
    assert steps == sorted(steps)


def test_what_is_cancelled_ends_cancelled(house):
    async def work(provider):
        job = await house.started(provider, house.order())
        job = await provider.cancel(job.id)
        job, _ = await house.ended(provider, job)
        with pytest.raises(RemoteError):
            await provider.cancel(job.id)
        return job

    job = house.asked(work)
    assert (job.state, job.tuned_model) == ("cancelled", None)


def test_what_fails_says_why(house):
    house.state.failures.append(Failure("invalid_training_file", "Line 3 <b>is</b>\x1b[31m bad"))

    async def work(provider):
        job = await house.started(provider, house.order())
        job, _ = await house.ended(provider, job)
        return job, await all_of(provider.events(job.id))

    job, events = house.asked(work)
    assert job.state == "failed"
    assert job.error.code
    assert job.error.message == "Line 3 <b>is</b>\x1b[31m bad"  # as it is: printing makes it safe
    assert [event.level for event in events][-1:] == ["error"]


def test_orders_are_told_apart(house):
    first = house.order(suffix="one")
    second = replace(first, suffix="two")

    async def work(provider):
        jobs = [await house.started(provider, one) for one in (first, second)]
        return jobs, [await all_of(provider.jobs(key=one.key)) for one in (first, second)]

    jobs, found = house.asked(work)
    assert len({job.id for job in jobs}) == 2
    for job, those in zip(jobs, found, strict=True):
        assert job.id in {one.id for one in those}
    assert len(house.state.creates) == 2


def test_a_second_job_of_the_same_order_is_another(house):
    order = house.order()

    async def work(provider):
        made = [await house.started(provider, order) for _ in range(2)]
        return made, await all_of(provider.jobs(key=order.key))

    made, found = house.asked(work)
    assert {job.id for job in made} == {job.id for job in found}
    assert len(found) == 2


@pytest.mark.parametrize("name", ["fireworks", "mistral", "together"])
def test_hyperparameters_that_it_has_not_are_refused_before_anything_is_sent(house_of, name):
    house = house_of(name)

    async def work(provider):
        for wrong in ("nonsense", "learning_rate_multiplier"):
            with pytest.raises(UsageError, match=wrong):
                await provider.create(
                    house.order(hyperparameters={wrong: 2}), train="f", validation=None
                )
        with pytest.raises(UsageError, match="rft"):
            await provider.create(house.order(method="rft"), train="f", validation=None)

    house.asked(work)
    assert house.state.creates == []


def test_what_it_lacks_it_refuses(house):
    async def work(provider):
        for act in ("pause", "resume", "checkpoints", "cancel"):
            if act in provider.lacks:
                with pytest.raises(CannotError):
                    await getattr(provider, act)("job-1")

    house.asked(work)


def test_what_is_not_there_is_404(house):
    async def work(provider):
        for ask in (provider.job, provider.cancel, provider.file):
            with pytest.raises(RemoteError) as caught:
                await ask("none")
            assert caught.value.status == 404

    house.asked(work)


def test_ids_of_a_server_become_no_paths(house):
    async def work(provider):
        for name in ("../../etc/passwd", "a?b=c", "x/cancel", ".."):
            with pytest.raises(RemoteError):
                await provider.job(name)

    house.asked(work)
    for path in house.server.paths:
        assert not {"..", "etc"} & set(path.split("/"))
        assert not path.endswith(("?b=c", "x/cancel"))


def test_a_wrong_key_is_refused_and_not_repeated(house, monkeypatch):
    monkeypatch.setenv("TEST_KEY", "k-wrong-wrong-wrong")

    async def work(provider):
        with pytest.raises(RemoteError) as caught:
            await all_of(provider.jobs())
        return caught.value

    fault = house.asked(work)
    assert fault.status == 401
    assert "wrong-wrong" not in str(fault)
    assert "TEST_KEY" in str(fault)


def test_a_busy_server_is_told_as_such_and_asked_once(house):
    async def work(provider):
        job = await house.started(provider, house.order())
        house.server.fail(429, headers={"Retry-After": "3"})
        asked = len(house.server.requests)
        with pytest.raises(RemoteError) as caught:
            await provider.job(job.id)
        assert len(house.server.requests) == asked + 1
        return caught.value

    fault = house.asked(work)
    assert (fault.status, fault.retryable, fault.retry_after) == (429, True, 3.0)


@pytest.mark.parametrize("how", [{"cut": True}, {"truncated": True}])
def test_a_lost_answer_may_be_asked_for_again(house, how):
    async def work(provider):
        job = await house.started(provider, house.order())
        house.server.fail(**how)
        with pytest.raises(RemoteError) as caught:
            await provider.job(job.id)
        again = await provider.job(job.id)
        return caught.value, job, again

    fault, job, again = house.asked(work)
    assert fault.retryable
    assert again.id == job.id


def test_an_order_whose_answer_was_lost_was_carried_out_once(house):
    order = house.order()

    async def work(provider):
        held = await house.sent(provider, order.train)
        house.server.fail(reset=True, method="POST")
        with pytest.raises(RemoteError) as caught:
            await provider.create(order, train=held, validation=None)
        return caught.value, held, await all_of(provider.jobs(key=order.key))

    fault, held, found = house.asked(work)
    assert fault.retryable
    assert [job.training_file for job in found] == [held]
    assert len(house.state.creates) == 1


def test_tuned_models_are_those_that_were_trained(house):
    async def work(provider):
        assert await all_of(provider.tuned()) == []
        job, _ = await house.ended(provider, await house.started(provider, house.order()))
        return job, await all_of(provider.tuned())

    job, models = house.asked(work)
    assert job.tuned_model in {model.name for model in models}
    (model,) = [one for one in models if one.name == job.tuned_model]
    assert (model.base, model.job, model.target) == (job.model, job.id, house.name)
