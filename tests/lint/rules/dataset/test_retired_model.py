# SPDX-License-Identifier: Apache-2.0
"""Which dates are worth a word."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from evalkit.lint.result import FileReport
from evalkit.lint.rules.dataset.retired_model import retired_model

TODAY = date(2026, 11, 21)
FILE = FileReport(path="x.jsonl", examples=3)


def said(**dates: object) -> str:
    faults = list(retired_model.function(FILE, model_name="m-1", today=TODAY, **dates))
    return " ".join(str(format(fault.args["what"], "en")) for fault in faults)


@pytest.mark.parametrize(
    ("retires", "last", "words"),
    [
        (None, None, ""),
        (0, None, "m-1 was retired on 2026-11-21"),
        (-30, -200, "m-1 was retired on 2026-10-22"),
        (100, -1, "m-1 has taken no new jobs since 2026-11-20"),
        (54, 46, "m-1 takes no new jobs from 2027-01-06 on, in 46 days"),
        (1, 91, "m-1 will be retired on 2026-11-22, in 1 day"),
        (90, None, "m-1 will be retired on 2027-02-19, in 90 days"),
        (91, 91, ""),
        (None, 0, "m-1 has taken no new jobs since 2026-11-21"),
    ],
)
def test_the_nearest_end_is_said(retires, last, words):
    def day(left: int | None) -> date | None:
        return None if left is None else TODAY + timedelta(days=left)

    assert said(retires=day(retires), last_training=day(last)) == words


def test_silent_without_a_day_and_for_a_file_without_examples():
    past = {"retires": date(2020, 1, 1)}
    assert not list(retired_model.function(FILE, **past))
    assert not list(retired_model.function(FileReport(path="x"), today=TODAY, **past))


def test_dates_from_configuration_may_be_texts_or_times():
    assert said(retires="2026-01-01") == said(retires=datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001


def test_chinese():
    (fault,) = retired_model.function(FILE, today=TODAY, last_training=date(2027, 1, 6))
    assert format(fault.args["what"], "zh") == "该模型 自 2027-01-06 起不再接受新任务，还有 46 天"


def test_a_target_that_closes_has_no_newer_model():
    given = {"model_name": "OpenAI", "today": TODAY, "last_training": date(2027, 1, 6)}
    (fault,) = retired_model.function(FILE, **given, whole_target=True)
    assert fault.args["how"].en.startswith("start the job before then")
    (fault,) = retired_model.function(FILE, **given)
    assert fault.args["how"].en.startswith("choose a newer model")
