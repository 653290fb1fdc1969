# SPDX-License-Identifier: Apache-2.0
"""An order is uploaded and paid for once, wherever a process dies and whatever answer is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Loopback
from loopback._training import look, moved

from evalkit.core.errors import InputError, RemoteError, UsageError
from evalkit.jobs.checks.rows import training_file
from evalkit.jobs.job import KEY, Order
from evalkit.jobs.pace import Pace
from evalkit.jobs.record import order_of, record_of, records, write_record
from evalkit.jobs.seam import Where, open_provider
from evalkit.jobs.sending import _Work, submitted

MODEL = "gpt-4.1-mini-2025-04-14"
PACE = Pace(settle=0.05, look=0.02, tie=0.0, longest=0.01, ready=0.05)


class Crash(BaseException):
    """The process dies."""


class Mortal:
    """A provider whose process dies at the nth moment: before or after each of its calls."""

    def __init__(self, provider, moment):
        self._provider = provider
        self._left = moment

    def _passed(self):
        self._left -= 1
        if self._left < 0:
            raise Crash

    def __getattr__(self, name):
        real = getattr(self._provider, name)
        if name in ("files", "jobs"):

            async def listing(*given, **named):
                self._passed()
                async for one in real(*given, **named):
                    yield one
                self._passed()

            return listing
        if name in ("upload", "create", "file", "job"):

            async def call(*given, **named):
                self._passed()
                answer = await real(*given, **named)
                self._passed()
                return answer

            return call
        return real


class Desk:
    """Somebody who orders, at one server, from one folder."""

    def __init__(self, server, folder: Path, target="openai"):
        self.server, self.folder, self.target = server, folder, target
        self.told = []

    @property
    def records(self):
        return self.folder / "jobs"

    def order(self, name="train.jsonl", *, n=12, validation=None, **more):
        made = {"target": self.target, "model": MODEL, "train": self.file(name, n), **more}
        if validation is not None:
            made["validation"] = self.file(validation, n + 1)
        return Order(**made)

    def file(self, name, n):
        path = self.folder / name
        if not path.exists():
            turns = [
                [
                    {"role": "user", "content": f"{name} {i}?"},
                    {"role": "assistant", "content": f"{i}."},
                ]
                for i in range(n)
            ]
            path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns))
        return training_file(path)

    def submit(self, order, *, dies=None, pace=PACE, **how):
        async def main():
            async with open_provider(self.target, Where()) as provider:
                used = provider if dies is None else Mortal(provider, dies)
                return await submitted(
                    order,
                    used,
                    folder=self.records,
                    pace=pace,
                    tell=lambda line: self.told.append(line.en),
                    **how,
                )

        return asyncio.run(main())

    @property
    def uploads(self):
        return len(self.server.fine_tuning.uploads)

    @property
    def creates(self):
        return len(self.server.fine_tuning.creates)

    def run(self, job, until):
        """Let a job go on until it is so."""
        held = self.server.fine_tuning
        while held.jobs[job].phase != until:
            look(held, held.jobs[job])


@pytest.fixture
def desk(request, tmp_path, monkeypatch):
    """At OpenAI, or at the target that the test names."""
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"http://127.0.0.1:{it.port}")
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key-1234")
        yield Desk(it, tmp_path, getattr(request, "param", "openai"))
        assert it.complaints == []


AT_BOTH = pytest.mark.parametrize("desk", ["openai", "azure"], indirect=True)
AT_AZURE = pytest.mark.parametrize("desk", ["azure"], indirect=True)


@AT_BOTH
def test_an_order_is_carried_out_once(desk):
    order = desk.order(validation="valid.jsonl")
    first = desk.submit(order, estimate={"tokens": 5, "usd": "0.01", "epochs": 3, "steps": 1})
    again = desk.submit(order)
    assert (first.found, again.found) == (False, True)
    assert first.job.id == again.job.id
    assert (desk.uploads, desk.creates) == (2, 1)
    (record,) = records(desk.records)
    assert record.state == "submitted"
    assert record.job == first.job.id
    assert record.estimate == {"tokens": 5, "usd": "0.01", "epochs": 3, "steps": 1}
    assert order_of(record).key == order.key
    assert record.train.id == first.job.training_file
    assert record.validation is not None
    assert record.validation.id == first.job.validation_file
    for job in (first.job.id, "last", order.key[:8]):
        assert record_of(desk.records, job) == record


def test_the_files_name_is_kept_to_oneself(desk):
    desk.submit(desk.order("clinic of Dr Who.jsonl"))
    names = [file.name for file in desk.server.fine_tuning.uploads]
    assert names[0].startswith("evalkit-")
    assert "Who" not in names[0]


@pytest.mark.slow
@AT_BOTH
def test_wherever_it_dies_nothing_is_done_twice(desk):
    """Before and after every single request; the server has done what it was asked for."""
    moment = 0
    while True:
        order = desk.order(f"t{moment}.jsonl", n=10, validation=f"v{moment}.jsonl")
        uploads, creates = desk.uploads, desk.creates
        try:
            desk.submit(order, dies=moment)
        except Crash:
            died = True
        else:
            died = False
        done = desk.submit(order)
        assert desk.uploads - uploads == 2
        assert desk.creates - creates == 1
        assert record_of(desk.records, "last").job == done.job.id
        if not died:
            break
        moment += 1
    assert moment > 6


@AT_AZURE
def test_it_may_die_again_and_again(desk):
    order = desk.order(validation="v.jsonl")
    for moment in (3, 5, 7, 2, 6, 9):
        with pytest.raises(Crash):
            desk.submit(order, dies=moment)
    desk.submit(order)
    assert (desk.uploads, desk.creates) == (2, 1)


@pytest.mark.parametrize("path", ["/files", "/fine_tuning/jobs"])
def test_an_answer_that_is_lost_is_looked_for(desk, path):
    order = desk.order()
    desk.server.fail(200, reset=True, path=path, method="POST")
    if path == "/files":
        with pytest.raises(RemoteError):
            desk.submit(order)
        assert record_of(desk.records, "last").state == "uploading"
    done = desk.submit(order)
    assert (desk.uploads, desk.creates) == (1, 1)
    assert done.job.id in desk.server.fine_tuning.jobs


def test_an_order_whose_fate_is_not_known_says_so(desk):
    order = desk.order()
    desk.server.fail(503, path="/fine_tuning/jobs", method="POST")
    with pytest.raises(RemoteError, match="not known whether there is a job") as fault:
        desk.submit(order)
    assert "run the same command again" in fault.value.hint
    assert record_of(desk.records, "last").state == "creating"
    desk.submit(order)
    assert (desk.uploads, desk.creates) == (1, 1)


def test_a_job_that_comes_late_is_waited_for(desk):
    """The killed process's request is still on its way when the order is taken up again."""
    order = desk.order()
    desk.server.fail(200, wait=0.0, path="/fine_tuning/jobs", method="POST", reset=True)
    desk.submit(order)
    (job,) = desk.server.fine_tuning.jobs.values()
    record = replace(record_of(desk.records, "last"), state="creating", job=None)
    write_record(desk.records, record)
    hidden = desk.server.fine_tuning.jobs.pop(job.id)
    looks = 0

    async def sleep(_):
        nonlocal looks
        looks += 1
        if looks == 3:
            desk.server.fine_tuning.jobs[job.id] = hidden

    pace = replace(PACE, settle=1000.0, look=100.0, sleep=sleep)
    done = desk.submit(order, pace=pace)
    assert done.job.id == job.id
    assert done.found
    assert desk.creates == 1


