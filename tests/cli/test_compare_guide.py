# SPDX-License-Identifier: Apache-2.0
"""The guide on comparing says what happens."""

from __future__ import annotations

import doctest
import os
import re
import shlex

MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")  # of the comparison
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    page = root / "docs" / "compare.md"
    text = page.read_text("utf-8")
    codes = []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            told = run(*shlex.split(command)[1:])
            shown = MINUTE.sub("2026-11-21 09:30", told.err + told.out)
            if os.environ.get("EVALKIT_WRITE_GUIDE"):
                text = text.replace(block, f"$ {command}\n{shown}", 1)
            else:
                assert shown == said, command
            codes.append(told.code)
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        page.write_text(text, "utf-8")
    assert codes == [0, 0, 2, 0, 0, 0]
    assert "t12" in (tmp_path / "compare.html").read_text("utf-8")
    parser = doctest.DocTestParser()
    code = "\n".join(block for kind, _, block in BLOCK.findall(text) if kind == "python")
    test = parser.get_doctest(code, {}, "compare.md", str(page), 0)
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert outcome.attempted > 5
    assert outcome.failed == 0


def test_the_guide_names_options_that_are_there(run, root):
    page = (root / "docs" / "compare.md").read_text("utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", page))
    known = set(re.findall(r"(--[a-z][a-z-]+)", run("compare", "--help").out))
    assert named - known <= {"--record"}
