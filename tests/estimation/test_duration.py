# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from evalkit.estimation.duration import duration
from evalkit.targets.card import Source
from evalkit.targets.job_rules import Timing, Training

# Two real ones: 93 s after about 15 minutes in the queue, and 573 s.
ADA = Timing(
    model="ada", tokens=143_557, seconds=93, queue_seconds=900, as_of=date(2023, 3, 1), source="1"
)
TURBO = Timing(
    model="gpt-3.5-turbo-0613", tokens=26_100, seconds=573, as_of=date(2023, 9, 1), source="2"
)
BOTH = Training(timings=(ADA, TURBO))


def test_a_range_between_two_real_jobs():
    got = duration(52_200, BOTH, "gpt-4o-mini-2024-07-18")
    # ada had more tokens: 93 s at most, 33 s at its pace; turbo fewer: 573 s at least, 1,146 s so
    assert (got.least, got.most) == (93, 1_146 + 900)  # nothing is faster than the fastest
    assert got.jobs == 2
    assert got.basis == (Source(date(2023, 3, 1), "1"), Source(date(2023, 9, 1), "2"))


def test_one_job_is_no_range():
    assert duration(100_000, Training(timings=(ADA,)), "ada") is None
    assert duration(1_000, Training(), "ada") is None
    assert duration(0, BOTH, "ada") is None


def test_jobs_of_quite_another_size_say_nothing():
    assert duration(261_000, BOTH, "m") is not None
    assert duration(261_001, BOTH, "m") is None  # more than ten times turbo's
    assert duration(14_355, BOTH, "m") is None  # less than a tenth of ada's


def test_jobs_of_the_same_model_first():
    slow = replace(ADA, tokens=100_000, seconds=1_000, queue_seconds=None)
    all_three = Training(timings=(ADA, TURBO, slow))
    assert (duration(100_000, all_three, "ada").jobs, duration(100_000, all_three, "m").jobs) == (
        2,
        3,
    )
    assert duration(100_000, all_three, "ada").most == 1_000 + 900


@given(st.integers(1, 10**7))
def test_the_range_is_one(tokens):
    got = duration(tokens, BOTH, "m")
    assert got is None or 93 <= got.least <= got.most


def test_timings_that_say_nothing():
    empty = Timing(model="ada", tokens=0, seconds=10, as_of=date(2023, 3, 2), source="1")
    assert duration(100_000, Training(timings=(ADA, empty)), "ada") is None