@pytest.mark.parametrize("status", [400, 401, 429])
def test_a_refused_order_is_none(desk, status):
    order = desk.order()
    desk.server.fail(status, path="/fine_tuning/jobs", method="POST")
    with pytest.raises(RemoteError) as fault:
        desk.submit(order)
    assert fault.value.status == status
    assert "not known" not in str(fault.value)
    assert record_of(desk.records, "last").state == "intended"
    posts = sum(p.endswith("/fine_tuning/jobs") for p in desk.server.paths)
    assert posts == 1  # never asked twice
    desk.submit(order)
    assert (desk.uploads, desk.creates) == (1, 1)


def test_questions_are_asked_again(desk):
    desk.server.fail(500, times=3, method="GET")
    desk.submit(desk.order())
    assert (desk.uploads, desk.creates) == (1, 1)


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_failed_may_be_ordered_again(desk, end):
    order = desk.order()
    first = desk.submit(order).job.id
    moved(desk.server.fine_tuning, desk.server.fine_tuning.jobs[first], end)
    second = desk.submit(order)
    assert second.job.id != first
    assert not second.found
    assert (desk.uploads, desk.creates) == (1, 2)
    assert [one.round for one in records(desk.records)] == [2, 1]
    assert desk.submit(order).job.id == second.job.id
    assert record_of(desk.records, order.key[:8]).job == second.job.id


