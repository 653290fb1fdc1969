# SPDX-License-Identifier: Apache-2.0
"""Tests that evaluate suites: by file, or written in Python."""

from __future__ import annotations

import json
import re

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import evalkit

SUITE = evalkit.Suite(
    "test.jsonl",
    train="train.jsonl",
    slices=["lang"],
    metrics=["f1[bill]"],
    models={"base": "baseline:majority", "tuned": "python:model.py:answer"},
)

"""


def test_measures_are_floats_that_know_their_interval(project):
    project.write(
        "test_it.py",
        SUITE
        + """
def test_measures(evaluate):
    run = evaluate(SUITE)
    accuracy = run["tuned"].accuracy
    assert accuracy == 0.9 and accuracy.value == 0.9 and accuracy.n == 60
    assert 0.79 < accuracy.low < 0.9 < accuracy.high < 0.96
    assert 0.85 <= accuracy
    assert accuracy.interval.method == "wilson"
    assert "90.0 % (79.9 … 95.3), n = 60 (wilson, 95 %)" in repr(accuracy)
    assert run["tuned"]["recall[bill]"] == 0.8
    assert run["tuned"]["f1[bill]"] > 0.85
    assert run["tuned"].where(lang="zh").accuracy == 0.8
    assert run["tuned"].errors == 0
    assert run.decision == "ship" and len(run.rows) == 60 and run.page.is_file()

def test_the_same_rows_are_compared(evaluate):
    change = evaluate(SUITE).compare("tuned", "base").accuracy
    assert change.low > 0
    assert change.verdict == "better" and change.p < 0.05 and change.fixed == 30
    back = evaluate(SUITE).compare("base", "tuned").accuracy
    assert back == -change.value and back.low == -change.high and back.verdict == "worse"
    assert back.broken == 30

def test_a_file(evaluate):
    assert evaluate("x.eval.yaml")["tuned"].accuracy >= 0.85
    assert evaluate("suites/x.eval.yaml")["tuned"].accuracy >= 0.85
""",
    )
    project.gates()
    result = project.run("suites/test_it.py")
    result.assert_outcomes(passed=3)
    assert len(project.calls) == 60
    assert len(project.runs) == 2  # the Python suite and the file's


def test_a_failed_assertion_shows_interval_n_what_lacks_and_the_worst_rows(project):
    project.write(
        "test_it.py",
        SUITE
        + """
def test_point(evaluate):
    assert evaluate(SUITE)["tuned"].accuracy >= 0.92

def test_end(evaluate):
    assert evaluate(SUITE)["tuned"].accuracy.low > 0.87

def test_change(evaluate):
    assert evaluate(SUITE).compare("base", "tuned").accuracy > 0

def test_turned(evaluate):
    assert 0.93 <= evaluate(SUITE)["tuned"].accuracy

def test_slice(evaluate):
    assert evaluate(SUITE)["tuned"].where(lang="zh").accuracy >= 0.99
""",
    )
    result = project.run()
    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines(
        [
            "E       assert tuned accuracy >= 0.92",
            "E           tuned accuracy = 90.0 % (79.9 ? 95.3), n = 60 (wilson, 95 %)",
            "E           short by 2.0 points",
            "E           ~ the interval contains the bound*",
            "E           worst rows:",
            "E             test.jsonl:4  expected `bill`, tuned said `ship`",
            "E       assert tuned accuracy.low > 0.87",
            "E           short by 7.1 points",
            "E       assert base - tuned accuracy > 0",
            "E           base - tuned accuracy = -40.0 points (*), n = 60 (*)",
            "E           6 fixed, 30 broken",
            "E           broken:",
            "E             test.jsonl:1  expected `ship`, tuned said `ship`, base said `bill`",
            "E       assert tuned accuracy >= 0.93",
            "E       assert tuned accuracy where lang=zh >= 0.99",
            "  FAIL ~ tuned accuracy >= 0.92: 90.0 % *test_point?",
        ]
    )
    assert "evalkit/pytest_plugin" not in result.stdout.str()


def test_the_classic_errors_are_refused(project):
    project.write(
        "test_it.py",
        SUITE
        + """
