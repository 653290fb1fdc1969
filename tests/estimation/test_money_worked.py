# SPDX-License-Identifier: Apache-2.0
"""Three jobs worked out by hand, from the prices in the targets to the last figure."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from evalkit.estimation.break_even import break_even
from evalkit.estimation.budget import held
from evalkit.estimation.closing import closing
from evalkit.estimation.cost import cost
from evalkit.estimation.evaluation_run import EvaluationPlan, evaluation_cost
from evalkit.estimation.hosting import hosting
from evalkit.targets.load import model_named

# A support bot: questions of 180 tokens with instructions, answers of 90; the base model needs
# examples of 1,200 tokens in every prompt. 1,000 rows of 300 tokens are trained for 3 epochs.
TOKENS = 1_000 * 300 * 3
CALL = {"prompt_tokens": 180, "answer_tokens": 90, "few_shot_tokens": 1_200}


def test_a_support_bot_on_gpt_4_1_mini():
    card = model_named("gpt-4.1-mini")
    training = cost(TOKENS, card.training)
    assert training.amount == "4.50"  # 0.9 x 5.00

    # base: (180 + 1,200) x 0.40 + 90 x 1.60 = 552 + 144 = 696 millionths of a dollar
    # tuned: 180 x 0.80 + 90 x 3.20 = 144 + 288 = 432
    made = break_even(
        training=training.amount,
        base=card.inference,
        tuned=card.tuned_inference,
        hosting_per_month=hosting(card).per_month,
        calls_per_month=10_000,
        **CALL,
    )
    assert made.saved_per_call == "0.000264"
    assert made.calls == 17_046  # 4.50 / 0.000264 = 17,045.5
    assert made.months == pytest.approx(1.7046)

    # 200 held-out rows. base: 200 x (180 x 0.40 + 90 x 1.60) = 200 x 216 = 43,200; tuned: twice.
    # judge: 400 x ((300 + 180 + 2 x 90) x 2.00 + 150 x 8.00) = 400 x (1,320 + 1,200) = 1,008,000
    plan = {
        "rows": 200,
        "prompt_tokens": 180,
        "answer_tokens": 90,
        "base": card.inference,
        "tuned": card.tuned_inference,
        "judge": ("gpt-4.1", model_named("gpt-4.1").inference),
        "target": "openai",
        "judge_target": "openai",
    }
    run = evaluation_cost(EvaluationPlan(**plan))
    assert [line.cost for line in run.lines] == ["0.0432", "0.0864", "1.008"]
    assert run.total == "1.1376"
    assert evaluation_cost(EvaluationPlan(**plan, batch=True)).total == "0.5688"  # half

    assert held(training, Decimal(5)) == "within"
    assert held(training, Decimal(5), more=[run.total]) == "over"  # 5.6376
    # and it ends: nobody who is new may start it on 2026-11-21
    assert closing(card, date(2026, 11, 21)).state == "new-customers-closed"


def test_the_same_bot_on_azure_with_hosting():
    card = model_named("azure/gpt-4.1-mini")
    training = cost(TOKENS, card.training)
    assert (training.amount, training.tier) == ("5.94", "standard")  # 0.9 x 6.60
    assert cost(TOKENS, card.training_by("sft", tier="global")).amount == "4.509"  # 0.9 x 5.01

    kept = hosting(card, days=30)
    assert kept.per_month == "1241.00"  # 730 x 1.70
    assert kept.total == "1224.00"  # 30 x 24 x 1.70
    assert hosting(card, tier="developer").per_month == "0.00"

    # base: (180 + 1,200) x 0.40 + 90 x 1.60 = 696; tuned answers cost as much as the base's:
    # 180 x 0.40 + 90 x 1.60 = 216; saved 480 millionths of a dollar
    job = {
        "training": training.amount,
        "base": card.inference,
        "tuned": card.tuned_inference,
        **CALL,
    }
    open_ = break_even(**job, hosting_per_month=kept.per_month)
    assert (open_.saved_per_call, open_.verdict) == ("0.00048", "unknown")
    assert "2,585,417 calls a month" in open_.why["en"]  # 1,241 / 0.00048 = 2,585,416.7
    few = break_even(**job, hosting_per_month=kept.per_month, calls_per_month=2_585_416)
    assert few.verdict == "never"
    # 3,000,000 calls save 1,440 a month, 199 more than hosting: 5.94 / 199 of a month
    many = break_even(**job, hosting_per_month=kept.per_month, calls_per_month=3_000_000)
    assert many.calls == 89_548  # 3,000,000 x 5.94 / 199 = 89,547.7
    assert many.months == pytest.approx(5.94 / 199, rel=1e-4)
    # for trying out, where hosting is free: 5.94 / 0.00048 is a whole number
    assert break_even(**job, hosting_per_month="0.00").calls == 12_375

    assert held(training, Decimal(10)) == "within"
    assert held(training, Decimal(10), more=[kept.total]) == "over"

    # the batch price of tuned models is not on record, and nobody documents one for all
    plan = EvaluationPlan(
        rows=200,
        prompt_tokens=180,
        answer_tokens=90,
        base=card.inference,
        tuned=card.tuned_inference,
        target="azure",
    )
    assert evaluation_cost(plan).total == "0.0864"  # 2 x 200 x 216
    batch = evaluation_cost(replace(plan, batch=True))
    assert [line.cost for line in batch.lines] == ["0.0216", None]  # half of 200 x 216
    assert batch.total is None


def test_the_same_bot_as_a_lora_at_together():
    card = model_named("together/meta-llama/Llama-3.3-70B-Instruct-Reference")
    small = cost(TOKENS, card.training)
    assert (small.tier, small.usd_per_mtok) == ("lora", "2.03")
    # 0.9 x 2.03 = 1.827, and no job costs less than 4.00
    assert (small.amount, small.minimum_applied) == ("4.00", True)
    large = cost(10 * TOKENS, card.training)
    assert (large.amount, large.minimum_applied) == ("18.27", False)
    full = cost(10 * TOKENS, card.training_by("sft", tier="full"))
    assert full.amount == "28.80"  # 9 x 3.20
    pairs = cost(10 * TOKENS, card.training_by("preference"))
    assert (pairs.amount, pairs.tier) == ("45.72", "lora")  # 9 x 5.08

    kept = hosting(card, days=30)  # a tuned model is served on machines by the hour
    assert (kept.kind, kept.total) == ("unknown", None)
    made = break_even(
        training=small.amount,
        base=card.inference,
        tuned=card.tuned_inference,
        hosting_per_month=kept.per_month,
        **CALL,
    )
    assert (made.verdict, made.saved_per_call, made.calls) == ("unknown", None, None)
    assert "tuned model's answers are not on record" in made.why["en"]
    assert held(small, Decimal(5), more=[kept.total]) == "unknown"
    assert held(small, Decimal("3.99"), more=[kept.total]) == "over"
    assert closing(card, date(2026, 11, 21)) is None
