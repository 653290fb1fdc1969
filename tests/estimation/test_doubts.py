# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evalkit.estimation.budget import held
from evalkit.estimation.doubts import doubts
from evalkit.estimation.facts import Validation
from evalkit.estimation.side_by_side import side_by_side

TODAY = date(2026, 11, 21)
HELD = Validation(
    files=(("v.jsonl", 3),), examples=3, tokens=30, evaluations=1, billed=None,
    why={"en": "", "zh": ""},
)  # fmt: skip


@pytest.fixture
def kinds(made):
    def of(model="gpt-4.1-mini", *, today=TODAY, **changed):
        (offer,) = side_by_side([made(model, **changed)], today=today)
        return [one.kind for one in doubts(offer)]

    return of


def test_none_without_a_reason(kinds):
    assert kinds() == []


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"formats": ("sharegpt",)}, "layout"),
        ({"formats": ("openai-chat", "alpaca")}, "layout"),
        ({"method": "rft"}, "method"),
        ({"today": date(2027, 1, 6)}, "closed"),
        ({"images_unknown": 1}, "uncounted"),
        ({"with_media": 2}, "uncounted"),
        ({"validation": HELD}, "validation"),
    ],
)
def test_each(kinds, changed, kind):
    assert kinds(**changed) == [kind]


def test_a_day_earlier_jobs_are_taken(kinds):
    assert kinds(today=date(2027, 1, 5)) == []


def test_a_least_sum_that_others_of_the_provider_have(kinds):
    assert kinds("together/gpt-oss-20b") == []
    assert kinds("together/gpt-oss-120b") == ["least-sum"]


def test_by_the_hour(kinds):
    got = kinds("o4-mini", method="rft", formats=("openai-reinforcement",), cost=None)
    assert got == ["closed", "time"]


def test_what_they_say(made):
    estimate = made(
        formats=("sharegpt",), files=(("a\x1b.jsonl", 2),), images_unknown=2, with_media=1
    )
    (offer,) = side_by_side([estimate], today=TODAY)
    layout, missing = doubts(offer)
    assert layout.said.plain("en") == (
        "openai does not read sharegpt: evalkit convert a\\x1b.jsonl converted.jsonl --to openai"
    )
    assert missing.said.plain("en") == (
        "2 images are not counted, audio or files of 1 example are not counted"
    )
    assert missing.said.plain("zh") == "2 张图片未计入，1 条样本的音频或文件未计入"
    assert (layout.more, missing.more) == (False, True)


def test_a_doubtful_sum_holds_no_budget(made):
    cost = made().cost
    assert held(cost, Decimal(100)) == "within"
    assert held(cost, Decimal(100), doubtful=True) == "unknown"
    assert held(replace(cost, amount="200.00"), Decimal(100), doubtful=True) == "over"
