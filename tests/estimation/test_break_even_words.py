# SPDX-License-Identifier: Apache-2.0
"""One is no plural in what a break-even says."""

from decimal import Decimal
from fractions import Fraction

import pytest

from evalkit.estimation import break_even_words as words

CALL = words.Call(
    base=Decimal(3),
    tuned=Decimal(1),
    example_token=Decimal("0.001"),
    few_shot_tokens=1,
    currency="USD",
    note={"en": "", "zh": ""},
)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (words.a_day({"en": "x", "zh": "x"}, 54, 54), "in 54 days: 1 call a day"),
        (words.a_day({"en": "x", "zh": "x"}, 60_000, 1), "in 1 day: 60,000 calls a day"),
        (words.without_volume(CALL, Decimal(2)), "takes the savings of 1 call a month: it"),
        (words.without_volume(CALL, Decimal(3)), "takes the savings of 2 calls a month: it"),
        (words.eaten(CALL, Decimal(2), 1), "the savings of 1 call a month, and 1 is made"),
        (words.eaten(CALL, Decimal(9), 2), "the savings of 5 calls a month, and 2 are made"),
        (words.repaid(CALL, Decimal(2), 1, Fraction(1), "0"), "after 1 call, in 1 month"),
        (words.repaid(CALL, Decimal(2), 2, Fraction(3, 2), "0"), "after 2 calls, in 1.5 months"),
        (words.repaid(CALL, Decimal(2), 2, Fraction(1, 90), "0"), "in under 0.1 months"),
        (words.repaid(CALL, Decimal(2), 1, None, "0"), "with 1 token of examples"),
    ],
)
def test_one_is_no_plural(told, said):
    assert said in told["en"]
