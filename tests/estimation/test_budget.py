# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evalkit.estimation.budget import held
from evalkit.estimation.cost import Cost

ONE = Cost(
    amount="0.2088", currency="USD", as_of=date(2026, 1, 1), source="a page", usd_per_mtok="8.00"
)


@pytest.mark.parametrize(
    ("budget", "more", "how"),
    [
        ("0.2088", (), "within"),
        ("0.20879999999999999999999999999999999999", (), "over"),
        ("1", ("0.50", "0.2912"), "within"),
        ("1", ("0.50", "0.2913"), "over"),
        ("1", (None,), "unknown"),
        ("0.10", (None,), "over"),  # whatever the rest may be
        ("0.60", ("0.50", None), "over"),
    ],
)
def test_a_sum(budget, more, how):
    assert held(ONE, Decimal(budget), more=more) == how


def test_what_cannot_be_held():
    assert held(None, Decimal(1_000)) == "unknown"
    assert held(None, Decimal(1), more=["2.00"]) == "over"
    assert held(replace(ONE, currency="CNY"), Decimal(1_000)) == "unknown"
    assert held(replace(ONE, currency="CNY", amount="9999.00"), Decimal(1)) == "unknown"
