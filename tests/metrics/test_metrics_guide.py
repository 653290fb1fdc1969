# SPDX-License-Identifier: Apache-2.0
"""docs/metrics.md: every metric has its row, and the row says what the metric declares."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalkit.core.registry import find, names
from evalkit.evaluation.suite import suite_from
from evalkit.metrics._parse import OLD_NAMES, parse

yaml = pytest.importorskip("yaml")

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
CELLS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
ROWS = {cells[0].strip("`"): cells for cells in CELLS if len(cells) == 6}
PAIRS = {
    "binary": "Tango, McNemar mid-p",
    "mean": "t, sign flips",
    "preference": "Tango, mid-p sign test",
    "resample": "resampling",
    "rank": "DeLong, MOVER",
}
METHODS = {
    "wilson": "Wilson",
    "wilson-of-jaccard": "Wilson, of TP / (TP + FP + FN)",
    "bca-bootstrap": "BCa bootstrap",
    "basic-bootstrap": "basic bootstrap",
    "logit-delong": "DeLong, logit",
    "mover-ratio": "MOVER-R",
    "tango+midp": "Tango",
    "t": "t",
}


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in names("metrics")])
def test_every_metric_has_its_row(name):
    metric = find("metrics", name)
    _, _, unit, better, interval, pair = ROWS[name]
    assert (unit, better, pair) == (metric.unit, metric.better, PAIRS[metric.pair])
    options = {"label": "a"} if name in ("precision", "recall", "f1") else {}
    assert interval == METHODS[metric([], **options).method]


def test_no_row_without_a_metric():
    assert set(ROWS) == {name.replace("-", "_") for name in names("metrics")}


def test_old_names():
    rows = {cells[0].strip("`"): cells[1].strip("`") for cells in CELLS if len(cells) == 2}
    assert list(rows) == list(OLD_NAMES)
    for old, new in rows.items():
        assert new.partition("[")[0] == OLD_NAMES[old] == parse(old)[0]


@pytest.mark.parametrize(
    "block", re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
def test_examples_are_suites(block, tmp_path):
    assert suite_from(yaml.safe_load(block), folder=tmp_path, name="guide").gates
