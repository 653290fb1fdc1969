# SPDX-License-Identifier: Apache-2.0
"""Code of the user's that exits must not look like a result."""

import json
import sys

import pytest

from evalkit.cli import main as command

CODE = """
import sys
def answers(prompt): return "yes"
def leaves(prompt): sys.exit(0)
def score(reply): sys.exit(0)
"""


@pytest.fixture
def suite(file):
    row = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}]}
    file(json.dumps(row) + "\n", "t.jsonl")
    file(CODE, "m.py")

    def made(model, more):
        return file(
            f"data: t.jsonl\nmodels: {{m: 'python:m.py:{model}'}}\ntask: qa\n{more}\n",
            "x.eval.yaml",
        )

    return made


def test_a_scorer_that_exits(run, suite):
    name = suite("answers", "scorers: {s: 'python:m.py:score'}\ngates: [m s >= 0]")
    told = run("run", name, "--no-report")
    assert told.code == 1
    assert "SystemExit: 0" in told.out


def test_a_model_that_exits(run, suite):
    told = run("run", suite("leaves", "gates: [m exact_match >= 0]"), "--no-report")
    assert told.code == 3
    assert "SystemExit: 0" in told.out + told.err
    assert "Task was destroyed" not in told.err


@pytest.mark.parametrize("code", [0, 1, 3, None, "bye"])
def test_whatever_else_exits_is_2(run, monkeypatch, code):
    """A plug-in, say: nothing in it can be a code of ours."""

    def exits(**_: object) -> None:
        sys.exit(code)

    monkeypatch.setattr(command.evalkit, "main", exits)
    told = run("doctor")
    assert told.code == 2
    assert "must return, not exit" in told.err


def test_commands_keep_their_codes(run):
    assert run("--version").code == 0
    assert run("run", "none.eval.yaml").code == 2