def test_what_succeeded_is_not(desk):
    order = desk.order()
    first = desk.submit(order)
    desk.run(first.job.id, "succeeded")
    done = desk.submit(order)
    assert done.found
    assert done.job.tuned_model is not None
    assert desk.creates == 1


def test_again_orders_another_and_only_one(desk):
    order = desk.order()
    first = desk.submit(order).job.id
    for moment in range(4, 7):  # the second order dies on its way, and is finished by the next
        with pytest.raises(Crash):
            desk.submit(order, again=True, dies=moment)
    second = desk.submit(order, again=True).job.id
    assert second != first
    assert desk.creates == 2
    assert desk.submit(order).job.id == second


@AT_AZURE
def test_a_job_of_another_machine_is_found(desk, tmp_path):
    order = desk.order()
    first = desk.submit(order).job.id
    desk.folder = tmp_path / "elsewhere"
    desk.folder.mkdir()
    done = desk.submit(order)
    assert done.found
    assert done.job.id == first
    assert (desk.uploads, desk.creates) == (1, 1)
    others = [
        replace(order, seed=5),
        replace(order, suffix="a"),
        replace(order, hyperparameters={"n_epochs": 2}),
        desk.order("other.jsonl"),
    ]
    jobs = {first}
    for other in others:
        shutil.rmtree(desk.records)  # nothing is remembered: what is there must tell
        jobs.add(desk.submit(other).job.id)
    assert len(jobs) == 5
    assert (desk.uploads, desk.creates) == (2, 5)


@AT_AZURE
def test_a_job_that_failed_on_another_machine_is_none(desk, tmp_path):
    order = desk.order()
    first = desk.submit(order).job.id
    moved(desk.server.fine_tuning, desk.server.fine_tuning.jobs[first], "failed")
    shutil.rmtree(desk.records)
    done = desk.submit(order)
    assert not done.found
    assert done.job.id != first


def test_a_file_of_the_same_name_and_another_size_is_another(desk):
    order = desk.order()
    desk.server.files.add(order.train.remote_name, "fine-tune", b"cut off")
    desk.submit(order)
    assert desk.uploads == 1


def test_a_file_that_is_there_for_another_purpose_is_another(desk):
    order = desk.order()
    made = desk.server.files.add(order.train.remote_name, "batch", order.train.path.read_bytes())

    async def main():
        async with open_provider(desk.target, Where()) as provider:
            return [one.id async for one in provider.files()]

    desk.server.validate = False
    body = {"object": "list", "data": [{"id": made.id, "filename": made.name, "purpose": "batch",
            "bytes": order.train.size}], "has_more": False}  # fmt: skip
    desk.server.fail(200, body=body, path="/files", method="GET")
    assert asyncio.run(main()) == []


@AT_BOTH
def test_again_does_not_take_a_job_of_another_machine_for_its_own(desk, tmp_path):
    order = desk.order()
    first = desk.submit(order).job.id
    desk.folder = tmp_path / "elsewhere"
    desk.folder.mkdir()
    assert desk.submit(order, again=True).job.id != first
    assert (desk.uploads, desk.creates) == (1, 2)


@AT_AZURE
def test_other_orders_of_the_same_file_are_others(desk):
    base = desk.order()
    orders = [
        base,
        replace(base, hyperparameters={"n_epochs": 2}),
        replace(base, hyperparameters={"n_epochs": 3}),
        replace(base, suffix="a"),
        replace(base, seed=3),
        replace(base, model="gpt-4.1-2025-04-14"),
        desk.order(validation="v.jsonl"),
    ]
    jobs = [desk.submit(one).job.id for one in orders]
    assert len(set(jobs)) == len(orders)
    assert [desk.submit(one).job.id for one in orders] == jobs
    assert (desk.uploads, desk.creates) == (2, len(orders))


