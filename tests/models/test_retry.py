# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Reply, Request
from evalkit.models._connection import seconds_to_wait
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError, without_secrets
from evalkit.models._gate import Gate
from evalkit.models._retry import ATTEMPTS, LONGEST_WAIT, Course, Retrying, wait_before

ASK = Request(messages=[{"role": "user", "content": "Hi"}])


def scripted(*outcomes):
    """A model that does one after the other, and how often it was asked."""
    left = list(outcomes)
    asked = []

    async def answer(request):
        asked.append(request)
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return answer, asked


class Noted(Course):
    """Writes down what happens around the attempts."""

    def __init__(self):
        self.log = []

    async def begin(self):
        self.log.append("begin")

    async def note(self, *, again):
        self.log.append("again" if again else "note")

    def end(self, reply, *, doubtful):
        self.log.append("doubt" if doubtful else "refused" if reply is None else "answer")


def run(*outcomes, course=None):
    """Ask once; the outcome or error, the number of attempts, the waits."""
    answer, asked = scripted(*outcomes)
    waits = []
    now = [0.0]

    async def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    gate = Gate(most=4, clock=lambda: now[0], sleep=sleep)
    ask = Retrying(answer, gate, sleep=sleep, jitter=lambda: 0.5, clock=lambda: 0.0)
    try:
        result = asyncio.run(ask(ASK, course))
    except RemoteError as error:
        result = error
    return result, len(asked), waits


GOOD = Reply(text="yes")


def busy(after=None):
    return RequestError("503", status=503, retry_after=after, retryable=True)


def replied(outcome):
    return outcome[0].reply, *outcome[1:]


def test_full_jitter_doubles():
    assert replied(run(busy(), busy(), busy(), GOOD)) == (GOOD, 4, [0.5, 1.0, 2.0])


def test_retry_after_is_kept_to_and_capped():
    assert replied(run(busy(7.0), busy(0.0), busy(1e9), GOOD)) == (
        GOOD,
        4,
        [7.0, 0.0, LONGEST_WAIT],
    )


def test_five_attempts_then_an_error_as_answer():
    outcome, attempts, _ = run(*[busy()] * 9)
    assert (outcome.reply.finish, outcome.reply.error, attempts) == ("error", "503", ATTEMPTS)
    assert not outcome.doubtful


def test_never_again_for_a_bad_request():
    outcome, attempts, _ = run(RequestError("400", status=400))
    assert (outcome.reply.finish, attempts, outcome.doubtful) == ("error", 1, False)


def test_refused_key_stops():
    error = RemoteError("401", status=401)
    assert run(error) == (error, 1, [])


def test_time_out_is_asked_once_more():
    late = TimedOutError("late", retryable=True)
    outcome, attempts, _ = run(late, late, GOOD)
    assert (outcome.reply.finish, attempts, outcome.doubtful) == ("error", 2, True)


def test_what_happens_around_the_attempts():
    late, cut = TimedOutError("late", retryable=True), RequestError("cut", retryable=True)
    course = Noted()
    outcome, *_ = run(busy(1.0), cut, late, busy(), GOOD, course=course)
    assert (outcome.reply.finish, outcome.doubtful) == ("error", True)  # a third attempt timed out
    assert course.log == [
        "begin",
        "note",
        "refused",
        "begin",
        "note",
        "doubt",
        "begin",
        "again",
        "doubt",
    ]
    course = Noted()
    outcome, *_ = run(cut, busy(), GOOD, course=course)
    assert (outcome.reply, outcome.doubtful) == (GOOD, False)
    assert course.log == [
        "begin",
        "note",
        "doubt",
        "begin",
        "again",
        "refused",
        "begin",
        "again",
        "answer",
    ]
    assert course.out is False


def test_rate_refusals_make_fewer_go_out_and_other_faults_do_not():
    def size(fault):
        gate = Gate(most=8)
        answer, _ = scripted(fault, GOOD)
        asyncio.run(Retrying(answer, gate, sleep=no_wait, jitter=lambda: 0.0)(ASK))
        return gate.window.size

    assert size(RequestError("429", status=429, retryable=True)) == 6
    assert size(busy()) == 8
    assert size(busy(0.0)) == 6  # it asks for time


async def no_wait(_seconds):
    pass


def test_wrong_address_stops_at_once_but_a_lost_one_is_tried_again():
    gone = UnreachableError("refused", retryable=True)
    assert run(gone, GOOD) == (gone, 1, [])
    answer, asked = scripted(GOOD, gone, gone, GOOD)
    ask = Retrying(answer, Gate(most=1), sleep=no_wait, jitter=lambda: 0.0)

    async def both():
        await ask(ASK)
        return (await ask(ASK)).reply

    assert asyncio.run(both()) == GOOD
    assert len(asked) == 4


def test_seconds_are_of_the_attempt_that_answered():
    clock = iter([0.0, 100.0, 103.0]).__next__
    answer, _ = scripted(busy(), GOOD)
    ask = Retrying(answer, Gate(most=1), sleep=no_wait, clock=clock)
    assert asyncio.run(ask(ASK)).seconds == 3.0


@given(
    st.integers(2, 60), st.none() | st.floats(allow_nan=False), st.floats(0, 1, exclude_max=True)
)
def test_waits_are_bounded(attempt, after, drawn):
    assert 0 <= wait_before(attempt, after, drawn) <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after(headers, seconds):
    assert seconds_to_wait(headers) == seconds


def test_retry_after_as_date():
    then = datetime.now(UTC) + timedelta(seconds=60)
    assert 55 < seconds_to_wait({"retry-after": format_datetime(then, usegmt=True)}) <= 60


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-proj-abcd1234*****wxyz.",
        "Rate limit reached in organization org-AbCdEf123456 on tokens",
        "project proj_9f8e7d6c has no access",
        "bad token CANARY-0123456789",
    ],
)
def test_messages_lose_their_secrets(said):
    shown = without_secrets(said, "CANARY-0123456789")
    for secret in ("abcd1234", "wxyz", "AbCdEf", "9f8e7d", "CANARY"):
        assert secret not in shown


def test_messages_are_one_printable_line():
    assert without_secrets("a\nb\x1b[31m\u202e" + "x" * 999).startswith("a b\\x1b[31m<U+202E>")
    assert len(without_secrets("x" * 999)) <= 300
