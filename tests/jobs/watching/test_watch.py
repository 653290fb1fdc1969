# SPDX-License-Identifier: Apache-2.0
"""Following a job: every end is an end, no network loss is one, no event is lost or told twice."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import Event, Job
from evalkit.jobs.watching.progress import Progress, progressed
from evalkit.jobs.watching.seen import Seen
from evalkit.jobs.watching.watch import Away, Back, Happened, Looked, Patience, watch

JOB = Job(id="ftjob-1", target="openai", model="m", state="running", said="running")
GONE = RemoteError("cannot reach it", retryable=True)
DONE = replace(JOB, state="succeeded", said="succeeded")


def event(n, **more):
    return Event(id=f"e{n}", time=1_790_000_000.0 + n, level="info", text=f"event {n}", **more)


@dataclass
class Scripted:
    """A provider whose answers are written down: each look is a job and how many events there are.

    An error in place of the number breaks the list of events, one in place of the job the job.
    """

    looks: list
    events_: list = field(default_factory=list)
    lacks: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    _at: int = -1

    async def job(self, _job):
        self._at = min(self._at + 1, len(self.looks) - 1)
        found = self.looks[self._at][0]
        if isinstance(found, BaseException):
            raise found
        return found

    async def events(self, _job, *, after=None):
        self.asked.append(after)
        upto = self.looks[self._at][1]
        if isinstance(upto, Exception):
            raise upto
        ids = [one.id for one in self.events_[:upto]]
        for one in self.events_[ids.index(after) + 1 if after in ids else 0 : upto]:
            yield one


class Clock:
    """Time that passes only by waiting."""

    def __init__(self):
        self.now, self.waits = 0.0, []

    async def sleep(self, seconds):
        self.waits.append(round(seconds, 6))
        self.now += seconds


def followed(provider, *, seen=None, clock=None, **how):
    """The job as it ended, and what was told."""
    clock, told = clock or Clock(), []
    patience = Patience(sleep=clock.sleep, clock=lambda: clock.now, draw=lambda: 1.0, **how)
    kept = seen if seen is not None else Seen()
    job = asyncio.run(watch(provider, "ftjob-1", seen=kept, tell=told.append, patience=patience))
    return job, told


def shown(told):
    return [one.event.id for one in told if isinstance(one, Happened)]


@pytest.mark.parametrize(
    "last",
    [
        DONE,
        replace(JOB, state="failed", said="failed"),
        replace(JOB, state="cancelled", said="canceled"),
        replace(JOB, state="failed", said="deprovisioned", finished=1.0),
        replace(JOB, state="running", said="evaporated", finished=1.0),  # unknown, with an end
    ],
)
def test_every_end_is_an_end(last):
    job, told = followed(Scripted([(JOB, 0), (JOB, 1), (last, 2)], [event(0), event(1)]))
    assert job == last
    assert shown(told) == ["e0", "e1"]


def test_nothing_new_is_looked_at_less_and_less_often_and_something_new_resets_that():
    clock = Clock()
    looks = [(JOB, 0)] * 12 + [(JOB, 1), (DONE, 1)]
    followed(Scripted(looks, [event(0)]), clock=clock, every=10.0)
    assert clock.waits[:4] == [10.0, 12.5, 15.625, 19.53125]
    assert max(clock.waits) == 60.0
    assert clock.waits[-1] == 10.0


def test_a_network_that_is_away_is_said_and_borne():
    clock = Clock()
    asks = RemoteError("429", retryable=True, status=429, retry_after=7.0)
    looks = [(JOB, 0), (GONE, 0), (GONE, 0), (JOB, GONE), (asks, 0), (GONE, 0), (DONE, 1)]
    _, told = followed(Scripted(looks, [event(0)]), clock=clock)
    away = [one for one in told if isinstance(one, Away)]
    assert [one.wait for one in away] == [1.0, 2.0, 4.0, 7.0, 16.0]  # Retry-After counts
    assert [one.tries for one in away] == [1, 2, 3, 4, 5]
    (back,) = [one for one in told if isinstance(one, Back)]
    assert back.seconds == pytest.approx(30.0)
    assert shown(told) == ["e0"]


def test_it_never_gives_up_by_itself_and_waits_a_minute_at_most():
    clock = Clock()
    followed(Scripted([(GONE, 0)] * 500 + [(DONE, 0)]), clock=clock)
    assert len(clock.waits) == 500
    assert max(clock.waits) == 60.0


def test_it_gives_up_where_it_may():
    clock = Clock()
    with pytest.raises(RemoteError, match="gave up after 100 s without an answer") as caught:
        followed(Scripted([(JOB, 0), (GONE, 0)]), clock=clock, give_up=100.0)
    assert caught.value.exit_code == 3
    assert clock.now == pytest.approx(110.0)
    # The list of events alone being away counts as well.
    with pytest.raises(RemoteError, match="gave up"):
        followed(Scripted([(JOB, GONE)]), give_up=5.0)


def test_a_refusal_ends_it():
    refusal = RemoteError("401", status=401)
    with pytest.raises(RemoteError, match="401"):
        followed(Scripted([(JOB, 0), (refusal, 0)]))


def test_a_provider_without_events_is_not_asked_for_them():
    provider = Scripted([(JOB, 0), (DONE, 0)], lacks={"events": "it has none"})
    followed(provider)
    assert provider.asked == []


def test_events_that_come_late_and_out_of_order_are_told_once():
    provider = Scripted([(JOB, 30), (JOB, 31), (DONE, 31)], [event(n) for n in range(31)])
    late = event(999)

    class Late(Scripted):
        async def events(self, job, *, after=None):
            async for one in super().events(job, after=after):
                yield one
                if one.id == "e25" and self._at > 0:
                    yield late  # in the same second as others that were told before it

    _, told = followed(Late(provider.looks, provider.events_))
    assert sorted(shown(told)) == sorted([*(f"e{n}" for n in range(31)), "e999"])


@pytest.mark.parametrize(
    ("trouble", "asked"), [(GONE, 4), (RemoteError("no such events", status=404), 1)]
)
def test_events_that_cannot_be_had_do_not_keep_the_end_away(trouble, asked):
    provider = Scripted([(DONE, trouble)])
    job, told = followed(provider)
    assert job.state == "succeeded"
    assert len(provider.asked) == asked
    assert shown(told) == []


def test_events_that_are_refused_of_a_job_under_way_are_told():
    with pytest.raises(RemoteError, match="no such events"):
        followed(Scripted([(JOB, RemoteError("no such events", status=403))]))


class Killed(BaseException):
    """The process was killed."""


@settings(max_examples=50)
@given(st.data())
def test_any_sharding_of_events_into_watches_tells_each_of_them(data):
    n = data.draw(st.integers(0, 60))
    events = [event(i) for i in range(n)]
    told, repeated = [], 0
    with tempfile.TemporaryDirectory() as folder:
        upto, watches = 0, data.draw(st.integers(1, 6))
        for number in range(watches):
            looks, over = [], number == watches - 1
            for _ in range(data.draw(st.integers(0, 4))):
                upto = min(n, upto + data.draw(st.integers(0, 40)))
                looks.append(data.draw(st.sampled_from([(JOB, upto), (GONE, upto), (JOB, GONE)])))
            looks.append((DONE, n) if over else (Killed(), 0))
            kill_at = None if over else data.draw(st.none() | st.integers(0, 30))
            seen = Seen.kept(Path(folder), "openai", None, "ftjob-1")
            count = 0

            def tell(notice, kill_at=kill_at):
                nonlocal count, repeated
                if isinstance(notice, Happened):
                    told.append(notice.event.id)  # on the screen; then the process dies
                    count += 1
                    if kill_at is not None and count > kill_at:
                        repeated += 1
                        raise Killed

            clock = Clock()
            patience = Patience(sleep=clock.sleep, clock=lambda clock=clock: clock.now)
            try:
                asyncio.run(
                    watch(
                        Scripted(looks, events), "ftjob-1", seen=seen, tell=tell, patience=patience
                    )
                )
            except Killed:
                pass
            finally:
                seen.close()
    assert set(told) == {one.id for one in events}
    assert len(told) - n <= repeated  # the one that was told last, and no other
    once = list(dict.fromkeys(told))
    assert once == [one.id for one in events]


def test_what_was_seen_survives_a_torn_line_and_a_file_that_is_none(tmp_path):
    seen = Seen.kept(tmp_path, "openai", None, "j")
    for n in range(3):
        seen.add(f"e{n}\n\u2028ü")
    seen.close()
    (path,) = tmp_path.glob("watch-*.jsonl")
    path.write_bytes(path.read_bytes() + b'"e3')
    again = Seen.kept(tmp_path, "openai", None, "j")
    assert len(again) == 3
    again.add("e4")
    again.close()
    assert "e4" in Seen.kept(tmp_path, "openai", None, "j")
    path.write_bytes(b"\x00\xffno json")
    assert len(Seen.kept(tmp_path, "openai", None, "j")) == 0
    assert len(Seen.kept(tmp_path, "openai", "http://x", "j")) == 0  # another server's


def test_where_nothing_can_be_kept_it_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    seen = Seen.kept(tmp_path / "file", "openai", None, "j")
    assert seen.lost
    seen.add("e1")
    assert "e1" in seen


def test_progress():
    said = Progress(of=50)
    said = progressed(said, event(0, step=1, metrics={"train_loss": 2.0}))
    assert (said.step, said.of, said.share) == (1, 50, 0.02)
    said = progressed(said, replace(event(10, step=11), text="Step 11/101: training loss=1.0"))
    assert (said.step, said.of) == (11, 101)
    assert said.metrics == {"train_loss": 2.0}
    assert said.left(JOB, now=0.0) == pytest.approx(90.0)  # a step a second
    assert said.left(replace(JOB, estimated_finish=100.0), now=40.0) == 60.0
    assert said.left(replace(JOB, estimated_finish=100.0), now=140.0) is None
    assert said.left(replace(JOB, state="paused"), now=0.0) is None
    legacy = progressed(Progress(), replace(event(1), text="Step 7 of 9: fine"))
    assert (legacy.step, legacy.of) == (7, 9)
    assert progressed(Progress(), event(1)).step is None


def test_a_look_tells_how_it_stood_before():
    queued = replace(JOB, state="queued", said="queued")
    _, told = followed(Scripted([(queued, 0), (JOB, 0), (DONE, 0)]))
    assert [(one.job.state, one.before and one.before.state) for one in told] == [
        ("queued", None),
        ("running", "queued"),
        ("succeeded", "running"),
    ]
    assert all(isinstance(one, Looked) for one in told)