class Lagging:
    """A provider whose list of files shows nothing new yet."""

    def __init__(self, provider):
        self._provider = provider

    async def files(self):
        for nothing in ():
            yield nothing

    def __getattr__(self, name):
        return getattr(self._provider, name)


def test_a_list_that_lags_behind_brings_no_second_upload(desk):
    order = desk.order()

    async def main():
        async with open_provider(desk.target, Where()) as provider:
            slow = Lagging(provider)
            first = await submitted(order, slow, folder=desk.records, pace=PACE)
            other = replace(order, seed=3)
            return first, await submitted(other, slow, folder=desk.records, pace=PACE)

    first, second = asyncio.run(main())
    assert first.job.training_file == second.job.training_file
    assert (desk.uploads, desk.creates) == (1, 2)


@AT_BOTH
def test_a_job_is_found_though_its_file_was_deleted(desk):
    """Killed while the job was made; then somebody tidied up the files."""
    order = desk.order()
    first = desk.submit(order).job
    record = replace(record_of(desk.records, "last"), state="creating", job=None)
    write_record(desk.records, record)
    del desk.server.files.held[first.training_file]
    done = desk.submit(order)
    assert done.job.id == first.id
    assert (desk.uploads, desk.creates) == (1, 1)


def test_the_wait_is_from_the_end_of_the_longest_request(desk):
    """The record says when a request began; its process may have died long after."""
    order = desk.order()
    desk.submit(order)
    record = record_of(desk.records, "last")
    waits = {}
    for ago in (100.0, 125.0, 500.0, -500.0):
        held = replace(record, state="creating", changed=time.time() - ago)
        work = _Work(order, None, desk.records, Pace(settle=10.0, answer=120.0), print)
        waits[ago] = round(work._unanswered(held))
    assert waits == {100.0: 10, 125.0: 5, 500.0: 0, -500.0: 10}


def test_two_at_once_are_one(desk):
    order = desk.order()

    async def main():
        async with open_provider(desk.target, Where()) as provider:
            return await asyncio.gather(
                *(
                    submitted(
                        order,
                        provider,
                        folder=desk.records,
                        pace=PACE,
                        tell=lambda line: desk.told.append(line.en),
                    )
                    for _ in range(3)
                )
            )

    jobs = {done.job.id for done in asyncio.run(main())}
    assert len(jobs) == 1
    assert (desk.uploads, desk.creates) == (1, 1)
    assert any("waiting" in line for line in desk.told)


def test_two_orders_at_once_share_their_file(desk):
    order = desk.order()

    async def main():
        async with open_provider(desk.target, Where()) as provider:
            return await asyncio.gather(
                *(
                    submitted(replace(order, seed=n), provider, folder=desk.records, pace=PACE)
                    for n in range(3)
                )
            )

    jobs = {done.job.id for done in asyncio.run(main())}
    assert len(jobs) == 3
    assert (desk.uploads, desk.creates) == (1, 3)


def test_a_job_that_is_gone_is_not_ordered_in_silence(desk):
    order = desk.order()
    first = desk.submit(order).job.id
    del desk.server.fine_tuning.jobs[first]
    with pytest.raises(RemoteError, match="knows no job") as fault:
        desk.submit(order)
    assert "--again" in fault.value.hint
    desk.submit(order, again=True)
    assert desk.creates == 2


def test_a_file_that_is_gone_is_uploaded_again(desk):
    order = desk.order()
    first = desk.submit(order).job
    desk.server.files.held.clear()
    del desk.server.fine_tuning.jobs[first.id]
    desk.submit(order, again=True)
    assert (desk.uploads, desk.creates) == (2, 2)


def test_a_file_that_changed_is_not_sent(desk):
    order = desk.order()
    order.train.path.write_text(order.train.path.read_text().replace("0.", "9."))
    with pytest.raises(InputError, match="changed since it was checked"):
        desk.submit(order)
    assert desk.uploads == 0


def _status(desk, status, **more):
    held = next(iter(desk.server.files.held.values()))
    shown = {**held.shown(), "status": status, **more}
    desk.server.fail(200, body=shown, path=f"/files/{held.id}", times=10**6)


