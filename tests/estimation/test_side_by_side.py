# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date, timedelta

import pytest

from evalkit.estimation.cost import cost
from evalkit.estimation.epochs import epochs
from evalkit.estimation.facts import Batch, Counting, Estimate, Job, Shares
from evalkit.estimation.side_by_side import old_figures, side_by_side, trains
from evalkit.targets.card import Answers, HourlyPrice, ModelCard, Price, Source
from evalkit.targets.job_rules import Training

TODAY = date(2026, 11, 21)
FRESH = {"currency": "USD", "as_of": TODAY, "source": "a page"}


def price(usd, **more):
    return Price(usd_per_mtok=usd, **{**FRESH, **more})


def hour(usd, **more):
    return HourlyPrice(usd_per_hour=usd, **{**FRESH, **more})


def card(name, target="fireworks", **more):
    known = {
        "encoding": None, "context": None, "training_limit": None, "training_per_hour": None,
        "inference": None, "tuned_inference": None, "methods": ("sft",), "last_training": None,
        "retires": None, "source": "a page", "as_of": TODAY, "sources": {},
    }  # fmt: skip
    return ModelCard(name=name, target=target, **{**known, **more})


def estimate(model, *, formats=("openai-chat",), method="sft", tier=None):
    per_epoch, number = 100_000, 3
    return Estimate(
        job=Job(model=model, training=Training(), tier=tier),
        method=method,
        files=(("a.jsonl", 10),),
        examples=10,
        billed_per_epoch=per_epoch,
        cookbook_per_epoch=per_epoch,
        loss_per_epoch=per_epoch,
        epochs=epochs(10, None, number),
        batch=Batch(size=None, reason={}),
        steps=None,
        padding_per_epoch=0,
        validation=None,
        cost=cost(per_epoch * number, model.training_by(method, tier=tier)),
        duration=None,
        counting=Counting(tokenizer="o200k_base", texts="exact", error=None, frame="billed"),
        formats=formats,
        example=None,
        roles={},
        turns=None,
        shares=Shares(system=0, tools=0, user=0, assistant=0, results=0, images=0, frame=0),
        outliers=(),
        longest=0,
        over_long=0,
        cut_rows=(),
        lost=0,
        unlearned=0,
        with_tools=0,
        with_images=0,
        images=0,
        images_unknown=0,
        with_media=0,
        left_out=0,
        left_out_rows=(),
        prompt_tokens=None,
        answer_tokens=None,
        system_tokens=None,
    )


def names(offers):
    return [offer.estimate.model.name for offer in offers]


def test_what_looks_cheapest_and_may_have_a_least_sum_comes_after_the_others():
    """Together takes $4.00 to $60.00 for a job; of which models it takes how much, not all say."""
    cards = [
        card("least-unknown", target="together", trainings=(price("0.01"),)),
        card("least-known", target="together", trainings=(price("0.01", minimum="4.00"),)),
        card("no-least", trainings=(price("3.00"),)),
        card("yuan", trainings=(price("0.01", currency="CNY"),)),
    ]
    estimates = [estimate(one) for one in cards]
    order = ["no-least", "least-known", "least-unknown", "yuan"]
    assert names(side_by_side(estimates, today=TODAY)) == order
    assert names(side_by_side(estimates, today=TODAY, hosting_days=3)) == order


def test_the_cheapest_that_can_be_had_first():
    cards = [
        card("gone", trainings=(price("0.10"),), retires=TODAY),
        card("no-price"),
        card("dear", trainings=(price("25.00"),)),
        card("yuan", trainings=(price("0.01", currency="CNY"),)),
        card("by-the-hour", training_per_hour=hour("100.00")),
        card("old-customers", trainings=(price("0.20"),), new_customers_until=TODAY),
        card("cheap", trainings=(price("3.00"),)),
        card("ending", trainings=(price("9.00"),), retires=TODAY + timedelta(1)),
        card("reads-not", target="vertex", trainings=(price("0.01"),)),
        card("other-method", trainings=(price("0.01"),), methods=("rft",)),
    ]
    offers = side_by_side([estimate(one) for one in cards], today=TODAY)
    assert names(offers) == [
        "cheap", "ending", "dear", "yuan", "by-the-hour", "no-price", "old-customers",
        "gone", "other-method", "reads-not",
    ]  # fmt: skip
    by_name = dict(zip(names(offers), offers, strict=True))
    assert by_name["cheap"].total == "0.90"
    assert by_name["ending"].open
    assert by_name["ending"].closing.state == "announced"
    assert not by_name["gone"].open
    assert by_name["gone"].reads
    assert by_name["old-customers"].closing.state == "new-customers-closed"
    assert by_name["cheap"].closing is None
    assert not by_name["reads-not"].reads
    assert not by_name["other-method"].reads


