# SPDX-License-Identifier: Apache-2.0
"""The guide says what happens, against a server that is there."""

from __future__ import annotations

import os
import re
import shlex

from loopback import Loopback

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "127.0.0.1:8000"
# What differs from run to run: the pace, and the folder's name, which is the time.
PACE = re.compile(r", [\d.,]+/s|, \d+ (?:s|min) left")
ON_THE_WAY = re.compile(r"^(base|tuned): \d+/12\b.*\n(?=(?:.*\n)*?\1: 12/12)", re.MULTILINE)
FOLDER = re.compile(r"reports/intent/\d[\dT-]*")
LATENCY = re.compile(r"^  latency .*\n", re.MULTILINE)  # and how wide its column is


def answer(messages):
    """The base, which is told what to do, calls everything a delivery."""
    if messages[0]["role"] == "system":
        return "delivery"
    text = str(messages[-1]["content"]).lower()
    return "refund" if re.search("refund|back|charged", text) else "delivery"


def settled(said: str) -> str:
    said = PACE.sub("", said)
    said = ON_THE_WAY.sub("", said)
    return FOLDER.sub("reports/intent/TIME", said).replace(os.sep, "/")


def timeless(said: str) -> str:
    return re.sub(" {2,}", "  ", LATENCY.sub("", said))


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    text = (root / "docs" / "run.md").read_text("utf-8")
    codes = []
    with Loopback(answer=answer, labels=("delivery", "refund")) as server:
        here = f"127.0.0.1:{server.port}"
        for kind, name, block in BLOCK.findall(text):
            if name:
                (tmp_path / name).write_text(block.replace(WRITTEN, here), "utf-8")
            elif kind == "console":
                command, _, said = block.removeprefix("$ ").partition("\n")
                told = run(*shlex.split(command)[1:])
                shown = settled((told.err + told.out).replace(here, WRITTEN))
                if os.environ.get("EVALKIT_WRITE_GUIDE"):
                    text = text.replace(block, f"$ {command}\n{shown}", 1)
                else:
                    assert timeless(shown) == timeless(settled(said)), command
                codes.append(told.code)
        assert len(server.billed) == 24
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        (root / "docs" / "run.md").write_text(text, "utf-8")
    assert codes == [0, 0, 0, 0, 0]


def test_the_guide_names_every_option(run, root):
    page = (root / "docs" / "run.md").read_text("utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", page))
    known = set(re.findall(r"^  (--[a-z-]+)", run("run", "--help").out, re.MULTILINE))
    assert named <= known
