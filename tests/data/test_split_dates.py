# SPDX-License-Identifier: Apache-2.0
"""When a row is from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.data.dates import day, microseconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_OF_MAY = (datetime(2024, 5, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
MINUTE = 60_000_000
MORNING = 8 * 60 + 30


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("2024-05-01", 0),
        (" 2024-05-01 ", 0),
        ("2024/05/01", 0),
        ("2024/5/1", 0),
        ("2024.5.1", 0),
        ("20240501", 0),
        ("2024年5月1日", 0),
        ("2024年05月01号", 0),
        ("2024 年 5 月 1 日", 0),
        ("2024年5月1日 8:30", MORNING),
        ("2024年5月1日8时30分", MORNING),
        ("2024年5月1日 8点30分00秒", MORNING),
        ("2024-05-01T08:30", MORNING),
        ("2024-05-01 08:30:00", MORNING),
        ("2024-05-01T08:30:00Z", MORNING),
        ("2024-05-01T08:30:00.000Z", MORNING),
        ("2024-05-01t08:30:00z", MORNING),
        ("2024-05-01 08:30:00 UTC", MORNING),
        ("2024-05-01T16:30:00+08:00", MORNING),
        ("2024-05-01T16:30:00+0800", MORNING),
        ("2024-05-01T16:30+08", MORNING),
        ("2024-05-01 04:30:00-04:00", MORNING),
        ("2024/5/1 8:30", MORNING),
        ("20240501T08:30:00", MORNING),
        ("1714552200", MORNING),
        ("1714552200.0", MORNING),
        ("1714552200000", MORNING),
        ("1714552200000000", MORNING),
        ("1714552200000000000", MORNING),
    ],
)
def test_dates_as_they_are_written(text, minutes):
    assert microseconds(text) == FIRST_OF_MAY + minutes * MINUTE


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "yesterday", "05/01/2024", "01.05.2024", "2024", "2024-05", "2024-13-01",
        "2024-06-31", "2024-05-01T25:00", "2024-05/01", "0000-01-01", "2024-05-01T08:30+99:00",
        "17145522", "1e9", "-1714552200", "2024-05-01 and more", "２０２４-05-01", "true", "\x00",
        "2024-05-01T", "2024-05-01T08", "9" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_certain_date(text):
    assert microseconds(text) is None


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9年月日:/T Z+.-]{1,40}\Z"))
def test_any_text_is_a_date_or_none(text):
    assert isinstance(microseconds(text), int | None)


ZONES = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001


@given(MOMENTS, ZONES)
def test_what_python_writes_is_read(moment, zone):
    moment = moment.replace(tzinfo=zone)
    wanted = (moment - EPOCH) // timedelta(microseconds=1)
    assert microseconds(moment.isoformat()) == wanted
    assert microseconds(moment.isoformat(" ")) == wanted
    assert microseconds(f"{moment.isoformat(timespec='seconds')}") == wanted - moment.microsecond


@given(MOMENTS)
def test_what_is_shown_is_read_again(moment):
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    wanted = (moment - EPOCH) // timedelta(microseconds=1)
    assert microseconds(day(wanted)) == wanted
    midnight = wanted - wanted % 86_400_000_000
    assert len(day(midnight)) == 10
