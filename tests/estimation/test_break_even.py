# SPDX-License-Identifier: Apache-2.0
from datetime import date
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.estimation.break_even import break_even
from evalkit.targets.card import Answers
from evalkit.targets.load import model_named

CARD = model_named("gpt-4.1-mini")  # training 5.00; base 0.40 / 1.60, tuned 0.80 / 3.20


def answers(input, output, **more):  # noqa: A002
    known = {"currency": "USD", "as_of": date(2026, 11, 1), "source": "a page"}
    return Answers(input=input, output=output, **{**known, **more})


BASE, TUNED = answers("0.40", "1.60"), answers("0.80", "3.20")


def found(**more):
    known = {
        "training": "1.30",
        "base": BASE,
        "tuned": TUNED,
        "prompt_tokens": 200,
        "answer_tokens": 100,
        "few_shot_tokens": 1_500,
        "hosting_per_month": "0.00",
    }
    return break_even(**{**known, **more})


def test_by_hand():
    # base: 1,700 x 0.40 + 100 x 1.60 = 680 + 160 = 840 millionths of a dollar
    # tuned: 200 x 0.80 + 100 x 3.20 = 160 + 320 = 480
    # saved 360; 1.30 / 0.00036 = 3,611.1
    made = found(calls_per_month=2_000)
    assert made.saved_per_call == "0.00036"
    assert (made.verdict, made.calls, made.few_shot_tokens) == ("repaid", 3_612, 1_500)
    assert made.months == pytest.approx(1.806)
    assert "$0.00084 with 1,500 tokens of examples, $0.00048 tuned" in made.why["en"]
    assert "$1.30 of training is repaid after 3,612 calls, in 1.8 months" in made.why["en"]
    assert "3,612 次调用后收回训练费 $1.30，需 1.8 个月" in made.why["zh"]


def test_of_the_cards_own_prices():
    tokens = 260_000
    training = str(Fraction(tokens) * Fraction(CARD.training.usd_per_mtok) / 10**6)
    assert Fraction(training) == Fraction("1.30")
    made = found(base=CARD.inference, tuned=CARD.tuned_inference, training="1.30")
    saved = (
        Fraction(CARD.inference.input) * 1_700
        + Fraction(CARD.inference.output) * 100
        - Fraction(CARD.tuned_inference.input) * 200
        - Fraction(CARD.tuned_inference.output) * 100
    ) / 10**6
    assert Fraction(made.saved_per_call) == saved
    assert made.calls == ceil(Fraction("1.30") / saved)


def test_a_whole_number_of_calls_is_not_one_more():
    assert found(training="0.72").calls == 2_000
    assert found(training="0.7200001").calls == 2_001
    assert found(training="0.00").calls == 0
    assert "after 1 call" in found(training="0.00036").why["en"]
    assert "1 calls" not in found(training="0.00036").why["en"]


def test_never_and_from_where_on():
    # base: 500 x 0.40 + 160 = 360; tuned 480: 120 dearer; 240 of 480 - 360 + 120: 600 tokens level
    made = found(few_shot_tokens=300)
    assert made.verdict == "never"
    assert (made.saved_per_call, made.calls, made.months) == ("-0.00012", None, None)
    assert "$0.00012 dearer" in made.why["en"]
    assert "from 601 tokens" in made.why["en"]
    assert "601 个 token" in made.why["zh"]
    assert found(few_shot_tokens=600).saved_per_call == "0.00"
    assert found(few_shot_tokens=600).verdict == "never"
    assert "with either model" in found(few_shot_tokens=600).why["en"]
    assert found(few_shot_tokens=601).verdict == "repaid"
    # whatever training costs
    assert found(few_shot_tokens=300, training=None).verdict == "never"


def test_no_number_of_examples_helps_where_they_cost_nothing():
    made = found(base=answers("0.00", "1.60"))
    assert made.verdict == "never"
    assert "saves from" not in made.why["en"]


def test_a_shorter_prompt():
    # tuned: 50 x 0.80 + 320 = 360; saved 480
    assert found(system_tokens_dropped=150).saved_per_call == "0.00048"
    assert found(system_tokens_dropped=900).saved_per_call == "0.00052"  # not below none


