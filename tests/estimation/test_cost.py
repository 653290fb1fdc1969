# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.estimation.cost import cost, exactly, money, spoken
from evalkit.targets.load import Price, model_named


def price(usd, **more):
    known = {"currency": "USD", "as_of": date(2023, 8, 22), "source": "a page"}
    return Price(usd_per_mtok=usd, **{**known, **more})


@pytest.mark.parametrize(
    ("tokens", "usd", "amount"),
    [
        (100_000 * 3, "8.00", "2.40"),  # OpenAI's guide of 2023
        (26_100, "8.00", "0.2088"),
        (85_960, "8.00", "0.68768"),
        (0, "8.00", "0.00"),
        (1, "0.40", "0.0000004"),
        (25_000_000_000, "25.00", "625000.00"),
    ],
)
def test_sums(tokens, usd, amount):
    assert cost(tokens, price(usd)).amount == amount


def test_a_bill_of_2023():
    # ada, elapsed tokens over 4 epochs; the invoice says $0.06
    amount = cost(143_557, model_named("ada").training).amount
    assert amount == "0.0574228"
    assert round(Decimal(amount), 2) == Decimal("0.06")


def test_no_price_no_cost():
    assert cost(1_000, None) is None


@settings(deadline=None)
@given(st.integers(0, 10**15), st.integers(0, 10**6))
def test_it_is_exact(tokens, cents):
    usd = f"{cents // 100}.{cents % 100:02}"
    amount = cost(tokens, price(usd)).amount
    assert Fraction(amount) == Fraction(tokens * cents, 100 * 10**6)
    assert len(amount.partition(".")[2]) >= 2
    assert "E" not in amount


@pytest.mark.parametrize(
    ("tokens", "amount", "applied"),
    [
        (0, "0.00", False),  # no job
        (1, "5.00", True),
        (624_999, "5.00", True),
        (625_000, "5.00", False),  # just as much
        (1_000_000, "8.00", False),
    ],
)
def test_the_least_sum_of_a_job(tokens, amount, applied):
    made = cost(tokens, price("8.00", minimum="5.00"))
    assert (made.amount, made.minimum_applied) == (amount, applied)


def test_what_a_price_says_is_kept():
    made = cost(1_000_000, price("40.00", currency="CNY", tier="lora"))
    assert (made.amount, made.currency, made.tier) == ("40.00", "CNY", "lora")
    assert made.usd_per_mtok == "40.00"
    assert not made.minimum_applied


def test_old_prices():
    one = cost(1, price("8.00"))
    assert not one.old(date(2024, 2, 18))  # 180 days
    assert one.old(date(2024, 2, 19))


def test_money():
    assert [money(Decimal(x)) for x in ("0", "1E+3", "2.5", "0.100")] == [
        "0.00",
        "1000.00",
        "2.50",
        "0.10",
    ]


def test_money_is_never_rounded():
    long = "123456789012345678901234567890.123456789012345678901234567890"
    assert money(Decimal(long)) == long.rstrip("0")
    assert cost(10**30 + 1, price("0.01")).amount == "10000000000000000000000.00000001"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1, "0.1"), (1e-7, "1E-7"), (33.333, "33.333"), (7, "7"), ("2.50", "2.50")],
)
def test_numbers_as_they_are_written(number, text):
    assert str(exactly(number)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("0", "USD", "$0.00"),
        ("1241", "USD", "$1,241.00"),
        ("1234567.891", "USD", "$1,234,567.89"),
        ("0.2088", "USD", "$0.2088"),
        ("0.00036", "USD", "$0.00036"),
        ("0.000123456789", "USD", "$0.0001235"),
        ("-0.00012", "USD", "-$0.00012"),
        ("12.5", "CNY", "12.50 CNY"),
        ("9.99999", "USD", "$10.00"),
    ],
)
def test_sums_in_words(amount, currency, words):
    assert spoken(amount, currency) == words
