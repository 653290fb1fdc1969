# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from evalkit.core.errors import UsageError
from evalkit.estimation.batches import batch, steps
from evalkit.targets.job_rules import BatchRule

DAY = date(2026, 11, 20)


def test_what_is_asked_for():
    rule = BatchRule(default=8, as_of=DAY, source="docs")
    assert batch(10, rule, 4).size == 4
    assert batch(10, None, 256, most=256).reason["en"] == "as asked for"
    with pytest.raises(UsageError, match=r"257 .* at most 256"):
        batch(10, rule, 257, most=256)


def test_no_rule_is_not_known():
    got = batch(10, None, None)
    assert got.size is None
    assert got.reason["en"].startswith("not known")
    assert got.reason["zh"].startswith("未知")


def test_a_default():
    got = batch(10, BatchRule(default=32, as_of=DAY, source="docs"), None)
    assert got.size == 32
    assert got.reason["en"] == "the provider's default, as of 2026-11-20"


@pytest.mark.parametrize(
    ("examples", "size", "english"),
    [
        (0, 1, "auto: 0.2 % of 0 examples, at least 1"),
        (499, 1, "auto: 0.2 % of 499 examples, at least 1"),
        (999, 1, "auto: 0.2 % of 999 examples"),
        (5_000, 10, "auto: 0.2 % of 5,000 examples"),
        (500_000, 256, "auto: 0.2 % of 500,000 examples, at most 256"),
    ],
)
def test_a_share(examples, size, english):
    rule = BatchRule(share="0.002", most=256, as_of=DAY, source="docs")
    got = batch(examples, rule, None)
    assert (got.size, got.reason["en"]) == (size, english)
    assert got.reason["zh"].startswith("自动")


def test_a_share_is_exact():
    # 0.1 x 30 is 3.0000000000000004 as floats, and 0.29 x 100 is 28.999999999999996
    assert batch(100, BatchRule(share="0.29", as_of=DAY, source=""), None).size == 29


def test_a_rule_without_a_number_is_not_known():
    assert batch(10, BatchRule(as_of=DAY, source=""), None).size is None


@pytest.mark.parametrize(
    ("examples", "size", "epochs", "wanted"),
    [
        (20, 4, 5, 25),
        (5, 4, 3, 6),
        (3, 8, 2, 2),
        (0, 4, 0, 0),
        (101, 1, 3, 303),
        (20, None, 5, None),
    ],
)
def test_steps(examples, size, epochs, wanted):
    assert steps(examples, size, epochs) == wanted


def test_one_example_is_no_plural():
    got = batch(1, BatchRule(share="0.002", as_of=DAY, source="docs"), None)
    assert got.reason["en"] == "auto: 0.2 % of 1 example, at least 1"
