# SPDX-License-Identifier: Apache-2.0
"""Rates are kept, limits are learned, and nobody is asked while they want quiet; no real clock."""

from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.models._bucket import Bucket
from evalkit.models._gate import Gate, gate_for, seconds_of
from evalkit.models._window import Window


class Time:
    """A clock that only sleeping moves, for many tasks at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        awake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, awake))
        await awake

    async def run(self, work) -> None:
        """Let tasks run until they are done, moving the clock whenever all of them wait."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(50):
                await asyncio.sleep(0)
            if not task.done() and self._sleepers:
                self.now, _, awake = heapq.heappop(self._sleepers)
                if not awake.done():
                    awake.set_result(None)
        await task


def most_within(times: list[float], width: float) -> int:
    return max(bisect_left(times, start + width) - i for i, start in enumerate(times))


def asked(gate: Gate, time: Time, n: int, *, takes: float = 0.2, tokens: int = 10) -> list[float]:
    sent: list[float] = []

    async def one() -> None:
        started = await gate.enter(tokens)
        sent.append(started)
        await time.sleep(takes)
        gate.served(tokens, tokens)
        gate.leave()

    async def everyone() -> None:
        await asyncio.gather(*(one() for _ in range(n)))

    asyncio.run(time.run(everyone()))
    return sent


def test_requests_are_spread_over_the_minute():
    time = Time()
    gate = Gate(most=64, requests_per_minute=600, clock=time, sleep=time.sleep)
    sent = asked(gate, time, 300)
    assert most_within(sent, 1.0) <= 10  # 600 a minute
    assert sent[-1] <= 300 / 10 * 1.05  # and no slower than need be


def test_tokens_are_spread_too():
    time = Time()
    gate = Gate(most=64, tokens_per_minute=60_000, clock=time, sleep=time.sleep)
    sent = asked(gate, time, 200, tokens=100)
    assert most_within(sent, 1.0) * 100 <= 1_000 * 1.05


@pytest.mark.parametrize(("used", "charged"), [(100, 1_000), (2_000, 2_000)])
def test_what_was_reserved_too_little_is_charged_and_nothing_given_back(used, charged):
    time = Time()
    gate = Gate(most=1, tokens_per_minute=6_000, clock=time, sleep=time.sleep)

    async def work() -> None:
        for _ in range(10):
            await gate.enter(1_000)
            gate.served(1_000, used)
            gate.leave()

    asyncio.run(time.run(work()))
    assert time.now == pytest.approx(9 * charged * 60 / (6_000 * 0.98))


def test_few_wait_for_their_rate_with_their_intent_on_disk():
    """Those that have a place but did not go out are what a crash leaves in doubt for nothing."""
    time = Time()
    gate = Gate(most=64, start=64, requests_per_minute=60, clock=time, sleep=time.sleep)
    placed: list[int] = []
    gone: list[int] = []
    most = 0

    async def one(n: int) -> None:
        nonlocal most
        await gate.place()
        placed.append(n)
        most = max(most, len(placed) - len(gone))
        await gate.go(1)
        gone.append(n)
        gate.leave()

    async def everyone() -> None:
        await asyncio.gather(*(one(n) for n in range(50)))

    asyncio.run(time.run(everyone()))
    assert placed == gone == list(range(50))
    assert most <= 9


def test_one_that_does_not_go_out_makes_room():
    time = Time()
    gate = Gate(most=1, clock=time, sleep=time.sleep)

    async def work() -> None:
        await gate.place()
        waiting = asyncio.ensure_future(gate.enter(1))
        await asyncio.sleep(0)
        gate.stay()
        gate.leave()
        await waiting

    asyncio.run(asyncio.wait_for(work(), 5))


def test_one_gate_for_a_model_of_a_server_and_the_least_of_each_limit():
    async def gates():
        first = gate_for("http://a", "m", most=64, requests_per_minute=100)
        again = gate_for("http://a", "m", most=16, requests_per_minute=500, tokens_per_minute=9)
        other = gate_for("http://a", "n", most=64)
        return first, again, other

    first, again, other = asyncio.run(gates())
    assert first is again is not other
    assert (first.window.most, first.requests.per_minute, first.tokens.per_minute) == (16, 100, 9)
    assert asyncio.run(gates())[0] is not first  # another run, another loop


