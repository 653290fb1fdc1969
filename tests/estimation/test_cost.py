# SPDX-License-Identifier: Apache-2.0
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.estimation.cost import cost, money
from evalkit.targets.load import Price, model_named


def price(usd):
    return Price(usd_per_mtok=usd, currency="USD", as_of=date(2023, 8, 22), source="a page")


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
