# SPDX-License-Identifier: Apache-2.0
"""The guide on recordings says what happens."""

from __future__ import annotations

import json
import re
import shlex

from evalkit.core.registry import find, names

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_command_of_the_guide_does_what_it_says_there(run, root, tmp_path):
    text = (root / "docs" / "record.md").read_text("utf-8")
    codes = []
    for kind, name, block in BLOCK.findall(text):
        if name:
            (tmp_path / name).write_text(block, "utf-8")
        elif kind == "console":
            command, _, said = block.removeprefix("$ ").partition("\n")
            line, _, place = command.partition(" > ")
            told = run(*shlex.split(line)[1:])
            if place:
                (tmp_path / place).write_text(told.out, "utf-8")
            else:
                assert (told.err if told.code else told.out) == said, command
            codes.append(told.code)
    assert codes == [0, 0, 2, 0, 0, 0, 0]
    first, again = (json.loads((tmp_path / f"{one}.json").read_text()) for one in ("run", "again"))
    measures = [  # what a recording does not know is how long it took
        [m for m in one["measures"] if m["metric"] != "latency"] for one in (first, again)
    ]
    assert measures[0] == measures[1]
    assert json.loads((tmp_path / "theirs.json").read_text())["gates"][0]["verdict"] == "pass"
    told = run("ask", "--model", "replay:more.jsonl", "Where is my sofa?")
    assert "delivery" in told.out


def test_every_layout_is_in_the_guide(root):
    page = (root / "docs" / "record.md").read_text("utf-8")
    words = {
        "evalkit-recording": "evalkit's recordings",
        "run-samples": "`samples.jsonl` of an earlier run",
        "id-and-text": "of an id and an answer",
        "keyed-rows": "results of OpenCompass",
        "openai-batch": "an OpenAI or Azure batch",
        "lm-eval": "LM Evaluation Harness",
        "inspect-log": "logs of Inspect",
        "preference-rows": "preference data",
        "promptfoo": "results of promptfoo",
        "openai-evals": "OpenAI's Evals",
    }
    assert sorted(words) == names("recordings")
    assert [name for name, said in words.items() if said not in page] == []
    assert all(find("recordings", name).name == name for name in words)