def test_cached_examples():
    cheap = answers("0.40", "1.60", cached="0.10")
    # 90 % of 1,500 at 0.10, 10 % at 0.40: 135 + 60 = 195; base 80 + 160 + 195 = 435 < 480
    made = found(base=cheap, cached_share=0.9)
    assert (made.saved_per_call, made.verdict) == ("-0.000045", "never")
    # 0.13 a token: 240 / 0.13 = 1,846.2
    assert "from 1,847 tokens" in made.why["en"]
    assert found(base=cheap).saved_per_call == "0.00036"  # nobody says that they are cached
    plain = found(cached_share=0.9)
    assert plain.saved_per_call == "0.00036"
    assert "no price of cached prompts" in plain.why["en"]
    assert "全价" in plain.why["zh"]


def test_hosting():
    # 1.70 x 730 = 1,241 a month; 1,241 / 0.00036 = 3,447,222.2
    made = found(hosting_per_month="1241.00")
    assert (made.verdict, made.calls, made.months) == ("unknown", None, None)
    assert "3,447,223 calls a month" in made.why["en"]
    assert "$1,241.00 a month" in made.why["en"]
    assert "3,447,223 次" in made.why["zh"]
    few = found(hosting_per_month="1241.00", calls_per_month=1_000_000)
    assert (few.verdict, few.calls) == ("never", None)
    assert "3,447,223" in few.why["en"]
    assert "1,000,000 are made" in few.why["en"]
    # 5,000,000 x 0.00036 = 1,800 a month, 559 of them over hosting: 0.0001118 a call
    many = found(hosting_per_month="1241.00", calls_per_month=5_000_000, training="100.00")
    assert many.verdict == "repaid"
    assert many.calls == ceil(Fraction(100) / Fraction("0.0001118")) == 894_455
    assert many.months == pytest.approx(0.178891)
    assert "hosting at $1,241.00 a month included" in many.why["en"]
    # exactly eaten up
    assert found(hosting_per_month="3.60", calls_per_month=10_000).verdict == "never"
    assert found(hosting_per_month="3.60", calls_per_month=0).verdict == "never"


def test_what_is_not_repaid_before_it_ends_is_never():
    # 3,612 calls; a month of 730 hours has 30.4 days
    open_ = found(days_left=54)
    assert (open_.verdict, open_.calls) == ("repaid", 3_612)
    assert "in 54 days: 67 calls a day" in open_.why["en"]  # 3,612 / 54 = 66.9
    assert "每天 67 次调用" in open_.why["zh"]
    late = found(days_left=54, calls_per_month=2_000)  # 1.806 months are 54.93 days
    assert (late.verdict, late.calls, late.months) == ("never", None, None)
    assert "in 1.8 months; but its tuned versions stop answering in 54 days" in late.why["en"]
    assert "54 天后停止回答" in late.why["zh"]
    soon = found(days_left=55, calls_per_month=2_000)
    assert (soon.verdict, soon.calls) == ("repaid", 3_612)
    assert soon.why == found(calls_per_month=2_000).why
    # 2,000 calls take one month
    assert found(training="0.7200", calls_per_month=2_000, days_left=31).verdict == "repaid"
    assert found(training="0.7200", calls_per_month=2_000, days_left=30).verdict == "never"
    # 24 calls at one an hour take just that day
    hourly = {"training": "0.00864", "calls_per_month": 730}
    assert found(**hourly, days_left=1).calls == 24
    assert found(training="0.00865", calls_per_month=730, days_left=1).verdict == "never"
    for over in (0, -3):
        gone = found(days_left=over)
        assert (gone.verdict, gone.why["en"]) == (
            "never",
            "its tuned versions do not answer any more",
        )
    assert "in 1 day:" in found(days_left=1).why["en"]


def test_unknown_hosting_is_said():
    made = found(hosting_per_month=None)
    assert (made.verdict, made.calls) == ("repaid", 3_612)
    assert made.why["en"].endswith("hosting is not known and comes on top")
    assert made.why["zh"].endswith("托管费未知，未计入")
    assert "hosting" not in found().why["en"]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"training": None}, ["price of training"]),
        ({"base": None}, ["base model"]),
        ({"tuned": None, "base": None}, ["base model", "tuned model"]),
        ({"tuned": answers("5.60", "22.40", currency="CNY")}, ["CNY, USD"]),
        ({"currency": "CNY"}, ["CNY, USD"]),
        ({"hosting_per_month": "7300.00", "hosting_currency": "CNY"}, ["CNY, USD"]),
    ],
)
def test_what_is_not_known(missing, words):
    made = found(**missing)
    assert (made.verdict, made.calls, made.months) == ("unknown", None, None)
    assert all(word in made.why["en"] for word in words)
    assert "\n" not in made.why["en"] + made.why["zh"]
    assert made.saved_per_call == (
        "0.00036" if {"training", "currency", "hosting_currency"} & set(missing) else None
    )