def test_the_order_given_does_not_matter():
    cards = [card(name, trainings=(price(usd),)) for name, usd in (("b", "3.00"), ("a", "3.00"))]
    one = side_by_side([estimate(c) for c in cards], today=TODAY)
    two = side_by_side([estimate(c) for c in reversed(cards)], today=TODAY)
    assert names(one) == names(two) == ["a", "b"]


def test_hosting_counts_where_it_is_asked_for():
    cards = [
        card("cheap-hosted", trainings=(price("1.00"),), hosting=(hour("1.70"),)),
        card("dear-free", trainings=(price("9.00"),), hosting_free=True),
        card("unknown", trainings=(price("0.10"),)),
        card("yuan", trainings=(price("0.10"),), hosting=(hour("0.01", currency="CNY"),)),
    ]
    all_ = [estimate(one) for one in cards]
    assert names(side_by_side(all_, today=TODAY)) == [
        "unknown", "yuan", "cheap-hosted", "dear-free",
    ]  # fmt: skip
    offers = side_by_side(all_, today=TODAY, hosting_days=1)
    assert names(offers) == ["dear-free", "cheap-hosted", "unknown", "yuan"]
    assert [offer.total for offer in offers] == ["2.70", "41.10", None, None]
    assert offers[1].hosting.total == "40.80"


def test_the_tier_of_the_job_is_that_of_the_hosting_where_there_is_one():
    one = card(
        "m",
        trainings=(price("2.00", tier="global"), price("1.00", tier="developer")),
        hosting=(hour("1.70", tier="standard"), hour("0.00", tier="developer")),
    )
    (offer,) = side_by_side([estimate(one, tier="developer")], today=TODAY)
    assert (offer.estimate.cost.tier, offer.hosting.price.tier) == ("developer", "developer")
    (offer,) = side_by_side([estimate(one, tier="global")], today=TODAY)
    assert (offer.estimate.cost.tier, offer.hosting.price.tier) == ("global", "standard")


def test_a_target_that_nobody_knows():
    (offer,) = side_by_side([estimate(card("m", target="elsewhere"))], today=TODAY)
    assert not offer.reads


def test_nothing():
    assert side_by_side([], today=TODAY) == ()


def test_old_figures():
    old = {"as_of": TODAY - timedelta(181)}
    known = {"input": "1.00", "output": "1.00", **FRESH}
    one = card(
        "m",
        context=1,
        training_limit=1,
        retires=date(2027, 1, 1),
        trainings=(price("1.00", **old), price("2.00", method="preference")),
        hosting=(hour("1.00", tier="global", **old), hour("2.00", tier="developer")),
        inference=Answers(**known),
        tuned_inference=Answers(**{**known, **old}),
        sources={"retires": Source(old["as_of"], "a page")},
    )
    assert old_figures(one, TODAY) == ("training", "hosting", "tuned_inference", "retires")
    assert old_figures(one, TODAY - timedelta(1)) == ()  # 180 days are not old
    assert old_figures(replace(one, as_of=old["as_of"]), TODAY)[-3:] == (
        "retires", "training_limit", "context",
    )  # fmt: skip
    assert "hosting" not in old_figures(one, TODAY, tier="developer")  # the one that counts
    free = replace(one, hosting=(), hosting_free=True)
    assert "hosting" not in old_figures(free, TODAY)
    free = replace(free, sources={"hosting_free": Source(old["as_of"], "a page")})
    assert "hosting" in old_figures(free, TODAY)
    (offer,) = side_by_side([estimate(one)], today=TODAY)
    assert offer.old == old_figures(one, TODAY)
    # the price that counts is the one of the job's method
    fresh = replace(one, trainings=one.trainings[1:], methods=("preference",))
    assert "training" not in old_figures(fresh, TODAY, method="preference")


@pytest.mark.parametrize(
    ("methods", "method", "fits"),
    [
        (("sft",), "sft", True),
        (("sft",), "completion", True),
        (("completion",), "completion", True),
        (("completion",), "sft", False),
        (("rft",), "preference", False),
    ],
)
def test_what_a_model_is_trained_with(methods, method, fits):
    assert trains(card("m", methods=methods), method) == fits
