# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.statistics.bonett_price import bonett_price
from evalkit.statistics.newcombe import newcombe
from evalkit.statistics.paired_binary import tango

tables = st.tuples(*[st.integers(0, 60)] * 4).filter(any)


@given(tables)
def test_swapping_the_models_mirrors(table):
    a, b, c, d = table
    n = sum(table)
    for there, back in (
        (newcombe(a, b, c, d), newcombe(a, c, b, d)),
        (bonett_price(b, c, n), bonett_price(c, b, n)),
    ):
        assert there == pytest.approx((-back[1], -back[0]), abs=1e-12)
        assert -1 - 1e-12 <= there[0] < there[1] <= 1 + 1e-12


@given(tables)
def test_newcombe_holds_the_difference(table):
    a, b, c, d = table
    low, high = newcombe(a, b, c, d)
    assert low - 1e-12 <= (b - c) / sum(table) <= high + 1e-12


def test_many_pairs_agree():
    one, two, three = (
        tango(300, 220, 4000),
        newcombe(2500, 300, 220, 980),
        bonett_price(300, 220, 4000),
    )
    assert two == pytest.approx(one, abs=5e-4)
    assert three == pytest.approx(one, abs=5e-4)


def test_no_pairs():
    assert all(map(isnan, (*newcombe(0, 0, 0, 0), *bonett_price(0, 0, 0))))
