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
        ({"left_out": 1}, "uncounted"),
        ({"billed_per_epoch": 0, "over_long": 20}, "empty"),
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


def test_padded_to_a_length_that_nobody_says(made):
    estimate = made("together/Qwen3.5-9B")
    padded = replace(estimate.job.training, packing="padded")
    for limit, expected in ((None, ["padding"]), (65_536, [])):
        card = replace(estimate.model, training_limit=limit)
        job = replace(estimate.job, model=card, training=padded)
        (offer,) = side_by_side([replace(estimate, job=job)], today=TODAY)
        found = doubts(offer)
        assert [one.kind for one in found] == expected
        assert all(one.more for one in found)


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
    (offer,) = side_by_side([made(left_out=1)], today=TODAY)
    (missing,) = doubts(offer)
    assert missing.said.plain("en") == "1 record is not counted"
    assert missing.more


def test_a_doubtful_sum_holds_no_budget(made):
    cost = made().cost
    assert held(cost, Decimal(100)) == "within"
    assert held(cost, Decimal(100), doubtful=True) == "unknown"
    assert held(replace(cost, amount="200.00"), Decimal(100), doubtful=True) == "over"