import pytest

def test_unpaired(evaluate):
    run = evaluate(SUITE)
    with pytest.raises(TypeError, match=r'run.compare\\("tuned", "base"\\).accuracy'):
        run["tuned"].accuracy - run["base"].accuracy
    with pytest.raises(TypeError, match=r'"base"\\).where\\(lang="zh"\\)\\["recall'):
        pair = [run[name].where(lang="zh").accuracy for name in ("tuned", "base")]
        for number in pair:
            number.metric = "recall[bill]"
        pair[0] > pair[1]
    with pytest.raises(TypeError, match="different things"):
        run["tuned"].accuracy > run["tuned"].errors
    with pytest.raises(TypeError):
        run["tuned"].accuracy > "0.9"
    assert run["tuned"].accuracy - 0.5 == pytest.approx(0.4)

def test_names(evaluate):
    run = evaluate(SUITE)
    with pytest.raises(AttributeError, match="did you mean `accuracy`"):
        run["tuned"].acuracy
    with pytest.raises(KeyError, match="did you mean `tuned`"):
        run["tunde"]
    with pytest.raises(Exception, match=r"compare: .tuned vs old."):
        run.compare("tuned", "old")
    with pytest.raises(Exception, match="no slice `lang=en-GB`"):
        run["tuned"].where(lang="en-GB")
    assert not hasattr(run["tuned"], "nothing")
""",
    )
    project.run().assert_outcomes(passed=2)


def test_what_is_undefined_passes_no_comparison(project):
    project.write(
        "test_it.py",
        SUITE.replace('["lang"]', '["lang", "length"]')
        + """
def test_it(evaluate):
    assert not evaluate(SUITE).compare("tuned", "base").where(length="short").accuracy.low < 0
""",
    )
    rows = (project.folder / "test.jsonl").read_text("utf-8").splitlines()[:20]
    project.write("test.jsonl", "\n".join(rows))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*UndefinedError: tuned - base accuracy where length=short.low *"])


def test_a_wrong_suite_fails_the_test_without_a_traceback(project):
    project.write(
        "test_it.py",
        """
import evalkit

def test_key(evaluate):
    evaluate(evalkit.Suite("test.jsonl", models={"base": "baseline:majority"}, gatez=[]))

def test_file(evaluate):
    evaluate("nothing.eval.yaml")

def test_model(evaluate):
    evaluate({"data": "test.jsonl", "models": {"base": "python:none.py:answer"}})
""",
    )
    result = project.run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "*unknown key `gatez`*did you mean `gates`*",
            "*no suite file nothing.eval.yaml*",
            "*the suite could not be run: *none.py*",
        ]
    )
    assert "During handling" not in result.stdout.str()
    assert ".py:" not in re.sub(r"test_it\.py:|none\.py:", "", result.stdout.str())


@pytest.mark.slow
def test_assertions_are_in_junit(project):
    project.write(
        "test_it.py",
        SUITE + "def test_it(evaluate):\n    assert evaluate(SUITE)['tuned'].accuracy >= 0.85\n",
    )
    project.run("suites", "--junitxml=j.xml")
    text = (project.pytester.path / "j.xml").read_text("utf-8")
    found = re.search(r'<property name="evalkit.check" value="([^"]*)"', text)
    check = json.loads(found[1].replace("&quot;", '"').replace("&gt;", ">"))
    assert (check["said"], check["holds"], check["n"]) == ("tuned accuracy >= 0.85", True, 60)
    assert (check["unit"], check["method"], check["close"]) == ("share", "wilson", True)


@pytest.mark.slow
def test_such_tests_carry_the_marker_and_others_of_that_name_do_not(project):
    project.write("test_it.py", SUITE + "def test_it(evaluate):\n    evaluate(SUITE)\n")
    project.write(
        "test_other.py",
        "import pytest\n@pytest.fixture\ndef ask(): return 1\ndef test_it(ask): assert ask == 1\n",
    )
    project.run("suites", "-m", "not evalkit").assert_outcomes(passed=1, deselected=1)
    assert project.calls == []
