# SPDX-License-Identifier: Apache-2.0
"""Phi-3 against its own DPO tune, judged by GPT-4 in both orders (MT-Bench).

Stefanstud/FastChat at 1f5a7b81d3, gpt-4_pair.jsonl; FastChat's show_result.py prints the same.
"""

from __future__ import annotations

import json

import pytest

from evalkit.statistics.paired import paired_mean
from evalkit.statistics.preference import first_position, preference_mean, win_rate


@pytest.fixture(scope="module")
def verdicts(shared):
    """(first order, second order) of each row: the tuned model won, base won, tie or an error."""
    path = shared / "eval-fixtures" / "mtbench_phi3_vs_dpo_pair.jsonl"
    with path.open(encoding="utf-8") as file:
        return [(row["g1_winner"], row["g2_winner"]) for row in map(json.loads, file)]


@pytest.fixture(scope="module")
def known(verdicts):
    return [v for v in verdicts if "error" not in v]


def test_counts(verdicts, known):
    assert (len(verdicts), len(known)) == (75, 73)


def test_both_orders_must_agree(known):
    wins = sum(v == ("model_2", "model_2") for v in known)
    losses = sum(v == ("model_1", "model_1") for v in known)
    ties = len(known) - wins - losses
    assert (wins, losses, ties) == (20, 18, 35)
    found = win_rate(wins, losses, ties)
    assert found.value == pytest.approx(0.513699, abs=5e-7)
    assert (found.low, found.high) == pytest.approx((0.4309, 0.5957), abs=5e-5)
    assert found.p == pytest.approx(0.749, abs=5e-4)
    assert win_rate(losses, wins, ties).value == pytest.approx(0.486301, abs=5e-7)
    assert sum(a == b for a, b in known) / len(known) == pytest.approx(0.630, abs=5e-4)


def test_the_average_of_the_two_orders(known):
    worth = {"model_2": 1.0, "model_1": 0.0, "tie": 0.5}
    given = [(worth[a] + worth[b]) / 2 for a, b in known]
    found = preference_mean(given)
    assert found.value == pytest.approx(0.510274, abs=5e-7)
    assert paired_mean([0.5] * 73, given).spread / 73**0.5 == pytest.approx(0.043738, abs=5e-7)


def test_what_is_shown_first_wins_too_often(known):
    """In the first order model_1 is shown first, in the second model_2."""
    first = sum(a == "model_1" for a, _ in known) + sum(b == "model_2" for _, b in known)
    second = sum(a == "model_2" for a, _ in known) + sum(b == "model_1" for _, b in known)
    assert (first, second) == (78, 43)
    assert first_position(first, second).p == pytest.approx(0.0019, abs=5e-5)


def test_hard_flips(verdicts):
    wins = ("model_1", "model_2")
    assert sum(a in wins and b in wins and a != b for a, b in verdicts) == 18
