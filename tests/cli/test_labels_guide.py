# SPDX-License-Identifier: Apache-2.0
"""The guide to labels says what happens, with a judge on a server that is there."""

from __future__ import annotations

import json
import os
import re
import shlex

from loopback import Loopback

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WRITTEN = "127.0.0.1:8000"
PACE = re.compile(r", [\d.,]+/s|, \d+ (?:s|min) left")
ON_THE_WAY = re.compile(r"^judge: \d+/14\b.*\n(?=(?:.*\n)*?judge: 14/14)", re.MULTILINE)
FOLDER = re.compile(r"reports/(support|held)/\d[\dT-]*")


def settled(command: str, said: str) -> str:
    """What stays from run to run; of `evalkit run` what it says of the judge and the gates."""
    said = ON_THE_WAY.sub("", PACE.sub("", said))
    if command.startswith("evalkit run"):
        said = said[said.index("Judge ") :].partition("\n\nReport:")[0].rstrip() + "\n"
    return FOLDER.sub(r"reports/\1/TIME", said).replace(os.sep, "/")


def judge_of(folder):
    """Prefers the longer reply, as judges do; the replies are told by where they stand."""

    def replies(name):
        lines = (folder / name).read_text("utf-8").splitlines()
        return {row["question"]: row["answer"] for row in map(json.loads, lines)}

    def answer(messages):
        said = "\n".join(str(message["content"]) for message in messages)
        for question, ours in replies("tuned.jsonl").items():
            theirs = replies("base.jsonl")[question]
            if question in said and ours in said and theirs in said:
                first, second = sorted((ours, theirs), key=said.rindex)
                verdict = "A" if len(first) > len(second) else "B"
                return json.dumps({"verdict": verdict, "why": "it says more"})
        return "no idea"

    return answer


def test_every_command_of_the_guide_says_what_it_says_there(run, root, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    text = (root / "docs" / "labels.md").read_text("utf-8")
    codes = []
    with Loopback(answer=judge_of(tmp_path)) as server:
        here = f"127.0.0.1:{server.port}"
        for kind, name, block in BLOCK.findall(text):
            if name:
                (tmp_path / name).write_text(block.replace(WRITTEN, here), "utf-8")
            elif kind == "console":
                command, _, said = block.removeprefix("$ ").partition("\n")
                told = run(*shlex.split(command)[1:])
                shown = settled(command, (told.err + told.out).replace(here, WRITTEN))
                if os.environ.get("EVALKIT_WRITE_GUIDE"):
                    text = text.replace(block, f"$ {command}\n{shown}", 1)
                else:
                    assert shown == settled(command, said), command
                codes.append(told.code)
        assert len(server.billed) == 14  # seven pairs in both orders, and nothing twice
    if os.environ.get("EVALKIT_WRITE_GUIDE"):
        (root / "docs" / "labels.md").write_text(text, "utf-8")
    assert codes == [1, 0, 0, 2, 1]


def test_the_guide_names_every_option(run, root):
    page = (root / "docs" / "labels.md").read_text("utf-8")
    told = run("label", "--help").out
    options = set(re.findall(r"--[a-z][a-z-]+", told)) - {"--help", "--force", "--rows", "--output"}
    assert options <= set(re.findall(r"--[a-z][a-z-]+", page))