@pytest.mark.parametrize(
    "bad", [{"cached_share": 1.5}, {"prompt_tokens": -1}, {"answer_tokens": float("nan")}]
)
def test_what_makes_no_sense(bad):
    with pytest.raises(UsageError):
        found(**bad)


prices = st.integers(0, 10_000).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
sums = st.integers(0, 10**9).map(lambda cents: f"{cents // 100}.{cents % 100:02}")
some = st.integers(0, 50_000)


@given(sums, st.tuples(prices, prices), st.tuples(prices, prices), some, some, some)
def test_the_fewest_calls(training, base, tuned, prompt, answer, shots):
    made = found(
        training=training,
        base=answers(*base),
        tuned=answers(*tuned),
        prompt_tokens=prompt,
        answer_tokens=answer,
        few_shot_tokens=shots,
    )
    b_in, b_out, t_in, t_out = map(Fraction, (*base, *tuned))
    saved = ((prompt + shots) * b_in + answer * b_out - prompt * t_in - answer * t_out) / 10**6
    assert Fraction(made.saved_per_call) == saved
    if saved <= 0:
        assert made.verdict == "never"
        return
    n = made.calls
    assert n * saved >= Fraction(training) > (n - 1) * saved


@given(some, some, st.integers(0, 50_000), st.integers(1, 50_000), st.floats(0, 1))
def test_more_examples_never_take_longer(prompt, answer, shots, more, cached):
    given_ = {
        "prompt_tokens": prompt,
        "answer_tokens": answer,
        "cached_share": cached,
        "base": answers("0.40", "1.60", cached="0.10"),
    }
    less, longer = (
        found(few_shot_tokens=shots, **given_),
        found(few_shot_tokens=shots + more, **given_),
    )
    assert Fraction(longer.saved_per_call) > Fraction(less.saved_per_call)
    if less.verdict == "repaid":
        assert longer.verdict == "repaid"
        assert longer.calls <= less.calls


@given(some, some, some)
def test_where_it_begins_to_save_is_right(prompt, answer, shots):
    made = found(prompt_tokens=prompt, answer_tokens=answer, few_shot_tokens=shots)
    assume(made.verdict == "never")
    enough = int(made.why["en"].rpartition("saves from ")[2].split(" ")[0].replace(",", ""))
    same = {"prompt_tokens": prompt, "answer_tokens": answer}
    assert found(few_shot_tokens=enough, **same).verdict == "repaid"
    assert enough == 0 or found(few_shot_tokens=enough - 1, **same).verdict == "never"


@given(st.integers(1, 10**7), st.integers(1, 10**6), sums)
def test_hosting_is_paid_too(volume, hosting_cents, training):
    monthly = f"{hosting_cents // 100}.{hosting_cents % 100:02}"
    made = found(training=training, hosting_per_month=monthly, calls_per_month=volume)
    saved, kept = Fraction("0.00036"), Fraction(monthly)
    if saved * volume <= kept:
        assert made.verdict == "never"
        return
    after = lambda n: n * saved - kept * n / volume - Fraction(training)  # noqa: E731
    assert after(made.calls) >= 0 > after(made.calls - 1)
    assert made.months == float(Fraction(made.calls, volume))


def test_hosting_that_is_billed_at_an_unknown_price_leaves_it_open():
    made = found(hosting_per_month=None, hosting_billed=True)
    assert (made.verdict, made.calls, made.saved_per_call) == ("unknown", None, "0.00036")
    assert "price that is not on record" in made.why["en"]
    assert "价格没有记录" in made.why["zh"]
    # What it does not depend on is said all the same.
    assert found(hosting_per_month=None, hosting_billed=True, few_shot_tokens=0).verdict == "never"
    assert found(hosting_per_month=None).verdict == "repaid"
    assert found(hosting_per_month="0.00", hosting_billed=True).verdict == "repaid"
