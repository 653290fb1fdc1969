# SPDX-License-Identifier: Apache-2.0
from math import inf, nan

import pytest

from evalkit.core.measure import Interval
from evalkit.page.numbers import amount, bare, between, chance, change, ends, money


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.907, "share", "90.7%"),
        (1.0, "share", "100.0%"),
        (nan, "share", "–"),
        (inf, "share", "–"),
        (0.4231, "usd", "$0.42"),
        (0.00417, "usd", "$0.0042"),
        (12.5, "cny", "¥12.50"),
        (312.4, "ms", "312 ms"),
        (1, "tokens", "1.0 token"),
        (10.42, "characters", "10.4 characters"),
        (1234567, "tokens", "1,234,567 tokens"),
        (0.71349, "score", "0.713"),
        (1.2, "times", "1.20 times"),
        (0.0, "score", "0.000"),
        (5e-12, "score", "0.000000"),
    ],
)
def test_amount(value, unit, shown):
    assert amount(value, unit).plain("en") == shown


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (0.143, "share", "+14.3 points", "+14.3 个百分点"),
        (-0.02, "share", "−2.0 points", "−2.0 个百分点"),
        (0.01, "share", "+1.0 point", "+1.0 个百分点"),
        (0.0, "share", "0.0 points", "0.0 个百分点"),
        (-0.0001, "share", "0.0 points", "0.0 个百分点"),
        (-0.5, "usd", "−$0.50", "−$0.50"),
        (120.0, "ms", "+120 ms", "+120 毫秒"),
        (nan, "share", "–", "–"),
    ],
)
def test_change(value, unit, en, zh):
    assert change(value, unit).plain("en") == en
    assert change(value, unit).plain("zh") == zh


def test_intervals():
    found = Interval(value=0.143, low=0.097, high=0.194)
    assert between(found, "share", signed=True).plain("en") == "between +9.7 and +19.4"
    assert between(found, "share", signed=True).plain("zh") == "在 +9.7 与 +19.4 之间"
    assert between(found, "share").plain("en") == "between 9.7% and 19.4%"
    assert ends(found, "share") == "9.7 … 19.4"
    assert not between(Interval(value=0.1), "share")
    assert ends(Interval(value=0.1, low=0.0), "share") == "–"


@pytest.mark.parametrize(
    ("p", "en"),
    [
        (0.0, "less than 1 in 10,000"),
        (0.00009, "less than 1 in 10,000"),
        (0.0004, "about 1 in 2,500"),
        (0.021, "about 1 in 48"),
        (0.3, "about 1 in 3"),
        (0.9, "more often than 2 in 5"),
        (nan, ""),
    ],
)
def test_chance(p, en):
    assert chance(p).plain("en") == en


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("0.42", "USD", "$0.42"),
        ("1234.5", "USD", "$1,234.50"),
        ("0.0276", "USD", "$0.028"),
        ("0", "USD", "$0.00"),
        ("0.00000123", "USD", "$0.0000012"),
        ("1", "CHF", "1.00 CHF"),
        ("</script>", "USD", "–"),
        ("NaN", "USD", "–"),
        ("1", "x" * 50, "1.00 " + "x" * 7 + "…"),
    ],
)
def test_money(value, currency, shown):
    assert money(value, currency) == shown


def test_bare_has_a_real_minus_sign():
    assert bare(-12.345, "score", signed=True) == "−12.3"
