# SPDX-License-Identifier: Apache-2.0
"""Two machines order the same at once: one job stays, both follow it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from loopback import Loopback
from loopback._training import ENDED

from evalkit.core.errors import RemoteError
from evalkit.jobs.checks.rows import training_file
from evalkit.jobs.job import KEY, Job, Order
from evalkit.jobs.pace import Pace
from evalkit.jobs.record import record_of
from evalkit.jobs.refusals import TwinsError
from evalkit.jobs.seam import Where, open_provider
from evalkit.jobs.sending import submitted
from evalkit.jobs.twins import can_be_told

MODEL = "gpt-4.1-mini-2025-04-14"
PACE = Pace(settle=0.05, look=0.02, tie=0.02, longest=0.01, ready=0.05)
ROWS = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"{i}?"},
                             {"role": "assistant", "content": f"{i}."}]}) + "\n"
    for i in range(12)
)  # fmt: skip


class Crash(BaseException):
    """The process dies."""


class Between:
    """A provider at which something happens right before or after the job is made."""

    def __init__(self, provider, *, before=None, after=None, dies=None, fails=()):
        self._provider = provider
        self._before, self._after, self._left, self._fails = before, after, dies, fails

    def _passed(self):
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Crash

    def __getattr__(self, name):
        real = getattr(self._provider, name)
        if name not in ("create", "cancel"):
            return real

        async def call(*given, **named):
            self._passed()
            if name in self._fails:
                raise RemoteError("it cannot be done in this state", status=400)
            if name == "create" and self._before:
                await self._before()
            answer = await real(*given, **named)
            self._passed()
            if name == "create" and self._after:
                await self._after()
            return answer

        return call


class Desk:
    """Somebody who orders, at one server, from one folder."""

    def __init__(self, server, folder):
        self.server, self.folder, self.told = server, folder, []
        folder.mkdir()
        (folder / "t.jsonl").write_text(ROWS)

    @property
    def order(self):
        return Order(
            target="openai", model=MODEL, train=training_file(self.folder / "t.jsonl"), seed=3
        )

    async def go(self, *, again=False, **happens):
        async with open_provider("openai", Where()) as provider:
            return await submitted(
                self.order, Between(provider, **happens), folder=self.folder / "jobs", pace=PACE,
                tell=lambda line: self.told.append(line.en), again=again,
            )  # fmt: skip

    def submit(self, **happens):
        return asyncio.run(self.go(**happens))

    @property
    def record(self):
        return record_of(self.folder / "jobs", "last")

    @property
    def living(self):
        runs = self.server.fine_tuning.jobs.values()
        return [run.id for run in runs if run.phase not in ENDED]


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        it.fine_tuning.hold = "validating"
        yield it
        assert it.complaints == []


@pytest.fixture
def desks(server, tmp_path):
    return [Desk(server, tmp_path / name) for name in ("one", "two")]


def test_both_follow_the_older_one(desks):
    one, two = desks
    done = {}

    async def the_other():
        done["two"] = await two.go()

    mine = one.submit(before=the_other)
    assert done["two"].job.id == mine.job.id == "ftjob-000001"
    assert (mine.found, done["two"].found) == (True, False)
    assert one.living == ["ftjob-000001"]
    assert one.server.fine_tuning.jobs["ftjob-000002"].phase == "cancelled"
    assert (one.record.state, one.record.job) == ("submitted", "ftjob-000001")
    assert one.record.former == ("ftjob-000002",)
    line = "ftjob-000001 is older and is followed, ours (ftjob-000002) was cancelled"
    assert sum(line in told for told in one.told) == 1
    assert two.told == [told for told in two.told if "another machine" not in told]
    assert one.submit().job.id == two.submit().job.id == "ftjob-000001"
    assert len(one.server.fine_tuning.creates) == 2


@pytest.mark.parametrize("later", [0, 5])
def test_of_one_second_the_smaller_id_stays_whoever_made_it(desks, later):
    """Each looks once the second is over, so that both see both."""
    one, two = desks
    jobs = one.server.fine_tuning.jobs
    gates = [asyncio.Event(), asyncio.Event()]

    async def made(mine, other):
        if mine == 1:  # the second job of the server has the smaller id
            run = jobs.pop("ftjob-000002")
            run.id, run.created = "ftjob-000000", jobs["ftjob-000001"].created + later
            jobs[run.id] = run
        gates[mine].set()
        await gates[other].wait()

    async def main():
        async def second():
            await gates[0].wait()

        return await asyncio.gather(
            one.go(after=lambda: made(0, 1)), two.go(before=second, after=lambda: made(1, 0))
        )

    # The provider's answer names the job as the list does.
    real = Between.__getattr__

    def renamed(self, name):
        call = real(self, name)
        if name != "create" or not self._before:
            return call

        async def create(*given, **named):
            job = await call(*given, **named)
            return replace(job, id="ftjob-000000")

        return create

    Between.__getattr__ = renamed
    try:
        first, second = asyncio.run(main())
    finally:
        Between.__getattr__ = real
    stays = "ftjob-000001" if later else "ftjob-000000"
    assert first.job.id == second.job.id == stays
    assert one.living == [stays]


def test_one_that_cannot_be_cancelled_is_said(desks):
    one, two = desks
    with pytest.raises(TwinsError) as fault:
        one.submit(before=two.go, fails=("cancel",))
    assert fault.value.exit_code == 1
    assert "ftjob-000001 and the later ftjob-000002" in str(fault.value)
    assert "it cannot be done in this state" in str(fault.value)
    assert one.record.job == "ftjob-000001"
    assert one.record.former == ("ftjob-000002",)


def test_one_that_has_ended_by_itself_is_not_cancelled(desks):
    one, two = desks

    async def ends():
        one.server.fine_tuning.jobs["ftjob-000002"].phase = "failed"

    done = one.submit(before=two.go, after=ends)
    assert done.job.id == "ftjob-000001"


@pytest.mark.parametrize("phase", ["failed", "cancelled", "succeeded"])
def test_one_that_has_ended_is_none_to_follow(desks, phase):
    one, two = desks

    async def over():
        await two.go()
        one.server.fine_tuning.jobs["ftjob-000001"].phase = phase

    assert one.submit(before=over).job.id == "ftjob-000002"
    assert one.living == ["ftjob-000002"]


def test_another_on_purpose_is_none(desks):
    one, two = desks
    first = one.submit()
    assert two.submit().job.id == first.job.id
    second = two.submit(again=True)
    assert second.job.id != first.job.id
    assert len(one.living) == 2
    assert one.submit().job.id == first.job.id


@pytest.mark.parametrize("dies", range(6))
def test_wherever_it_dies_one_is_left(desks, dies):
    one, two = desks
    met = []

    async def first():
        met.append(await two.go())

    with suppress(Crash):
        one.submit(before=first, dies=dies)
    done = one.submit()
    assert done.job.id == "ftjob-000001"
    assert one.record.state == "submitted"
    if dies == 1:  # the answer that names our job was lost: nothing is cancelled on a guess
        assert one.living == ["ftjob-000001", "ftjob-000002"]
        assert any("nobody wants ftjob-000002: evalkit job cancel" in line for line in one.told)
    else:
        assert one.living == ["ftjob-000001"]
    assert len(met) == (dies > 0)


def test_a_list_that_is_away_leaves_it_to_the_next_call(desks):
    one, _ = desks

    async def away():
        one.server.fail(403, path="/fine_tuning/jobs", method="GET")

    with pytest.raises(RemoteError, match="the job ftjob-000001 is there") as fault:
        one.submit(after=away)
    assert "run the same command again" in fault.value.hint
    assert (one.record.state, one.record.job) == ("creating", "ftjob-000001")
    assert one.submit().job.id == "ftjob-000001"
    assert len(one.server.fine_tuning.creates) == 1


@pytest.mark.parametrize("name", ["fireworks", "azure", "local"])
def test_where_else_a_job_says_of_which_order_it_is(house_of, tmp_path, name):
    """At Fireworks by its name; elsewhere nothing is cancelled on a guess."""
    if name == "local":
        job = Job(
            id="x", target=name, model="m", state="running", said="", metadata={KEY: "k" * 40}
        )
        provider = type("Here", (), {"host": None, "lacks": {}})
        assert not can_be_told(provider, type("Order", (), {"key": "k" * 40}), job)
        return
    house = house_of(name)
    order = house.order()

    async def go(provider, folder, **happens):
        used = Between(provider, **happens)
        return await submitted(order, used, folder=tmp_path / folder, pace=PACE)

    async def both(provider):
        async def other():
            done["other"] = await go(provider, "other")

        done["mine"] = await go(provider, "mine", before=other)

    done = {}
    house.asked(both)
    assert len(house.state.creates) == 2
    ids = {done["mine"].job.id, done["other"].job.id}
    assert len(ids) == (1 if name == "fireworks" else 2)
    asked = [run for run in house.state.jobs.values() if run.more.get("cancel")]
    assert len(asked) == (name == "fireworks")


@pytest.mark.slow
def test_two_processes_at_random_moments_leave_one_job(server, tmp_path):
    draw = random.Random(20261122)  # noqa: S311
    env = {**os.environ, "PYTHONUTF8": "1", "OPENAI_BASE_URL": server.url}
    server.delay = 0.4  # each answer is long on its way: both have looked before one has ordered
    for n in range(3):
        folders = []
        for name in "ab":
            folder = tmp_path / f"{n}{name}"
            folder.mkdir()
            (folder / "t.jsonl").write_text(ROWS)
            folders.append(folder)
        line = [sys.executable, "-m", "evalkit", "job", "submit", "t.jsonl", "--target", "openai",
                "--model", "gpt-4.1-mini", "--yes", "--seed", str(n)]  # fmt: skip
        processes = []
        for folder in folders:
            processes.append(
                subprocess.Popen(line, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=-2)
            )
            time.sleep(draw.uniform(0, 0.2))
        said = [process.communicate(timeout=120)[0].decode() for process in processes]
        assert [process.returncode for process in processes] == [0, 0], said
        runs = [one for one in server.fine_tuning.jobs.values() if one.order["seed"] == n]
        living = [run.id for run in runs if run.phase not in ENDED]
        assert len(living) == 1, said
        assert {record_of(folder / ".evalkit/jobs", "last").job for folder in folders} == {*living}
        assert len({run.order["metadata"][KEY] for run in runs}) == 1
