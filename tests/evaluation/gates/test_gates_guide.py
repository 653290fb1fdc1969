# SPDX-License-Identifier: Apache-2.0
"""docs/gates.md: every gate in it is understood, its table of rows is the planner's."""

import re
from pathlib import Path

import pytest
import yaml

from evalkit.evaluation.gates.mapping import mapping_of
from evalkit.evaluation.gates.sentence import parse_gate
from evalkit.evaluation.suite import suite_from
from evalkit.statistics.power import rows_needed_margin

PAGE = (Path(__file__).parents[3] / "docs" / "gates.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
REST = {"data": "t.jsonl", "models": dict.fromkeys(("base", "tuned", "old"), "baseline:majority")}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_a_suite(block, tmp_path):
    suite = suite_from({**REST, **yaml.safe_load(block)}, folder=tmp_path, name="guide")
    for gate in suite.gates:
        again = parse_gate(mapping_of(gate), models=list(suite.models), place="the guide")
        assert (again.bound, again.relation, again.where) == (gate.bound, gate.relation, gate.where)


def test_the_rows_are_the_planner_s():
    table = re.findall(r"^\| (\d) points \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    assert len(table) == 3
    for points, rows in table:
        needed = rows_needed_margin(0.2, 0.0, int(points) / 100, binary=True)
        assert needed == int(rows.replace(",", ""))
