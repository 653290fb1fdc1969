# SPDX-License-Identifier: Apache-2.0
"""Personal data in text: e-mail addresses, telephone numbers, Chinese identity numbers.

Made for few false alarms: what documents use as samples (example.com, 555-0100, 12345678) is left
alone, and numbers that only look alike (prices, ids, timestamps, digits of a fraction) too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from typing import NamedTuple

__all__ = [
    "EMAIL_NEEDLES",
    "IDENTITY_NEEDLES",
    "PHONE_NEEDLES",
    "Span",
    "emails",
    "identities",
    "masked",
    "may_hold_phones",
    "phones",
    "removed",
    "shown",
]


class Span(NamedTuple):
    """A place in a text: index of the first character, and one past the last."""

    start: int
    end: int


Finder = Callable[[str], Iterator[Span]]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- e-mail ------------------------------------------------------------------------------------

EMAIL_NEEDLES = (b"@",)
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_TOP = _words(  # besides those of two letters: where people have addresses
    "com net org edu gov mil int info biz name pro dev app xyz online site shop store tech "
    "cloud email live club top vip wang work asia mobi jobs travel museum aero coop law wiki "
    "news"
)
_SAMPLE_DOMAINS = _words(  # second-level names
    "example domain test sample email company yourdomain yourcompany mydomain mycompany "
    "yourwebsite website xyz abc xxx foo bar foobar acme somewhere anywhere nowhere"
)
_SAMPLE_NAMES = _words(  # and those of no person
    "user username name yourname youremail email your.name your.email your_name your_email "
    "your-name your-email myemail my.email my_email mail e-mail address emailaddress xxx xxxx "
    "abc abc123 test tester test1 test123 foo bar someone somebody anyone example sample admin "
    "johndoe john.doe john_doe jdoe janedoe jane.doe jane_doe recipient sender git noreply "
    "no-reply no_reply donotreply do-not-reply"
)


def emails(text: str) -> Iterator[Span]:
    """E-mail addresses that may be a person's."""
    if "@" not in text:
        return
    end = 0  # of the address before: its domain is no part of the next one's name
    for match in _domain().finditer(text):
        at = match.start()
        start = at
        while start > end and at - start < 64 and text[start - 1] in _LOCAL:
            start -= 1
        while start < at and text[start] in ".-%+":
            start += 1
        name = text[start:at].lower()
        domain = _known_domain(match.group(1))
        if not name or name.endswith(".") or not domain or _is_sample(name, domain.lower()):
            continue
        if "://" in text[max(0, start - 64) : start].rpartition(" ")[2]:
            continue  # the password of an address of a page
        end = at + 1 + len(domain)
        yield Span(start, end)


@cache
def _domain() -> re.Pattern[str]:
    label = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    return re.compile(rf"@({label}(?:\.{label})+)")


def _known_domain(domain: str) -> str:
    """The part that ends in a known top-level domain: `a.com.Thanks` is `a.com`."""
    labels = domain.split(".")
    while len(labels) > 1:
        top = labels[-1].lower()
        if top in _TOP or (len(top) == 2 and top.isalpha()):
            return ".".join(labels)
        labels.pop()
    return ""


def _is_sample(name: str, domain: str) -> bool:
    return (
        name in _SAMPLE_NAMES
        or not any(c.isalnum() for c in name)
        or len(set(name)) == 1
        or any(label in _SAMPLE_DOMAINS for label in domain.split(".")[:-1])
    )


# --- telephone ---------------------------------------------------------------------------------

# First three digits of mobile numbers in China: numbering plan of the MIIT, as of 2026-11.
_MOBILE = (
    *range(130, 140), *range(145, 154), *range(155, 160), 162, *range(165, 168), *range(170, 179),
    *range(180, 194), *range(195, 200),
)  # fmt: skip
_MOBILE_STARTS = tuple(map(str, _MOBILE))
# Country codes: ITU-T E.164 Annex, as of 2026-11. 1 and 7 are those of one digit.
_CODES_OF_2 = _words(
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 "
    "65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_CODES_OF_3 = frozenset(
    map(
        str,
        (
            *range(220, 259), *range(260, 270), *range(350, 360), *range(370, 380),
            *range(500, 510), *range(590, 600), *range(670, 693), *range(960, 969),
            *range(970, 978), *range(992, 997), 211, 212, 213, 216, 218, 290, 291, 297, 298, 299,
            380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 800, 808, 850, 852, 853, 855,
            856, 870, 878, 880, 881, 882, 883, 886, 888, 979, 998,
        ),
    )
)  # fmt: skip
_DIGITS, _BETWEEN = "0123456789", " ().-"
_NEXT = (*_DIGITS, *_BETWEEN)
# At least three characters after the plus, or sums (`5+20`) would have the rule look at every row.
PHONE_NEEDLES = tuple(
    needle.encode()
    for needle in (
        *(f"{start}{digit}" for start in _MOBILE for digit in _DIGITS),
        *(f"+{code}" for code in sorted(_CODES_OF_3)),
        *(f"+{code}{after}" for code in sorted(_CODES_OF_2) for after in _NEXT),
        *(f"+{code}{after}" for code in "17" for after in _BETWEEN),
        *(f"+1{first}{after}" for first in "23456789" for after in _NEXT),
        *(f"+7{first}{after}" for first in "346789" for after in _NEXT),
    )
)


