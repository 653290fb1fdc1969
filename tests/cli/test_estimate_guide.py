# SPDX-License-Identifier: Apache-2.0
"""The guide says what happens, on the day on which it was written."""

from __future__ import annotations

import json
import re
import shlex
from datetime import date

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.cli.estimate._today", lambda: date(2026, 11, 21))
    monkeypatch.setenv("COLUMNS", "80")
    text = (root / "docs" / "estimate.md").read_text("utf-8")
    codes = []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            told = run(*shlex.split(command)[1:])
            assert told.out + told.err == said, command
            codes.append(told.code)
    assert codes == [0, 0, 1]
    assert json.loads((tmp_path / "cost.json").read_text("utf-8"))["examples"] == 10


def test_the_guide_names_every_line(root):
    from evalkit.estimation import text_facts, text_money, text_unsure

    page = (root / "docs" / "estimate.md").read_text("utf-8")
    for module in (text_facts, text_money, text_unsure):
        source = (
            root / "evalkit" / "estimation" / f"{module.__name__.rpartition('.')[2]}.py"
        ).read_text("utf-8")
        for label in re.findall(r'(?:Fact\(|label(?:, \w+)? = )\s*say\("([^"]+)"', source):
            if label not in ("do they fit?", "rows"):
                assert label in page, label
    assert "tokens trained on" in page
