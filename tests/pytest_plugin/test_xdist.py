# SPDX-License-Identifier: Apache-2.0
"""Under pytest-xdist: one model run whatever the scheduler, and a summary of all workers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

pytest.importorskip("xdist")
TEST = """
import evalkit

SUITE = evalkit.Suite(
    "test.jsonl",
    train="train.jsonl",
    name="written",
    models={"base": "baseline:majority", "tuned": "python:model.py:answer"},
    generate={"max_tokens": 9},
)

def test_one(evaluate):
    assert evaluate(SUITE)["tuned"].accuracy >= 0.85

def test_two(evaluate):
    assert evaluate(SUITE).compare("tuned", "base").accuracy.low > 0

@evalkit.rows("test.jsonl", models={"tuned": "python:model.py:answer"}, max_tokens=7)
def test_golden(row, ask):
    assert ask("tuned", row) in ("bill", "ship")
"""
ONE = """
data: test.jsonl
models: {tuned: 'python:model.py:answer'}
gates: [tuned accuracy >= 85%, "tuned recall[bill] >= 99%", tuned errors == 0]
"""
GATES = (
    "tuned better than base",
    "tuned accuracy >= 85%",
    "tuned errors == 0",
    "tuned cut_off == 0",
)


@pytest.mark.slow
def test_three_workers_make_one_model_run(project):
    project.write("x.eval.yaml", ONE)
    result = project.run("suites", "-n", "3")
    result.assert_outcomes(passed=2, failed=1)
    assert len(project.calls) == 60
    assert len(project.runs) == 1
    result.stdout.fnmatch_lines(
        [
            "x: DON'T SHIP: 1 of 3 gates failed",
            "  pass ~ tuned accuracy >= 85%: 90.0 % *",
            "  FAIL   tuned recall?bill? >= 99%: 80.0 % *",
            "  pass   tuned errors == 0: *",
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "schedule",
    [
        ["-n", "3"],
        ["-n", "3", "--dist", "loadgroup"],
        ["-n", "2", "--dist", "worksteal"],
        ["-n", "2", "--dist", "each"],
    ],
    ids=" ".join,
)
def test_every_question_is_asked_once(project, schedule):
    before = set(Path(tempfile.gettempdir()).glob("evalkit-pytest-*"))
    project.gates(*GATES)
    project.write("test_it.py", TEST)
    result = project.run("suites", "--junitxml=j.xml", "--evalkit-report=r.html", *schedule)
    times = 2 if "each" in schedule else 1
    result.assert_outcomes(passed=66 * times)
    # Three settings of the same 60 questions: the gates', the written suite's, the golden set's.
    assert len(project.calls) == 180
    assert len(project.runs) == 2
    result.stdout.fnmatch_lines(
        [
            "written: SHIP: tuned is better than base",
            "  pass ~ tuned accuracy >= 0.85: 90.0 % *test_one?",
            "x: SHIP: tuned is better than base",
            "  pass   tuned better than base: *",
            "  pass ~ tuned accuracy >= 85%: *",
            "report: r.html",
        ]
    )
    assert 'name="evalkit.low" value="0.798' in (project.pytester.path / "j.xml").read_text("utf-8")
    assert (project.pytester.path / "r-2.html").is_file()
    assert set(Path(tempfile.gettempdir()).glob("evalkit-pytest-*")) <= before


@pytest.mark.slow
def test_workers_without_evals_share_nothing(project):
    before = set(Path(tempfile.gettempdir()).glob("evalkit-pytest-*"))
    project.write("test_it.py", "def test_it(): pass\n")
    result = project.run("suites", "-n", "1")
    result.assert_outcomes(passed=1)
    assert set(Path(tempfile.gettempdir()).glob("evalkit-pytest-*")) <= before
    assert "= evalkit =" not in result.stdout.str()