def test_an_upload_that_the_provider_finds_unfit(desk):
    order = desk.order()
    desk.submit(order)
    other = replace(order, seed=1)
    _status(desk, "error", status_details="line 7 is \x1b[31mred")
    with pytest.raises(InputError, match="unfit") as fault:
        desk.submit(other)
    assert "\x1b" not in str(fault.value)
    assert desk.creates == 1


def test_an_upload_that_is_never_ready(desk):
    order = desk.order()
    desk.submit(order)
    _status(desk, "pending")
    with pytest.raises(RemoteError, match="still looks through"):
        desk.submit(replace(order, seed=1))
    assert desk.creates == 1


@AT_AZURE
def test_what_a_provider_lacks_is_refused_first(desk):
    with pytest.raises(UsageError, match="keep no metadata"):
        desk.submit(desk.order(metadata={"a": "b"}))
    assert desk.server.paths == []


def test_a_record_that_cannot_be_read_stops_it(desk):
    order = desk.order()
    desk.submit(order)
    (path,) = desk.records.glob("*.json")
    path.write_text('{"schema": 1')
    paths = len(desk.server.paths)
    with pytest.raises(InputError, match="cannot be read"):
        desk.submit(order)
    assert len(desk.server.paths) == paths


@AT_AZURE
def test_the_job_of_a_damaged_record_is_not_taken_for_another_order(desk):
    """Without metadata files alone tell; the id stands in what is left of the record."""
    first = desk.submit(desk.order(hyperparameters={"n_epochs": 2}))
    path = desk.records / first.record.name
    path.write_bytes(path.read_bytes()[:-20])
    second = desk.submit(desk.order())
    assert second.job.id != first.job.id
    assert (desk.uploads, desk.creates) == (1, 2)
    assert sum("left out" in line for line in desk.told) == 1


@AT_BOTH
def test_the_key_goes_with_the_job(desk):
    order = desk.order()
    job = desk.submit(order).job
    kept = {} if desk.target == "azure" else {KEY: order.key}
    assert job.metadata == kept


def _counted(house):
    sent = house.state.files if house.name == "mistral" else house.state.uploaded
    return len(sent), len(house.state.creates)


def _carried_out(house, order, *, dies=None):
    async def use(provider):
        used = provider if dies is None else Mortal(provider, dies)
        return await submitted(order, used, folder=house.where.folder, pace=PACE)

    return house.asked(use)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["together", "fireworks", "mistral"])
def test_the_others_carry_it_out_once_too(house_of, name):
    house = house_of(name)
    order = house.order()
    for moment in (2, 3, 4, 5, 6, 7):
        with suppress(Crash):
            _carried_out(house, order, dies=moment)
    done = _carried_out(house, order)
    assert _counted(house) == (1, 1)
    assert _carried_out(house, order).job.id == done.job.id
    other = replace(order, hyperparameters={"n_epochs": 2})
    assert _carried_out(house, other).job.id != done.job.id
    assert _counted(house) == (1, 2)


def test_rows_of_prompt_and_completion_are_found_again(house_of):
    """Together calls their method as it calls conversations'."""
    house = house_of("together")
    order = house.order(method="completion")
    first = _carried_out(house, order)
    shutil.rmtree(house.folder / ".evalkit", ignore_errors=True)
    assert _carried_out(house, order).job.id == first.job.id
    assert _counted(house) == (1, 1)


def test_a_job_that_is_called_after_its_order_needs_no_file(house_of):
    house = house_of("fireworks")
    order = house.order()
    first = _carried_out(house, order)
    shutil.rmtree(house.folder / ".evalkit", ignore_errors=True)
    house.state.datasets.clear()
    done = _carried_out(house, order)
    assert (done.job.id, done.found) == (first.job.id, True)
    assert _counted(house)[1] == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["together", "fireworks", "mistral"])
def test_wherever_the_others_die(house_of, name):
    house = house_of(name)
    moment, died = 0, True
    while died:
        order = house.order(train=house.file(f"t{moment}.jsonl", rows=12 + moment))
        before = _counted(house)
        try:
            _carried_out(house, order, dies=moment)
        except Crash:
            pass
        else:
            died = False
        _carried_out(house, order)
        uploads, creates = _counted(house)
        assert (uploads - before[0], creates - before[1]) == (1, 1)
        moment += 1
    assert moment > 6
