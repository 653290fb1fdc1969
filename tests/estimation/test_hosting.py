# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.estimation.hosting import hosting
from evalkit.targets.card import HourlyPrice
from evalkit.targets.load import model_named


def hourly(usd, tier=None):
    return HourlyPrice(
        usd_per_hour=usd, currency="USD", as_of=date(2026, 11, 1), source="a page", tier=tier
    )


@pytest.fixture
def card():
    return replace(model_named("gpt-4.1-mini"), hosting=(), hosting_free=None)


def test_nothing_known(card):
    found = hosting(card, days=30)
    assert (found.kind, found.price, found.per_month, found.total) == ("unknown", None, None, None)
    assert found.days == 30


def test_free(card):
    free = replace(card, hosting_free=True)
    found = hosting(free, days=30)
    assert (found.kind, found.per_month, found.total) == ("free", "0.00", "0.00")
    assert hosting(free).total is None
    assert hosting(free, tier="standard").kind == "free"  # nothing costs by the hour there


def test_by_the_hour(card):
    found = hosting(replace(card, hosting=(hourly("1.70"),)), days=30)
    assert found.kind == "hourly"
    assert found.per_month == "1241.00"  # 730 h
    assert found.total == "1224.00"  # 720 h
    assert hosting(replace(card, hosting=(hourly("1.70"),))).total is None
    assert hosting(replace(card, hosting=(hourly("1.70"),)), days=0.5).total == "20.40"


def test_not_free_and_no_price_is_unknown(card):
    found = hosting(replace(card, hosting_free=False), days=30)
    assert (found.kind, found.per_month, found.total) == ("unknown", None, None)
    assert found.billed == card.source_of("hosting_free")  # that it costs is known all the same
    assert hosting(card).billed is None
    assert hosting(replace(card, hosting_free=True)).billed is None
    priced = replace(card, hosting_free=False, hosting=(hourly("2.00"),))
    assert (hosting(priced).kind, hosting(priced).billed) == ("hourly", None)


def test_by_tier(card):
    several = replace(card, hosting=(hourly("1.70", "standard"), hourly("0.00", "developer")))
    assert hosting(several).price.tier == "standard"
    assert hosting(several, tier="developer").per_month == "0.00"
    assert hosting(several, tier="developer").kind == "hourly"
    assert hosting(several, tier="provisioned").kind == "unknown"  # no other's price stands in
    assert hosting(replace(card, hosting=(hourly("2.00"),)), tier="x").per_month == "1460.00"


def test_free_unless_a_deployment_of_ones_own_is_asked_for(card):
    both = replace(card, hosting_free=True, hosting=(hourly("5.49", "dedicated"),))
    assert hosting(both).kind == "free"
    assert hosting(both, tier="dedicated").per_month == "4007.70"
    assert hosting(both, tier="other").kind == "unknown"


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_it_is_exact(cents, tenths):
    prices = (hourly(f"{cents / 100:.2f}"),)
    card = replace(model_named("gpt-4.1-mini"), hosting=prices, hosting_free=None)
    found = hosting(card, days=tenths / 10)
    assert Fraction(found.total) == Fraction(cents, 100) * 24 * Fraction(tenths, 10)
    assert Fraction(found.per_month) == Fraction(cents, 100) * 730
