# SPDX-License-Identifier: Apache-2.0
"""Personal data is found, not invented, and never shown. All of it here is made up."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example as such_as
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.personal import emails, identities, masked, may_hold_phones, phones, removed
from evalkit.data.recognise import layout
from evalkit.lint.catalogue import rule_named
from evalkit.lint.engine import Settings, check
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs.full import full
from evalkit.lint.outputs.json import json as as_json

EMAIL, PHONE, MOBILE = "ada.byron@engine-mail.net", "+49 30 23125 017", "14577031942"
WEIGHTS = [2 ** (17 - i) % 11 for i in range(17)]  # ISO 7064: powers of the radix


def identity(born: date = date(1987, 4, 12), region: int = 379900, number: int = 361) -> str:
    """A number with the right check character; no county has the code 99."""
    start = f"{region}{born:%Y%m%d}{number:03}"
    rest = sum(w * int(d) for w, d in zip(WEIGHTS, start, strict=True)) % 11
    check = (12 - rest) % 11  # all 18 with their weights make 1, modulo 11
    return start + ("X" if check == 10 else str(check))


def values(find, text):
    return [text[start:end] for start, end in find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EMAIL, [EMAIL]),
        (f"<{EMAIL}>, or MAILTO:{EMAIL}?subject=x.", [EMAIL, EMAIL]),
        ("我的邮箱是zhang.wei@yanfa-bumen.com.cn，请回复", ["zhang.wei@yanfa-bumen.com.cn"]),
        ("x+tag@a-b.co.uk.Thanks", ["x+tag@a-b.co.uk"]),
        ("...q.r@mail.acme-labs.io...", ["q.r@mail.acme-labs.io"]),
        ("B2@UNI-X.EDU", ["B2@UNI-X.EDU"]),
        (" a1@b2c.de;a2@b2c.de", ["a1@b2c.de", "a2@b2c.de"]),
        # made up, of nobody, or no address
        ("jane@example.com ada@example.co.uk x@mail.example.org test@test test@test.com", []),
        ("user@gmail.com your.name@outlook.com xxx@qq.com aaaa@163.com", []),
        ("git@github.com:a/b.git noreply@acme-labs.io no-reply@acme-labs.io", []),
        ("logo@2x.png @property @ada_b a@b pkg@1.2.3 me@localhost x@y.invalid a@b.dot", []),
        ("https://ada:secret@db.acme-labs.io/x", []),
        ("W @ x, 3@4.5, @@, a@@b.com, .@b2c.de, ...@b2c.de", []),
    ],
)  # fmt: skip
def test_emails(text, found):
    assert values(emails, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Tel. {PHONE}.", [PHONE]),
        (f"电话：{MOBILE}。", [MOBILE]),
        (f"手机{MOBILE}或+86 145 7703 1942", [MOBILE, "+86 145 7703 1942"]),
        ("+861457703194+", []),
        (f"+86{MOBILE}", [f"+86{MOBILE}"]),
        ("+86 (10) 8888-2077 call", ["+86 (10) 8888-2077"]),
        ("+1 (415) 867-2391 x2", ["+1 (415) 867-2391"]),
        ("+442079460018,+442079460019", ["+442079460018", "+442079460019"]),
        ("+7 495 123-98-76", ["+7 495 123-98-76"]),
        # samples
        ("+1 202 555 0100, +1 (555) 867-2391, +1 234 567 8901 x", []),
        ("13812345678 13800138000 +8613800138000 18888888888 13500000000", []),
        # other numbers
        ("48+24 = 72, 5+20000000000, 1+4158672391, +200000, +5 %, 1e+10", []),
        (f"0.{MOBILE} {MOBILE}5 9{MOBILE} {MOBILE}.5 a{MOBILE} {MOBILE}b -{MOBILE} /{MOBILE}", []),
        ("1699999999999 12077031942 10577031942", []),
        ("+280 1234 98761, +0 30 23125 017, ++49 30 23125 017", []),
        ("+1 115 867 2391, +1 415 167 2391", []),
    ],
)  # fmt: skip
def test_phones(text, found):
    assert values(phones, text) == found
    assert may_hold_phones(text.encode()) or not found


def test_identities():
    one = identity()
    assert values(identities, f"身份证号{one}，姓名") == [one]
    with_x = next(n for i in range(1, 99) if (n := identity(number=i)).endswith("X"))
    assert values(identities, f"{with_x} {with_x.lower()}") == [with_x, with_x.lower()]
    assert values(identities, f"{one},{identity(date(2009, 2, 28))}") != []
    for text in (
        f"1{one}", f"{one}1", f"a{one}", f"{one}a", f"0.{one}", f"{one}.5", f"_{one}",
        one[:17], identity(region=999900), identity(region=169900), identity(number=0),
        identity(date(1919, 12, 31)), identity(date(2036, 1, 1)),
        "11010519491231002X", "110105194912310021",
    ):  # fmt: skip
        assert values(identities, text) == [], text
    impossible = re.sub("19870412", "19870431", one)
    for last in "0123456789X":  # whatever the check character
        assert values(identities, impossible[:17] + last) == []


@given(
    st.dates(date(1920, 1, 1), date(2035, 12, 31)),
    st.integers(1, 999),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_one_wrong_digit_makes_another_number_of_it(born, number, place, more):
    good = identity(born, number=number)
    assert values(identities, good) == [good]
    wrong = good[:place] + str((int(good[place]) + more) % 10) + good[place + 1 :]
    assert values(identities, wrong) == []


pieces = st.sampled_from(
    [EMAIL, PHONE, MOBILE, identity(), identity(date(2001, 11, 30)), "+1 415 867 2391", "+7 495 123-98-76",
     "+35312345098", "@", "+", "1", "19", "2000", "-", ".", " ", "(", ")", "电", "a", "\n", "\\", '"', "/", "\u2028"]
)  # fmt: skip
NAMES = {"email-address": emails, "phone-number": phones, "chinese-id-number": identities}


@given(st.lists(pieces, max_size=8).map("".join), st.booleans())
@such_as("ada.byron@engine-mail.net+35312345098ada.byron@engine-mail.net", False)  # noqa: FBT003
def test_needles_stand_in_every_row_that_their_rule_finds_something_in(text, escaped):
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]}
    raw = json.dumps(value, ensure_ascii=escaped).encode()
    example = Example(Location(source="x", line=1), raw, value, layout("openai-chat"))
    for name, find in NAMES.items():
        rule = rule_named(name)
        spans = list(find(text))
        assert len(list(rule.function(example))) == len(spans)  # what is looked at first hides none
        assert not spans or any(needle in example.scanned for needle in rule.needles)
        assert all(a.end <= b.start for a, b in pairwise(spans))


@given(st.lists(pieces, max_size=8).map(" ".join))
def test_what_is_removed_is_gone(text):
    for find, instead in ((emails, "[EMAIL]"), (phones, "[PHONE]"), (identities, "[ID]")):
        assert list(find(removed(text, find, instead))) == []
    for find in NAMES.values():
        assert list(find(masked(text))) == []


def test_no_output_shows_the_value(tmp_path):
    found = {"email-address": EMAIL, "phone-number": PHONE, "chinese-id-number": identity()}
    path = tmp_path / "x.jsonl"
    content = "，".join(found.values())
    row = {"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": ""}]}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    result = check([str(path)], Settings(select=(*found, "empty-content")))
    assert {f.name for f in result.findings} == {*found, "empty-content"}
    shown = "\n".join([*full(result, Look()), *as_json(result, Look())])
    for name, value in found.items():
        finding = next(f for f in result.findings if f.name == name)
        assert f"{value[:3]}… ({len(value)} characters)" in finding.message
        assert value[3:] not in shown
        assert value[4:12] not in shown


def test_several_in_one_text_are_several_findings_and_one_fix(tmp_path):
    path = tmp_path / "x.jsonl"
    text = f"{EMAIL} or b.{EMAIL}"
    row = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = check([str(path)], Settings(select=("email-address",))).findings
    assert [f.fix is not None for f in found] == [True, False]
    assert found[0].fix.edits == {"/messages/0/content": "[EMAIL] or [EMAIL]"}
    assert found[0].fix.safety == "unsafe"


def test_many_in_one_text_take_no_more_than_their_number():
    text = f"{EMAIL} " * 20_000  # a second or so, were each to mend the whole text
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "a"}]}
    example = Example(Location(source="x", line=1), b"", value, layout("openai-chat"))
    faults = rule_named("email-address").function(example)
    assert sum(fault.fix is not None for fault in faults) == 1


def test_years_that_the_needles_know_are_those_that_the_check_knows():
    first, last = date(1920, 1, 1), date(2035, 12, 31)
    rule = rule_named("chinese-id-number")
    day = first
    while day <= last:
        assert f"{day:%Y%m}"[:5].encode() in rule.needles
        day += timedelta(days=27)