def may_hold_phones(scanned: bytes) -> bool:
    """Whether a record (`Example.scanned`) may hold one; sums hold needles, but no long numbers."""
    mobile, international = _raw_phones()
    return mobile.search(scanned) is not None or international.search(scanned) is not None


def phones(text: str) -> Iterator[Span]:
    """Mobile numbers of China, and numbers that are written internationally (E.164, `+` first)."""
    mobile, international = _phones()
    found = [
        *(m for m in mobile.finditer(text) if m.group().startswith(_MOBILE_STARTS)),
        *(m for m in international.finditer(text) if _is_international(_digits(m.group()))),
    ]
    for match in sorted(found, key=re.Match.start):
        if not _is_sample_number(_digits(match.group())):
            yield Span(*match.span())


@cache
def _raw_phones() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    # Each begins with a character: such a search is five times as fast as one for either of two.
    return re.compile(rb"1[3-9]\d{9}"), re.compile(rb"\+[1-9][\d ().-]{9}")


@cache
def _phones() -> tuple[re.Pattern[str], re.Pattern[str]]:
    # Not part of a decimal, an id, a path or a word; [0-9] since \d means other scripts' too.
    mobile = r"1(?<![A-Za-z0-9_.+\-/]1)[3-9][0-9]{9}(?![A-Za-z0-9_]|\.[0-9])"
    international = r"\+(?<![A-Za-z0-9_+]\+)[1-9](?:[ ().-]{0,2}[0-9]){9,14}(?![0-9%])"
    return re.compile(mobile), re.compile(international)


def _digits(written: str) -> str:
    return "".join(filter(str.isdecimal, written))


def _is_international(digits: str) -> bool:
    if digits[0] == "1":  # North America: area and exchange begin with 2 to 9; 555 is for films
        return len(digits) == 11 and digits[1] >= "2" and digits[4] >= "2" and "555" not in digits
    if digits[0] == "7":
        return len(digits) == 11 and digits[1] in "346789"
    if digits.startswith("861") and digits[3] != "0":  # 10 is Peking
        return len(digits) == 13 and digits.startswith(_MOBILE_STARTS, 2)
    return digits[:2] in _CODES_OF_2 or digits[:3] in _CODES_OF_3


def _is_sample_number(digits: str) -> bool:
    return (
        "12345678" in digits
        or "87654321" in digits
        or digits.endswith(("00000", "13800138000"))  # a round sum; the operator's, in manuals
        or re.search(r"(\d)\1{6}", digits) is not None
    )


# --- Chinese identity number -------------------------------------------------------------------

_FIRST_YEAR, _LAST_YEAR = 1920, 2035  # of people alive; no clock is asked
IDENTITY_NEEDLES = tuple(  # year and first digit of the month of birth
    f"{year}{tens}".encode() for year in range(_FIRST_YEAR, _LAST_YEAR + 1) for tens in "01"
)
_PROVINCES = _words(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 "
    "65 71 81 82 83"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SAMPLE_IDENTITY = "11010519491231002X"  # that of the standard itself


def identities(text: str) -> Iterator[Span]:
    """Identity numbers of Chinese citizens: 18 characters by GB 11643-1999.

    Province, date of birth and check character (ISO 7064, MOD 11-2) must be right, so that of
    10,000 other numbers of 18 digits about one is taken for one.
    """
    found = [match for pattern in _identity() for match in pattern.finditer(text)]
    for match in sorted(found, key=re.Match.start):
        start, end = match.start() - 6, match.end()  # from the year on
        if _is_identity(text[start:end]):
            yield Span(start, end)


@cache
def _identity() -> tuple[re.Pattern[str], ...]:
    # Each begins with the century: such a search is ten times as fast as one for any digit.
    before = r"(?<=(?<![A-Za-z0-9_.])[1-8][0-9]{5}%s)"
    after = r"[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx](?![A-Za-z0-9_]|\.[0-9])"
    return tuple(re.compile(century + before % century + after) for century in ("19", "20"))


def _is_identity(number: str) -> bool:
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    try:
        date(year, month, day)
    except ValueError:
        return False
    return (
        _FIRST_YEAR <= year <= _LAST_YEAR
        and number[:2] in _PROVINCES
        and number[14:17] != "000"
        and number.upper() != _SAMPLE_IDENTITY
        and _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, number[:17], strict=True)) % 11]
        == number[17].upper()
    )


# --- text without them -------------------------------------------------------------------------


def removed(text: str, find: Finder, instead: str) -> str:
    """The text with everything that `find` finds replaced."""
    return _without(text, find(text), lambda _: instead)


def masked(text: str) -> str:
    """The text with of each only its first 3 characters and its length."""
    for find in (identities, emails, phones):
        text = _without(text, find(text), lambda value: f"{shown(value)}…[{len(value)}]")
    return text


def shown(value: str) -> str:
    """What a finding may show of it."""
    return value[:3]


def _without(text: str, spans: Iterable[Span], replacement: Callable[[str], str]) -> str:
    pieces = []
    done = 0
    for start, end in spans:
        pieces += [text[done:start], replacement(text[start:end])]
        done = end
    return "".join([*pieces, text[done:]]) if done else text
