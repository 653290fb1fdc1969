# SPDX-License-Identifier: Apache-2.0
"""An order costs what it is checked for, and is of one kind of rows."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from evalkit.core.dollars import dollars
from evalkit.core.errors import UsageError
from evalkit.jobs.checks.check import Asked, checked
from evalkit.jobs.checks.model import known_target
from evalkit.jobs.refusals import RefusedError

TODAY = date(2026, 11, 21)


def rows(path, n=30, what="Where is"):
    turns = [
        [
            {"role": "user", "content": f"{what} parcel {i}?"},
            {"role": "assistant", "content": f"It is on shelf {i}, in the hall to the left."},
        ]
        for i in range(n)
    ]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns))
    return path


def pairs(path):
    def said(text):
        return [{"role": "assistant", "content": text}]

    made = [
        {
            "input": {"messages": [{"role": "user", "content": f"Which is pair {i}?"}]},
            "preferred_output": said(f"Right {i}."),
            "non_preferred_output": said(f"Wrong {i}."),
        }
        for i in range(12)
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in made))
    return path


@pytest.mark.parametrize("epochs", [50, 50.0])
def test_a_budget_is_held_for_the_epochs_that_are_ordered(tmp_path, epochs):
    asked = Asked(
        train=rows(tmp_path / "t.jsonl"),
        target="openai",
        model="gpt-4.1-mini",
        hyperparameters={"n_epochs": epochs},
    )
    passed = checked(asked, today=TODAY)
    assert passed.estimate is not None
    assert passed.estimate["epochs"] == 50
    with pytest.raises(RefusedError, match="over budget"):
        checked(asked, today=TODAY, budget=Decimal("0.05"))


def test_looks_at_the_validation_file_are_paid_for_where_they_are_billed(tmp_path):
    train, held = rows(tmp_path / "t.jsonl"), rows(tmp_path / "v.jsonl", what="Whose is")

    def cost(**given):
        asked = Asked(
            train=train, target="together", model="Meta-Llama-3.1-8B-Instruct-Reference", **given
        )
        told = checked(asked, today=TODAY).outlook
        held = None if told is None else told.estimate.validation
        return 0 if held is None else held.billed

    alone, once = cost(), cost(validation=held)
    often = cost(validation=held, hyperparameters={"n_evals": 10})
    assert alone < once < often
    assert (alone, often) == (0, 10 * once)


def test_validation_rows_of_another_method_are_refused(tmp_path):
    asked = Asked(
        train=rows(tmp_path / "t.jsonl"),
        validation=pairs(tmp_path / "v.jsonl"),
        target="openai",
        model="gpt-4.1-mini",
    )
    with pytest.raises(UsageError, match="one job takes one kind"):
        checked(asked, today=TODAY)


@pytest.mark.parametrize(
    ("written", "sum_"),
    [
        ("12.50", "12.50"), ("$5", "5"), ("1,000", "1000"), ("$1,234,567.8", "1234567.8"),
        (" 3 ", "3"), (0, "0"), (2.5, "2.5"), ("0,50", None), ("12,5", None), ("1,00", None),
        ("1.000,50", None), ("-1", None), ("nan", None), ("inf", None), ("", None), ("$$5", None),
    ],
)  # fmt: skip
def test_sums_of_money(written, sum_):
    assert dollars(written) == (None if sum_ is None else Decimal(sum_))


@pytest.mark.parametrize("day", [date(2027, 1, 5), date(2027, 1, 6)])
def test_the_day_from_which_no_job_is_taken(tmp_path, day):
    asked = Asked(train=rows(tmp_path / "t.jsonl"), target="openai", model="gpt-4.1-mini")
    if day.day == 5:
        assert any(
            "until 2027-01-06 (not included)" in line.en for line in checked(asked, today=day).dates
        )
    else:
        with pytest.raises(UsageError, match="takes no new training jobs"):
            checked(asked, today=day)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trl", "evalkit prepare FILE --target trl"),
        ("opnai", "did you mean `openai`"),
    ],
)
def test_where_no_job_can_be_started_the_way_is_told(name, said):
    with pytest.raises(UsageError) as told:
        known_target(name)
    assert said in str(told.value)
