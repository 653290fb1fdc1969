# SPDX-License-Identifier: Apache-2.0
"""The guide to judges says what happens; every key of a judge has its line."""

from __future__ import annotations

import os
import re
import shlex

import pytest

from evalkit.core.resources import schema

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACE = re.compile(r", [\d.,]+/s|, \d+ (?:s|min) left")
FOLDER = re.compile(r"reports/reply/\d[\dT-]*")
ON_THE_WAY = re.compile(r"^(\w+): (\d+)/(\d+)\b.*\n(?=(?:.*\n)*?\1: \3/\3)", re.MULTILINE)


def settled(said: str) -> str:
    """What stays from run to run."""
    said = FOLDER.sub("reports/reply/TIME", ON_THE_WAY.sub("", PACE.sub("", said)))
    said = re.sub(r"^  latency .*\n", "", said, flags=re.MULTILINE)
    return said.replace(os.sep, "/")


def narrow(said: str) -> str:
    """The columns are as wide as the clock's line, which is left out."""
    return re.sub(r"(?<=\S) {2,}", "  ", said).rstrip()


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    path = root / "docs" / "judges.md"
    text = path.read_text("utf-8")
    codes = []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            told = run(*shlex.split(command)[1:])
            shown = settled(told.out)
            if os.environ.get("EVALKIT_WRITE_GUIDE"):
                text = text.replace(block, f"$ {command}\n{shown.rstrip()}\n", 1)
            else:
                assert narrow(shown) == narrow(settled(said)), command
            codes.append(told.code)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        path.write_text(text, "utf-8")
    assert codes == [0, 0]


def test_every_key_of_a_judge_has_its_line(root):
    page = (root / "docs" / "judges.md").read_text("utf-8")
    rules = schema("suite")["$defs"]
    models = set(rules["model"]["oneOf"][1]["properties"])
    own = set(rules["judge"]["oneOf"][1]["properties"]) - (models - {"use"})
    assert {"ask", "rubric", "probes"} <= own
    for key in own:
        assert f"| `{key}` |" in page, key


def test_every_example_is_a_suite(root, tmp_path):
    yaml = pytest.importorskip("yaml")
    from evalkit.evaluation.suite import suite_from

    rest = {"data": "x", "models": {"base": "baseline:majority", "tuned": "baseline:majority"}}
    grader = (
        '{"type": "score_model", "name": "t", "model": "gpt-4.1-mini", '
        '"input": [{"role": "user", "content": "{{sample.output_text}}"}]}'
    )
    (tmp_path / "graders").mkdir()
    (tmp_path / "graders" / "tidy.json").write_text(grader, "utf-8")
    page = (root / "docs" / "judges.md").read_text("utf-8")
    for kind, _, block in BLOCK.findall(page):
        if kind == "yaml":
            suite = suite_from({**rest, **yaml.safe_load(block)}, folder=tmp_path, name="guide")
            assert suite.judge is not None or suite.scorers
