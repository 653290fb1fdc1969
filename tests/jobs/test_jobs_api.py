# SPDX-License-Identifier: Apache-2.0
"""`evalkit.jobs` from Python: the same checks, the same job."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from loopback import Loopback
from loopback._training import look

from evalkit import jobs
from evalkit.core.errors import UsageError
from evalkit.jobs.pace import Pace
from evalkit.jobs.refusals import ClosedError, RefusedError

TODAY = date(2026, 11, 21)


@pytest.fixture
def server(monkeypatch):
    with Loopback() as it:
        monkeypatch.setenv("OPENAI_BASE_URL", it.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-12345678")
        yield it
        assert it.complaints == []


@pytest.fixture
def order(server, tmp_path):
    path = tmp_path / "train.jsonl"
    turns = [
        [{"role": "user", "content": f"{i}?"}, {"role": "assistant", "content": f"{i}."}]
        for i in range(12)
    ]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns))

    def submit(**more):
        given = {
            "target": "openai",
            "model": "gpt-4.1-mini",
            "where": jobs.Where(folder=tmp_path / "jobs"),
            "pace": Pace(settle=0.05, look=0.01, tie=0.0),
            "today": TODAY,
            **more,
        }
        return asyncio.run(jobs.submit(path, **given))

    return submit


def test_a_job_and_its_record(server, order, tmp_path):
    done = order(budget="1", hyperparameters={"n_epochs": 2}, metadata={"team": "a"})
    assert isinstance(done, jobs.Submitted)
    assert done.job.id == "ftjob-000001"
    assert jobs.records(tmp_path / "jobs") == [done.record]
    assert jobs.record_of(tmp_path / "jobs", "last") == done.record
    assert order(hyperparameters={"n_epochs": 2}, metadata={"team": "a"}).found

    async def look():
        async with jobs.open_provider("openai", jobs.Where()) as provider:
            return await provider.job(done.job.id)

    assert asyncio.run(look()).metadata["team"] == "a"


@pytest.mark.parametrize(
    ("more", "kind", "said"),
    [
        ({"budget": 0.0001}, RefusedError, "over budget"),
        ({"today": date(2027, 1, 6)}, ClosedError, "takes no new training jobs"),
        ({"model": "gpt-3.5-turbo"}, ClosedError, "is closed"),
        ({"budget": "a lot"}, UsageError, "no sum of money"),
        ({"target": "nowhere"}, UsageError, "no target named `nowhere`"),
        ({"method": "preference"}, UsageError, "not for preference"),
        ({"hyperparameters": {"beta": 1.0}}, UsageError, "--beta is for"),
    ],
)
def test_what_is_refused_is_not_sent(server, order, more, kind, said):
    with pytest.raises(kind, match=said):
        order(**more)
    assert server.paths == []


def test_a_closed_account(server, order):
    server.fine_tuning.closed = True
    with pytest.raises(ClosedError, match="training_not_available") as fault:
        order()
    assert fault.value.hint.startswith("open: ")


def test_what_the_provider_holds_is_kept_and_dated_from_python(server, order, tmp_path):
    done = order()
    while server.fine_tuning.jobs[done.job.id].phase != "succeeded":
        look(server.fine_tuning, server.fine_tuning.jobs[done.job.id])

    async def main():
        async with jobs.open_provider("openai", jobs.Where()) as provider:
            job = await provider.job(done.job.id)
            kept = await jobs.save_job(provider, job, tmp_path / "kept", now=datetime.now(UTC))
        return kept, await jobs.tuned_models("openai", today=TODAY)

    kept, tuned = asyncio.run(main())
    assert isinstance(kept, jobs.Saved)
    assert (kept.folder / "manifest.json").is_file()
    assert all(isinstance(one, jobs.Entry) for one in tuned)  # and its checkpoints
    assert (done.job.id, 54) in {(one.model.job, one.days_left) for one in tuned}


def test_tuned_models_that_cannot_be_had(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        asyncio.run(jobs.tuned_models("openai"))


def test_importing_it_costs_nothing():
    program = (
        "import sys, evalkit.jobs; evalkit.jobs.Order; evalkit.jobs.records;"
        "print(sorted({'openai', 'torch', 'numpy', 'tiktoken'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_name_is_there():
    for name in jobs.__all__:
        assert getattr(jobs, name).__doc__
    with pytest.raises(AttributeError):
        jobs.nothing_of_that_name  # noqa: B018
