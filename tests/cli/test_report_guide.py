# SPDX-License-Identifier: Apache-2.0
"""The guide on reports says what happens."""

from __future__ import annotations

import os
import re
import shlex

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")  # when the answers were compared


def settled(said: str) -> str:
    return CLOCK.sub("DAY TIME", said).replace(os.sep, "/")


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    page = root / "docs" / "report.md"
    text = page.read_text("utf-8")
    codes = []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            told = run(*shlex.split(command)[1:])
            shown = settled(told.err + told.out)
            if os.environ.get("EVALKIT_WRITE_GUIDE"):
                text = text.replace(block, f"$ {command}\n{shown}", 1)
            else:
                assert shown == said, command
            codes.append(told.code)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        page.write_text(text, "utf-8")
    assert codes == [0, 0, 0, 0, 0, 1, 0, 0]
    for name in ("report", "reports/index", "reports/support/first/index", "lint", "stats"):
        assert (tmp_path / f"{name}.html").read_text("utf-8").startswith("<!doctype html>")
    assert "missing-assistant-message" in (tmp_path / "lint.html").read_text("utf-8")


def test_the_guide_names_every_option(run, root):
    page = (root / "docs" / "report.md").read_text("utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", page))
    known = set(re.findall(r"^  (?:-o, )?(--[a-z-]+)", run("report", "--help").out, re.MULTILINE))
    assert known - {"--help", "--lang", "--output"} <= named
