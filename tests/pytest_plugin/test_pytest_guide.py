# SPDX-License-Identifier: Apache-2.0
"""docs/pytest.md: its files are written, its commands say what it shows, no option is left out.

EVALKIT_WRITE_GUIDE=1 writes what they say into it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil

import pytest

pytest_plugins = ["pytester"]

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"reports/(\w+)/\d[\dT-]*")
SECONDS = re.compile(r" in \d+\.\d+s( \(.*?\))?")
START = re.compile(r"\A=+ test session starts =+\n(?:.*\n)*?\n", re.MULTILINE)


def settled(said):
    """Without what differs from machine to machine, and without the first lines."""
    said = START.sub("", "\n".join(line.rstrip() for line in said.splitlines()).strip() + "\n")
    said = re.sub(r"=+( .* )=+", r"=\1=", SECONDS.sub("", said))
    said = re.sub(r"_{3,}( .* )_{3,}", r"__\1__", re.sub(r"object at 0x\w+", "object", said))
    return TIME.sub(r"reports/\1/TIME", said.replace(os.sep, "/"))


@pytest.mark.slow
def test_every_command_of_the_guide_says_what_it_says_there(project, root, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    guide = root / "docs" / "pytest.md"
    text = guide.read_text("utf-8")
    for name in ("intent.test.jsonl", "intent.train.jsonl"):
        shutil.copy(root / "suites" / "support" / name, project.folder / name)
    for kind, name, block in BLOCK.findall(text):
        if kind == "toml":
            break  # a configuration, which has a test of its own
        if name:
            project.write(name.removeprefix("suites/"), block)
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            found = settled("\n".join(project.run(*shlex.split(command)[1:]).outlines))
            if os.environ.get("EVALKIT_WRITE_GUIDE"):
                text = text.replace(block, f"$ {command}\n{found}", 1)
            else:
                assert found == said, command
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        guide.write_text(text, "utf-8")


def test_the_guide_names_every_option(project, root):
    page = (root / "docs" / "pytest.md").read_text("utf-8")
    shown = project.run("--help").stdout.str()
    options = set(re.findall(r"--evalkit-[a-z-]+", shown)) - {"--evalkit-reports"}
    settings = set(re.findall(r"evalkit_[a-z]+(?= \()", shown))
    assert len(options) == 11
    assert settings == {"evalkit_files", "evalkit_confidence", "evalkit_replay"}
    for name in options | settings:
        assert f"`{name}" in page
