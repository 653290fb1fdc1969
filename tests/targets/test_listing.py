# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace
from datetime import date

import pytest

from evalkit.targets.listing import entries, ratio, state
from evalkit.targets.load import model_named, target_named, target_names

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("name", "day", "expected"),
    [
        ("gpt-4.1-mini", TODAY, "closing"),
        ("gpt-4.1-mini", date(2027, 1, 5), "closing"),
        ("gpt-4.1-mini", date(2027, 1, 6), "closed"),
        ("gpt-4.1-nano", TODAY, "closed"),
        ("ada", TODAY, "closed"),
        ("vertex/gemini-2.5-flash", TODAY, "closed"),
        ("vertex/gemini-3.5-flash", TODAY, "closing"),
        ("together/Qwen3.5-9B", TODAY, "open"),
    ],
)
def test_how_a_model_stands(name, day, expected):
    assert state(model_named(name), day) == expected


def test_shut_to_some_is_closing():
    card = model_named("together/Qwen3.5-9B")
    assert state(replace(card, dormant_until=date(2020, 1, 1)), TODAY) == "closing"


def test_what_is_chosen():
    targets = [target_named(name) for name in target_names()]
    everything = entries(targets, today=TODAY)
    assert len(everything) == sum(len(target.models) for target in targets)
    assert [one.name for one in entries(targets, today=TODAY, words=["AZURE", "nano"])] == [
        "azure/gpt-4.1-nano-2025-04-14"
    ]
    titled = entries(targets, today=TODAY, words=["百炼"])
    assert {one.card.target for one in titled} == {"bailian"}
    still = entries(targets, today=TODAY, open_only=True)
    assert {one.state for one in still} == {"open", "closing"}
    assert all("rft" in one.card.methods for one in entries(targets, today=TODAY, method="rft"))
    family = entries(targets, today=TODAY, tokenizer="llama-3.1")
    assert {one.card.target for one in family} == {"together", "fireworks"}
    assert entries(targets, today=TODAY, words=["gpt", "qwen"]) == []


def test_every_name_in_the_list_is_taken_by_model_named():
    targets = [target_named(name) for name in target_names()]
    for one in entries(targets, today=TODAY):
        assert model_named(one.name) == one.card


def test_ratios():
    mini = model_named("gpt-4.1-mini")
    found = ratio(mini.tuned_inference, mini.inference)
    assert (found.input, found.output) == ("2", "2")
    o4 = model_named("o4-mini")
    assert ratio(o4.tuned_inference, o4.inference).input == "3.64"
    assert ratio(None, mini.inference) is None
    assert ratio(mini.tuned_inference, replace(mini.inference, currency="CNY")) is None
    assert ratio(mini.tuned_inference, replace(mini.inference, input="0.00")) is None
    tenfold = replace(mini.inference, input="8.00", output="32.00")
    assert ratio(tenfold, replace(mini.inference, input="0.80", output="3.20")).input == "10"
