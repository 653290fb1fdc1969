# SPDX-License-Identifier: Apache-2.0
"""Published numbers of AlpacaEval 2: 805 weighted preferences of each of 52 models.

tatsu-lab/alpaca_eval at cd543a149d: annotations.json of each model, and
leaderboards/data_AlpacaEval_2/weighted_alpaca_eval_gpt4_turbo_leaderboard.csv.
"""

from __future__ import annotations

import csv
import gzip
import json
from math import isnan, sqrt

import pytest

from evalkit.statistics.paired import paired_mean
from evalkit.statistics.preference import length_controlled, preference_mean, win_rate
from evalkit.statistics.student import t_quantile, two_sided_t_p

SLICES = {
    "helpful_base": (129, 4.921917),
    "koala": (156, 7.037857),
    "oasst": (188, 6.347120),
    "selfinstruct": (252, 16.556915),
    "vicuna": (80, 3.622843),
}


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "eval-fixtures"


def columns(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def preferences(folder):
    """Rows: the dataset, and for each model 1 (loss) to 2 (win)."""
    return columns(folder / "alpaca_eval2_preferences.csv.gz")


@pytest.fixture(scope="module")
def leaderboard(folder):
    with (folder / "alpaca_eval2_leaderboard.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of(rows, model):
    return [float(row[model]) - 1 for row in rows]


def error_of(interval):
    return (interval.high - interval.low) / 2 / t_quantile(0.975, interval.n - 1)


def test_every_line_of_the_leaderboard(preferences, leaderboard):
    assert len(leaderboard) == 51
    for line in leaderboard:
        given = of(preferences, line["model"])
        found = preference_mean(given)
        assert found.n == int(line["n_total"]) == 805
        assert found.value * 100 == pytest.approx(float(line["win_rate"]), abs=1e-7)
        counts = [
            sum(p > 0.5 for p in given),
            sum(p < 0.5 for p in given),
            sum(p == 0.5 for p in given),
        ]
        assert counts == [int(line[k]) for k in ("n_wins", "n_wins_base", "n_draws")]
        assert win_rate(*counts).value * 100 == pytest.approx(float(line["discrete_win_rate"]))
        published = float(line["standard_error"])
        if counts[2] == 805:  # the base against itself: an error of 0 is published
            assert published == 0
            assert 0.49 < found.low < 0.5 < found.high < 0.51
            continue
        assert 0 < found.low < found.value < found.high < 1
        assert error_of(found) * 100 == pytest.approx(published, abs=1e-6)


def test_the_null_model(preferences):
    """It answers the same to everything and fools the judge: the number is what it is."""
    found = preference_mean(of(preferences, "NullModel"))
    assert found.value == pytest.approx(0.7691979180386511, abs=1e-9)
    assert error_of(found) == pytest.approx(0.009090102449662572, abs=1e-9)
    assert win_rate(676, 129, 0).value == pytest.approx(0.83975155, abs=5e-9)
    assert found.p < 1e-4


def test_pairs_of_models_on_the_same_items(preferences, folder):
    goldens = json.loads((folder / "alpaca_eval2_paired_golden.json").read_text())
    assert len(goldens) == 5
    for golden in goldens:
        a, b = of(preferences, golden["a"]), of(preferences, golden["b"])
        found = paired_mean(a, b)
        error = found.spread / sqrt(805)
        assert found.interval.value == pytest.approx(golden["diff"], abs=1e-12)
        assert error == pytest.approx(golden["se_paired"], abs=1e-12)
        assert (found.interval.low, found.interval.high) == pytest.approx(golden["ci"], abs=1e-12)
        t = two_sided_t_p(found.interval.value / error, 804)
        assert t == pytest.approx(golden["p_t"], rel=1e-8)
        assert error < golden["se_unpaired"]  # what pairing buys


def test_the_test_of_the_mean_is_not_wilcoxons(preferences):
    """+1.68 points, p = 0.04; Wilcoxon would say 3e-10 of another hypothesis."""
    found = paired_mean(
        of(preferences, "Qwen-14B-Chat"), of(preferences, "gpt-3.5-turbo-1106")
    ).interval
    assert found.value == pytest.approx(0.016756, abs=5e-7)
    assert found.p == pytest.approx(0.037, abs=4e-3)
    assert found.low > 0


def test_slices(preferences):
    for name, (n, rate) in SLICES.items():
        rows = [row for row in preferences if row["dataset"] == name]
        found = preference_mean(of(rows, "gpt-3.5-turbo-1106"))
        assert found.n == n
        assert found.value * 100 == pytest.approx(rate, abs=5e-7)


def test_the_taste_for_length_is_taken_out(preferences, folder):
    """A model told to be concise loses for its length; one that is long wins for it."""
    lengths = columns(folder / "alpaca_eval2_lengths.csv.gz")
    base = [float(row["len_baseline"]) for row in preferences]

    def both(model):
        own = [float(row[model]) for row in lengths]
        given = of(preferences, model)
        return preference_mean(given).value, length_controlled(given, own, base)

    raw, fair = both("gpt-3.5-turbo-1106_concise")
    assert fair.value > raw
    assert fair.low < fair.value < fair.high
    for model in ("gpt-3.5-turbo-1106", "vicuna-7b-v1.5"):
        _, found = both(model)
        assert not isnan(found.low)
