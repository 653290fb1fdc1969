# SPDX-License-Identifier: Apache-2.0
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.estimation.evaluation_run import EvaluationPlan, evaluation_cost
from evalkit.targets.card import Answers
from evalkit.targets.load import model_named

CARD = model_named("gpt-4.1-mini")


def answers(input, output, **more):  # noqa: A002
    known = {"currency": "USD", "as_of": date(2026, 11, 1), "source": "a page"}
    return Answers(input=input, output=output, **{**known, **more})


BASE, TUNED, JUDGE = answers("0.40", "1.60"), answers("0.80", "3.20"), answers("2.00", "8.00")


def plan(**more):
    known = {"rows": 100, "prompt_tokens": 200, "answer_tokens": 50, "base": BASE, "tuned": TUNED}
    return EvaluationPlan(**{**known, **more})


def test_base_and_tuned():
    found = evaluation_cost(plan())
    base, tuned = found.lines
    assert (base.who, base.requests, base.prompt_tokens, base.answer_tokens) == (
        "base", 100, 20_000, 5_000,
    )  # fmt: skip
    assert base.cost == "0.016"  # 20,000 x 0.40 / 1M + 5,000 x 1.60 / 1M
    assert tuned.cost == "0.032"
    assert (found.total, found.currency) == ("0.048", "USD")
    assert found.why == {"en": "", "zh": ""}


def test_the_judge_sees_rubric_question_and_both_answers_in_both_orders():
    found = evaluation_cost(plan(judge=("gpt-4.1", JUDGE)))
    judge = found.lines[2]
    assert judge.name == "gpt-4.1"
    assert judge.requests == 200
    assert judge.prompt_tokens == 200 * (300 + 200 + 2 * 50)
    assert judge.answer_tokens == 200 * 150
    assert judge.cost == "0.48"  # 120,000 x 2.00 / 1M + 30,000 x 8.00 / 1M
    assert found.total == "0.528"
    assert "100 pairs x 2 orders" in judge.why["en"]


def test_one_order_repeats_and_another_rubric():
    found = evaluation_cost(
        plan(
            judge=("j", JUDGE), both_orders=False, repeats=3, rubric_tokens=1_000, verdict_tokens=10
        )
    )
    assert [line.requests for line in found.lines] == [300, 300, 300]
    judge = found.lines[2]
    assert (judge.prompt_tokens, judge.answer_tokens) == (300 * 1_300, 3_000)
    assert "100 rows x 3" in found.lines[0].why["en"]
    assert "100 行 x 3" in found.lines[0].why["zh"]


def test_tokens_are_whole_and_rounded_once():
    # 3 x 0.5 = 1.5 -> 2; each prompt rounded alone would give 0 or 3
    found = evaluation_cost(plan(rows=3, prompt_tokens=0.5, answer_tokens=33.333))
    assert (found.lines[0].prompt_tokens, found.lines[0].answer_tokens) == (2, 100)
    # half up, not half to even
    assert evaluation_cost(plan(rows=1, prompt_tokens=2.5)).lines[0].prompt_tokens == 3
    # 0.1 is one tenth: 15 x 0.1 = 1.5
    assert evaluation_cost(plan(rows=15, prompt_tokens=0.1)).lines[0].prompt_tokens == 2


def test_batch_prices_where_known():
    known = answers("0.80", "3.20", batch_input="0.30", batch_output="1.00")
    found = evaluation_cost(plan(base=None, tuned=known, batch=True))
    assert found.lines[1].cost == "0.011"  # 20,000 x 0.30 / 1M + 5,000 x 1.00 / 1M
    assert "batch route" in found.lines[1].why["en"]
    assert "assumed" not in found.lines[1].why["en"]


def test_half_price_is_assumed_only_where_it_is_documented():
    found = evaluation_cost(plan(batch=True, target="openai", judge=("j", JUDGE)))
    base, tuned, judge = found.lines
    assert (base.cost, tuned.cost) == ("0.008", "0.016")
    assert "assumed at 50 %" in base.why["en"]
    assert "OpenAI pricing page" in base.why["en"]
    assert "假定为常规价格的 50 %" in base.why["zh"]
    assert judge.cost is None  # nobody says whose it is
    assert found.total is None
    assert "j is not known" in found.why["en"]
    assert evaluation_cost(plan(batch=True, target="together")).lines[0].cost is None
    both = plan(batch=True, target="openai", judge=("j", JUDGE), judge_target="openai")
    assert evaluation_cost(both).total == "0.264"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_unknown_price_has_no_total(language):
    found = evaluation_cost(plan(tuned=None, tuned_name="my-ft"))
    assert found.lines[0].cost == "0.016"
    assert (found.lines[1].cost, found.total, found.currency) == (None, None, None)
    assert found.lines[1].why[language]
    assert "my-ft" in found.why[language]


def test_currencies_are_not_added():
    found = evaluation_cost(plan(tuned=answers("1.00", "2.00", currency="CNY")))
    assert found.lines[1].cost == "0.03"
    assert found.total is None
    assert "CNY, USD" in found.why["en"]
    same = answers("1.00", "2.00", currency="CNY")
    assert evaluation_cost(plan(base=same, tuned=same)).currency == "CNY"


def test_no_rows():
    assert evaluation_cost(plan(rows=0)).total == "0.00"


@given(
    st.integers(0, 100_000), st.integers(1, 5), st.integers(0, 10**5), st.integers(0, 10**4),
    st.booleans(),
)  # fmt: skip
def test_it_is_exact(rows, repeats, prompt, answer, both):
    found = evaluation_cost(
        plan(
            rows=rows, repeats=repeats, prompt_tokens=prompt, answer_tokens=answer,
            judge=("j", JUDGE), both_orders=both,
        )
    )  # fmt: skip
    n, orders = rows * repeats, 1 + both
    micro = n * (prompt * 4 + answer * 16 + prompt * 8 + answer * 32)
    micro += n * orders * ((300 + prompt + 2 * answer) * 20 + 150 * 80)
    assert Fraction(found.total) == Fraction(micro, 10**7)


def test_of_a_card():
    found = evaluation_cost(plan(base=CARD.inference, tuned=CARD.tuned_inference, target="openai"))
    assert found.total == "0.048"
