# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from evalkit.models.budget import Budget

_AMOUNT = st.decimals(0, 5, places=4)


def test_what_is_set_aside_is_not_there_for_others():
    budget = Budget(Decimal(1))
    assert budget.reserve(Decimal("0.6"))
    assert not budget.reserve(Decimal("0.5"))
    assert (budget.spent, budget.held, budget.left) == (0, Decimal("0.6"), Decimal("0.4"))
    budget.settle(Decimal("0.6"), Decimal("0.1"))
    assert budget.reserve(Decimal("0.9"))
    assert budget.left == 0


@given(st.decimals(0, 20, places=2), st.lists(st.tuples(_AMOUNT, st.floats(0, 1), st.booleans())))
def test_it_holds_whatever_comes(limit, requests):
    budget = Budget(limit)
    open_: list[tuple[Decimal, Decimal]] = []
    for amount, share, settles in requests:
        if budget.reserve(amount):
            open_.append((amount, amount * Decimal(share)))
        if settles and open_:
            budget.settle(*open_.pop(0))
        assert budget.spent + budget.held <= budget.limit
        assert budget.held == sum((held for held, _ in open_), Decimal(0))
