# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from evalkit.estimation.closing import closing, still_training
from evalkit.estimation.text import closing_line
from evalkit.targets.load import model_named, target_named, target_names


@pytest.mark.parametrize(
    ("name", "today", "state"),
    [
        ("gpt-4.1-mini", date(2027, 1, 5), "announced"),
        ("gpt-4.1-mini", date(2027, 1, 6), "no-jobs"),
        ("gpt-4.1-mini", date(2027, 1, 13), "no-jobs"),
        ("gpt-4.1-mini", date(2027, 1, 14), "gone"),
        ("gpt-3.5-turbo-0613", date(2026, 10, 22), "announced"),
        ("gpt-3.5-turbo-0613", date(2026, 10, 23), "gone"),
        ("azure/gpt-4.1", date(2027, 4, 13), "announced"),
    ],
)
def test_states(name, today, state):
    assert closing(model_named(name), today).state == state


def test_nothing_known_nothing_said():
    from dataclasses import replace

    card = replace(model_named("gpt-4.1"), retires=None, last_training=None)
    assert closing(card, date(2030, 1, 1)) is None


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
