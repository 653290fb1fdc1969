# SPDX-License-Identifier: Apache-2.0
"""When a row is from: dates as people and programs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

__all__ = ["day", "microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)

# The year comes first, so that no day is taken for a month: 2024-05-01, 2024/5/1, 2024.5.1,
# 2024年5月1日, 20240501; a clock time and a zone may follow.
_WRITTEN = re.compile(
    r"""(?P<year>\d{4})
    (?: (?P<mark>[-/.]) (?P<month>\d{1,2}) (?P=mark) (?P<day>\d{1,2})
      | \s*年\s* (?P<month_zh>\d{1,2}) \s*月\s* (?P<day_zh>\d{1,2}) \s*[日号]
      | (?P<month_8>\d{2}) (?P<day_8>\d{2}) )
    (?: (?:[T\s]\s*|(?<=[日号]))
        (?P<hour>\d{1,2}) (?: \s*[:时点]\s*) (?P<minute>\d{1,2}) (?:\s*分)?
        (?: (?::\s*|(?<=分)\s*) (?P<second>\d{1,2}) (?:\s*秒)? (?:[.,](?P<part>\d{1,9}))? )?
        \s* (?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})? )?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Seconds, milliseconds, microseconds and nanoseconds since 1970, told by their digits: 10 of
# seconds are the years 2001 to 2286.
_COUNTED = re.compile(r"(?P<whole>\d{10}|\d{13}|\d{16}|\d{19})(?:\.(?P<part>\d+))?", re.ASCII)
_UNIT = {10: 1_000_000, 13: 1_000, 16: 1}


def microseconds(text: str) -> int | None:
    """A date or time as microseconds since 1970 in UTC; None where it cannot be read for certain.

    A time without a zone is taken as UTC. `05/01/2024` is nobody's certain date, so it is none.

    Args:
        text: Such as "2024-05-01", "2024/5/1 8:30", "2024年5月1日", "2024-05-01T08:30:00Z",
            "1714550400" (seconds) or "1714550400000" (milliseconds).
    """
    text = text.strip()[:64]
    if counted := _COUNTED.fullmatch(text):
        return _since_1970(counted["whole"], counted["part"] or "")
    if not (match := _WRITTEN.fullmatch(text)):
        return None
    found = match.groupdict()
    month = found["month"] or found["month_zh"] or found["month_8"]
    number = found["day"] or found["day_zh"] or found["day_8"]
    try:
        when = datetime(
            int(found["year"]),
            int(month),
            int(number),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["part"] or "")[:6].ljust(6, "0")),
            tzinfo=_zone(found["zone"]),
        )
    except ValueError:  # the 31st of June
        return None
    return (when - _EPOCH) // _MICRO


def _since_1970(whole: str, part: str) -> int:
    if len(whole) == 19:
        return int(whole) // 1000
    unit = _UNIT[len(whole)]
    return int(whole) * unit + int(part[:6].ljust(6, "0")) * unit // 1_000_000


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)  # ValueError from a day on


def day(when: int) -> str:
    """The day, or the second where it is not midnight, in UTC: "2024-05-01"."""
    moment = (_EPOCH + timedelta(microseconds=when)).replace(tzinfo=None)
    if when % 86_400_000_000 == 0:
        return moment.date().isoformat()
    return moment.isoformat(" ", "seconds")
