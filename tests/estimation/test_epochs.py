# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.estimation.epochs import epochs
from evalkit.targets.job_rules import EpochRule
from evalkit.targets.load import target_named

OPENAI = target_named("openai").training.epochs
DAY = date(2026, 11, 20)
FIXED = EpochRule(default=1, as_of=DAY, source="docs")


def cookbook(examples):
    """The cookbook's own lines (Chat_finetuning_data_prep)."""
    number = 3
    if examples * 3 < 100:
        number = min(25, 100 // examples)
    elif examples * 3 > 25_000:
        number = max(1, 25_000 // examples)
    return number


@pytest.mark.parametrize(
    ("examples", "number"),
    [
        (0, 0), (1, 25), (4, 25), (5, 20), (10, 10), (20, 5), (33, 3), (34, 3), (61, 3), (72, 3),
        (79, 3), (100, 3), (101, 3), (8_333, 3), (8_334, 2), (12_500, 2), (12_501, 1), (25_001, 1),
    ],
)  # fmt: skip
def test_edges_of_openais_rule(examples, number):
    got = epochs(examples, OPENAI, None)
    assert (got.number, got.rule) == (number, "provider")


@given(st.integers(1, 200_000))
def test_it_is_the_cookbooks(examples):
    assert epochs(examples, OPENAI, None).number == cookbook(examples)


@pytest.mark.parametrize(
    ("examples", "english"),
    [
        (0, "no examples"),
        (20, "auto: 3 x 20 is under 100 examples, so 100 // 20 = 5"),
        (2, "auto: 3 x 2 is under 100 examples, so 100 // 2 = 50, at most 25"),
        (100, "auto: 3, for 100 to 25,000 examples seen"),
        (9_000, "auto: 3 x 9,000 is over 25,000 examples, so 25,000 // 9,000 = 2"),
        (30_000, "auto: 3 x 30,000 is over 25,000 examples, so 25,000 // 30,000 = 0, at least 1"),
    ],
)
def test_the_reason(examples, english):
    got = epochs(examples, OPENAI, None)
    assert got.reason["en"] == english
    assert got.reason["zh"].startswith("自动" if examples else "没有样本")


def test_a_fixed_default():
    got = epochs(20, FIXED, None)
    assert (got.number, got.rule) == (1, "provider")
    assert got.reason == {
        "en": "the provider's default, as of 2026-11-20",
        "zh": "服务商默认值（截至 2026-11-20）",
    }


def test_rules_with_one_bound():
    least = EpochRule(default=2, min_seen=100, as_of=DAY, source="docs")
    assert epochs(10, least, None).number == 10
    assert epochs(1, least, None).number == 100  # no most
    assert epochs(90_000, least, None).reason["en"] == "auto: 2, for 100 examples seen or more"
    most = EpochRule(default=4, max_seen=1_000, least=2, as_of=DAY, source="docs")
    assert epochs(1, most, None).reason["en"] == "auto: 4, for up to 1,000 examples seen"
    assert [epochs(n, most, None).number for n in (250, 251, 400, 5_000)] == [4, 3, 2, 2]


def test_no_rule_is_openais_and_that_is_said():
    got = epochs(20, None, None)
    assert (got.number, got.rule) == (5, "assumed")
    assert got.reason["en"] == (
        "OpenAI's rule, since this provider's is not known: "
        "3 x 20 is under 100 examples, so 100 // 20 = 5"
    )
    assert got.reason["zh"].startswith("该服务商的规则未知，按 OpenAI 的规则：")


def test_what_is_asked_for():
    got = epochs(20, OPENAI, 7, most=50)
    assert (got.number, got.rule) == (7, "given")
    assert epochs(20, None, 50, most=50).number == 50
    with pytest.raises(UsageError, match=r"51 epochs .* at most 50") as caught:
        epochs(20, OPENAI, 51, most=50)
    assert "50 or fewer" in caught.value.hint


@given(
    st.integers(1, 10_000),
    st.builds(
        EpochRule,
        default=st.integers(1, 20),
        min_seen=st.none() | st.integers(1, 1_000),
        max_seen=st.none() | st.integers(1_000, 50_000),
        least=st.just(1),
        most=st.none() | st.integers(20, 50),
        as_of=st.just(DAY),
        source=st.just(""),
    ),
)
def test_any_rule_gives_epochs_and_reasons(examples, rule):
    got = epochs(examples, rule, None)
    assert got.number >= 1
    assert rule.most is None or got.number <= max(rule.most, rule.default)
    assert got.reason["en"]
    assert got.reason["zh"]


def test_one_example_is_no_plural():
    rule = EpochRule(default=1, min_seen=1, as_of=DAY, source="docs")
    assert epochs(5, rule, None).reason["en"] == "auto: 1, for 1 example seen or more"
