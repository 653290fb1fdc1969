# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.estimation.closing import (
    closing,
    is_trial,
    still_training,
    takes_jobs,
    trains_here,
)
from evalkit.estimation.text import closing_line
from evalkit.targets.card import Source
from evalkit.targets.load import model_named, target_named, target_names

ENDS = ("new_customers_until", "dormant_until", "last_training", "retires")
NONE = dict.fromkeys(ENDS)


def card(**ends):
    return replace(model_named("gpt-4.1-mini"), **{**NONE, "replacement": None, **ends})


@pytest.mark.parametrize(
    ("name", "today", "state"),
    [
        ("gpt-4.1-mini", date(2026, 5, 6), "announced"),
        ("gpt-4.1-mini", date(2026, 5, 7), "new-customers-closed"),
        ("gpt-4.1-mini", date(2027, 1, 5), "new-customers-closed"),
        ("gpt-4.1-mini", date(2027, 1, 6), "no-jobs"),
        ("gpt-4.1-mini", date(2027, 1, 13), "no-jobs"),
        ("gpt-4.1-mini", date(2027, 1, 14), "gone"),
        ("gpt-3.5-turbo-0613", date(2026, 10, 22), "new-customers-closed"),
        ("gpt-3.5-turbo-0613", date(2026, 10, 23), "gone"),
        ("azure/gpt-4.1", date(2027, 4, 13), "announced"),
    ],
)
def test_states(name, today, state):
    end = closing(model_named(name), today)
    assert end.state == state
    assert takes_jobs(model_named(name), today) == (state == "announced")


def test_nothing_known_nothing_said():
    assert closing(card(), date(2030, 1, 1)) is None
    assert closing(card(replacement="gpt-6-luna"), date(2030, 1, 1)) is None
    assert takes_jobs(card(), date(2030, 1, 1))


def test_one_date_is_enough():
    day = date(2027, 1, 1)
    assert closing(card(dormant_until=day), day).state == "announced"  # others may start
    assert closing(card(new_customers_until=day), day).state == "new-customers-closed"
    assert closing(card(last_training=day), day).state == "no-jobs"
    assert closing(card(retires=day), day).state == "gone"
    assert closing(card(retires=day), day - timedelta(1)).state == "announced"


def test_it_says_whose_each_date_is():
    own = Source(date(2026, 11, 1), "a page of its own")
    one = card(
        new_customers_until=date(2026, 5, 7),
        dormant_until=date(2026, 7, 2),
        last_training=date(2027, 1, 6),
        retires=date(2027, 1, 14),
        replacement="gpt-6-luna",
        as_of=date(2026, 11, 20),
        source="the card's page",
        sources=MappingProxyType({"retires": own}),
    )
    end = closing(one, date(2026, 11, 21))
    assert (end.source, end.as_of) == ("the card's page", date(2026, 11, 20))
    assert end.new_customers_until == date(2026, 5, 7)
    assert end.dormant_until == date(2026, 7, 2)
    assert end.replacement == "gpt-6-luna"
    assert end.sources["retires"] == own
    assert set(end.sources) == {*ENDS, "replacement"}
    gone = closing(one, date(2027, 1, 14))
    assert (gone.source, gone.as_of) == (own.source, own.as_of)  # what decides
    # of what is only announced, the next to come decides
    ahead = closing(replace(one, **{**NONE, "retires": date(2027, 1, 14)}), date(2026, 11, 21))
    assert ahead.source == own.source


@given(st.tuples(*[st.none() | st.dates(date(2026, 1, 1), date(2026, 2, 1))] * 4))
def test_it_never_opens_again(ends):
    one = card(**dict(zip(ENDS, ends, strict=True)))
    order = ["announced", "new-customers-closed", "no-jobs", "gone"]
    days = [date(2025, 12, 31) + timedelta(n) for n in range(40)]
    states = [closing(one, day) for day in days]
    assert all((end is None) == (not any(ends)) for end in states)
    if any(ends):
        places = [order.index(end.state) for end in states]
        assert places == sorted(places)
        assert places[0] == 0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("today", [date(2026, 11, 1), date(2027, 1, 7), date(2027, 2, 1)])
def test_the_line_says_the_date(today, language):
    end = closing(model_named("gpt-4.1-mini"), today)
    first, *rest = closing_line("m", end, ["together"], language=language).split("\n")
    assert "2027-01-14" in first
    assert ("2027-01-06" in first) == (end.state != "gone")
    assert "None" not in first
    assert "together" in rest[0]


def test_who_else_trains():
    targets = [target_named(name) for name in target_names()]
    others = still_training(targets, ["openai-chat"], besides="azure")
    assert "together" in others
    assert not {"openai", "azure", "vertex", "bedrock-nova"} & set(others)
    assert still_training(targets, ["openai-chat", "sharegpt"]) == [
        "axolotl", "llama-factory", "ms-swift",
    ]  # fmt: skip
    assert still_training(targets, []) == []


def test_our_own_trainer_is_no_replacement():
    targets = [target_named(name) for name in target_names()]
    assert is_trial(target_named("local"))
    assert trains_here(target_named("local"))
    assert [one.name for one in targets if is_trial(one)] == ["local"]
    assert "local" not in still_training(targets, ["openai-chat"])


def test_programs_come_after_services():
    targets = [target_named(name) for name in target_names()]
    assert trains_here(target_named("trl"))
    assert not trains_here(target_named("together"))
    others = still_training(targets, ["openai-chat"])
    assert {"trl", "axolotl"} <= set(others)
    programs = [trains_here(target_named(name)) for name in others]
    assert programs == sorted(programs)


def test_on_a_day_a_later_end_does_not_count():
    openai = target_named("openai")
    rows = ["openai-chat"]
    assert still_training([openai], rows) == []  # has announced an end
    assert still_training([openai], rows, today=date(2026, 5, 6)) == ["openai"]
    assert still_training([openai], rows, today=date(2026, 5, 7)) == []  # of old customers only
    assert still_training([openai], rows, today=date(2027, 1, 6)) == []


def test_a_service_whose_models_are_all_closed_trains_none():
    day = date(2027, 1, 1)
    one = replace(target_named("azure"), models={"m": card(retires=day)})
    assert still_training([one], ["openai-chat"], today=day - timedelta(1)) == ["azure"]
    assert still_training([one], ["openai-chat"], today=day) == []
    two = replace(one, models={"m": card(retires=day), "n": card()})
    assert still_training([two], ["openai-chat"], today=day) == ["azure"]


def test_a_service_without_known_models_ends_too():
    day = date(2027, 1, 1)
    for end in ("last_training", "new_customers_until"):
        one = replace(target_named("together"), models={}, **{end: day})
        assert still_training([one], ["openai-chat"], today=day - timedelta(1)) == ["together"]
        assert still_training([one], ["openai-chat"], today=day) == []
        assert still_training([one], ["openai-chat"]) == []


def test_of_two_dates_to_come_the_next_one_is_told():
    near, far = Source(date(2026, 1, 1), "near"), Source(date(2026, 1, 1), "far")
    one = card(
        last_training=date(2027, 1, 1),
        retires=date(2028, 1, 1),
        sources={"last_training": near, "retires": far},
    )
    assert closing(one, date(2026, 6, 1)).source == "near"
