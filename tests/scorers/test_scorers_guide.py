# SPDX-License-Identifier: Apache-2.0
"""docs/scorers.md names every scorer with every option, and its suites are understood."""

import inspect
import json
import re
from pathlib import Path

import pytest

from evalkit.core.registry import find, names
from evalkit.evaluation.scorer_options import GIVEN, bound_scorers
from evalkit.evaluation.suite import suite_from

yaml = pytest.importorskip("yaml")
GUIDE = Path(__file__).parents[2] / "docs" / "scorers.md"
TEXT = GUIDE.read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
(CODE,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
LINES = [line for line in TEXT.splitlines() if line.startswith("| `")]


def test_every_scorer_and_option_is_there():
    for name in names("scorers"):
        if name.startswith("judge"):
            continue
        line = next((one for one in LINES if f"`{name}`" in one.split("|")[1]), None)
        assert line is not None, name
        parameters = inspect.signature(find("scorers", name)).parameters.values()
        for option in (p.name for p in parameters if p.kind is p.KEYWORD_ONLY):
            assert f"`{option}" in line, (name, option)


def test_every_argument_is_there():
    for name in GIVEN:
        assert any(line.startswith(f"| `{name}` |") for line in LINES), name


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_suite_is_understood(block, tmp_path):
    (tmp_path / "checks.py").write_text(CODE, "utf-8")
    suite = suite_from(yaml.safe_load(block), folder=tmp_path, name="guide")
    bound = bound_scorers(suite)
    assert set(suite.scorers) <= set(bound)
    assert json.dumps({name: scorer.signature for name, scorer in bound.items()})
