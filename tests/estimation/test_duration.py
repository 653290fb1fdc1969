# SPDX-License-Identifier: Apache-2.0
from datetime import date

from evalkit.estimation.duration import duration
from evalkit.targets.card import Source
from evalkit.targets.job_rules import Timing, Training

# Two real ones: seed 001 (ada, 2023: 93 s after about 15 minutes in the queue), seed 002.
ADA = Timing(
    model="ada", tokens=143_557, seconds=93, queue_seconds=900, as_of=date(2023, 3, 1), source="1"
)
TURBO = Timing(
    model="gpt-3.5-turbo-0613", tokens=26_100, seconds=573, as_of=date(2023, 9, 1), source="2"
)


def test_a_range_between_two_real_jobs():
    got = duration(26_100, Training(timings=(ADA, TURBO)), "gpt-4o-mini-2024-07-18")
    assert got.least == 16  # 26,100 x 93 / 143,557 = 16.9
    assert got.most == 573 + 900
    assert got.jobs == 2
    assert got.basis == (Source(date(2023, 3, 1), "1"), Source(date(2023, 9, 1), "2"))


def test_one_job_is_no_range():
    assert duration(1_000, Training(timings=(ADA,)), "ada") is None
    assert duration(1_000, Training(), "ada") is None
    assert duration(0, Training(timings=(ADA, TURBO)), "ada") is None


def test_jobs_of_the_same_model_first():
    slow = Timing(model="ada", tokens=1_000, seconds=10, as_of=date(2023, 3, 2), source="1")
    got = duration(1_000, Training(timings=(ADA, TURBO, slow)), "ada")
    assert (got.jobs, got.most) == (2, 910)
    assert duration(1_000, Training(timings=(ADA, TURBO, slow)), "davinci").jobs == 3


def test_timings_that_say_nothing():
    empty = Timing(model="ada", tokens=0, seconds=10, as_of=date(2023, 3, 2), source="1")
    assert duration(1_000, Training(timings=(ADA, empty)), "ada") is None