def test_a_request_larger_than_the_minute_goes_out_and_is_paid_off():
    bucket = Bucket(60)
    assert bucket.wait(0) == 0
    bucket.take(600, 0)
    assert bucket.wait(0) == pytest.approx(600 / 0.98)


@given(
    rate=st.floats(1, 10_000),
    amounts=st.lists(st.tuples(st.integers(0, 500), st.floats(0, 5)), max_size=60),
)
@settings(deadline=None)
def test_no_window_holds_more_than_the_rate_and_one_request(rate, amounts):
    bucket, now, sent = Bucket(rate), 0.0, []
    for amount, idle in amounts:
        now += idle
        now += bucket.wait(now)
        bucket.take(amount, now)
        sent.append((now, amount))
    for i, (start, _) in enumerate(sent):
        for j in range(i, len(sent)):
            between = sum(amount for _, amount in sent[i:j])  # the last may be of any size
            assert between <= rate / 60 * (sent[j][0] - start) + 1e-6


def test_the_servers_limit_holds_where_it_is_less():
    time = Time()
    gate = Gate(most=64, requests_per_minute=6_000, clock=time, sleep=time.sleep)
    gate.heard({"x-ratelimit-limit-requests": "600", "x-ratelimit-limit-tokens": "not a number"})
    assert (gate.requests.per_minute, gate.tokens.per_minute) == (600, None)
    gate.heard({"x-ratelimit-limit-requests": "60000"})
    assert gate.requests.per_minute == 600
    assert most_within(asked(gate, time, 100), 1.0) <= 10


def test_nothing_goes_out_when_the_server_has_nothing_left():
    time = Time()
    gate = Gate(most=8, clock=time, sleep=time.sleep)
    gate.heard({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"})
    assert asked(gate, time, 1) == [360.0]


def test_everyone_waits_when_one_is_told_to():
    time = Time()
    gate = Gate(most=8, clock=time, sleep=time.sleep)
    gate.refused(0.0, 30.0)
    assert asked(gate, time, 5) == [30.0] * 5


def test_a_wish_without_end_is_cut():
    time = Time()
    gate = Gate(most=8, clock=time, sleep=time.sleep)
    gate.refused(0.0, 1e9)
    assert asked(gate, time, 1) == [600.0]


def test_no_more_than_the_window_are_under_way():
    time = Time()
    gate = Gate(most=3, clock=time, sleep=time.sleep)
    sent = asked(gate, time, 12, takes=1.0)
    assert most_within(sent, 0.99) == 3


def test_one_that_gives_up_waiting_leaves_its_place():
    time = Time()
    gate = Gate(most=1, clock=time, sleep=time.sleep)

    async def work() -> None:
        await gate.enter(1)
        waiting = [asyncio.ensure_future(gate.enter(1)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        gate.leave()
        await waiting[1]
        gate.leave()
        await waiting[2]

    asyncio.run(asyncio.wait_for(work(), 5))


def test_the_window_doubles_until_refused_then_grows_by_one():
    window = Window(64)
    sizes = []
    for _ in range(8 + 16):
        window.served()
    sizes.append(window.size)
    window.refused(started=1.0, now=2.0)
    sizes.append(window.size)
    window.refused(started=1.5, now=2.1)  # of the same spell
    sizes.append(window.size)
    for _ in range(25):
        window.served()
    sizes.append(window.size)
    assert sizes == [32, 25, 25, 26]


def test_the_window_keeps_its_bounds():
    assert Window(4).size == 4
    window = Window(1)
    window.refused(0, 1)
    assert window.size == 1
    for _ in range(9):
        window.served()
    assert window.size == 1


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("1s", 1), ("6m0s", 360), ("86ms", 0.086), ("1h2m3.5s", 3723.5), ("1m30s", 90), ("2m", 120),
     ("", None), ("soon", None), ("1", None), ("1.2.3s", None)],
)  # fmt: skip
def test_time_spans(span, seconds):
    assert seconds_of(span) == (None if seconds is None else pytest.approx(seconds))
