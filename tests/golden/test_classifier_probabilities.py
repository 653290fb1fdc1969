# SPDX-License-Identifier: Apache-2.0
"""Two classifiers of 20 Newsgroups: scikit-learn's numbers, from the probabilities."""

from __future__ import annotations

import csv
import json

import pytest

from evalkit.statistics.auprc import auprc, average_precision, paired_auprc
from evalkit.statistics.auroc import auroc
from evalkit.statistics.calibration import brier, ece, ece_interval, log_loss
from evalkit.statistics.paired import paired_auroc


@pytest.fixture(scope="module")
def folder(shared):
    return shared / "cls-probabilities-20news"


@pytest.fixture(scope="module")
def goldens(folder):
    return json.loads((folder / "expected_metrics.json").read_text(encoding="utf-8"))


def read(path, positive):
    """Labels and probabilities of the positive class."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return (
        [float(row["label"] == positive) for row in rows],
        [float(row[f"probability_{positive}"]) for row in rows],
    )


@pytest.mark.parametrize("name", ["predictions_base.csv", "predictions_tuned.csv"])
def test_of_one_model(folder, goldens, name):
    golden = goldens[name]
    labels, chances = read(folder / name, golden["positive_class"])
    assert len(labels) == golden["n"]
    assert auroc(labels, chances).value == pytest.approx(golden["auroc"], abs=1e-12)
    wanted = golden["auprc_average_precision"]
    assert average_precision(labels, chances) == pytest.approx(wanted, abs=1e-12)
    found = auprc(labels, chances)
    assert found.low < found.value < found.high
    assert log_loss(chances, labels) == pytest.approx(golden["log_loss"], abs=1e-9)
    assert 0 < brier(chances, labels) < 0.3
    error = ece_interval(chances, labels)
    assert error.value == pytest.approx(ece(chances, labels))
    assert 0 <= error.low <= error.value <= error.high
    assert error.p < 0.01  # neither means what it says


def test_the_tuned_one_orders_better(folder, goldens):
    positive = goldens["predictions_base.csv"]["positive_class"]
    labels, base = read(folder / "predictions_base.csv", positive)
    again, tuned = read(folder / "predictions_tuned.csv", positive)
    assert labels == again
    for compare in (paired_auroc, paired_auprc):
        found = compare(labels, base, tuned)
        assert found.interval.low > 0.1
        assert found.interval.p < 0.01
        back = compare(labels, tuned, base)
        assert back.interval.low == pytest.approx(-found.interval.high, abs=1e-12)
