# SPDX-License-Identifier: Apache-2.0
"""Suite files in sessions of their own: an item per gate, and nothing where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]


def test_each_gate_is_an_item_and_the_models_are_asked_once(project):
    project.gates("tuned better than base", "tuned accuracy >= 80%", "base better than tuned")
    result = project.run("suites", "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "suites/x.eval.yaml::tuned better than base PASSED*",
            "suites/x.eval.yaml::tuned accuracy >= 80% PASSED*",
            "suites/x.eval.yaml::base better than tuned FAILED*",
            "fail: -40.0 points (*), n = 60; it is worse*",
            "  report: reports?x?*index.html*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert len(project.calls) == 60
    assert len(project.runs) == 1


def test_a_failed_gate_shows_interval_n_what_lacks_and_the_worst_rows(project):
    project.gates("tuned recall[bill] >= 95%", "tuned accuracy >= 85%", "base better than tuned")
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "fail: 80.0 % (62.7 ? 90.5), n = 30; short by 15.0 points*",
            "  worst rows:",
            "    test.jsonl:4  expected `bill`, tuned said `ship`",
            "fail: -40.0 points *",
            "  broken:",
            "    test.jsonl:*  expected `ship`, tuned said `ship`, base said `bill`",
        ]
    )


def test_the_summary_has_every_gate_and_marks_what_is_within_noise(project):
    project.gates("tuned better than base", "tuned accuracy >= 85%", "tuned accuracy >= 99%")
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "=* evalkit =*",
            "x: DON'T SHIP: tuned is better than base, but 1 of 3 gates failed",
            "  pass   tuned better than base: +40.0 points (*), n = 60",
            "  pass ~ tuned accuracy >= 85%: 90.0 % (*), n = 60",
            "  FAIL   tuned accuracy >= 99%: 90.0 % (*), n = 60; short by 9.0 points*",
            "  report: reports?x?*index.html",
            "~ the interval contains the bound: *",
        ]
    )


def test_it_speaks_chinese_where_the_locale_does(project, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    project.gates("tuned accuracy >= 99%", "tuned accuracy >= 85%")
    result = project.run()
    result.stdout.fnmatch_lines(
        [
            "未通过：90.0 % *",
            "  最差的行：",
            "    test.jsonl:4  应为 `bill`，tuned 答 `ship`",
            "  失败   tuned accuracy >= 99%: 90.0 % *",
            "  通过 ~ tuned accuracy >= 85%: 90.0 % *",
            "  报告：reports?x?*",
        ]
    )


@pytest.mark.parametrize("gate", ["tuned better than base", "tuned recall[bill] >= 70%"])
def test_a_node_id_can_be_pasted_back(project, gate):
    project.gates("base better than tuned", gate)
    project.run(f"suites/x.eval.yaml::{gate}").assert_outcomes(passed=1)


def test_an_undecided_gate_fails_or_is_skipped(project):
    project.gates("tuned accuracy low >= 85%")
    project.run().assert_outcomes(failed=1)
    again = project.run("suites", "--evalkit-allow-undecided", "-rs")
    again.assert_outcomes(skipped=1)
    again.stdout.fnmatch_lines(
        [
            "  open   tuned accuracy low >= 85%: *",
            "SKIPPED*tuned accuracy low >= 85%: undecided: *",
        ]
    )
    assert len(project.calls) == 60  # the second session took its answers from the store


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gates: [tuned is the best]", "*gate 1: the gate `tuned is the best` is not understood*"),
        ("gates: [tuned bettr than base]", "*gate 1: the gate `tuned bettr than base` is not*"),
        ("gatez: []", "*unknown key `gatez`*did you mean `gates`*"),
        ("gates: [", "*not valid YAML*"),
        ("gates: [old better than base]", "*names a model `old` that the suite has not*"),
    ],
)
def test_a_malformed_suite_is_a_collection_error_without_a_traceback(project, text, said):
    project.gates(more=text + "\n")
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    assert "Traceback" not in result.stdout.str()
    assert "suite.py" not in result.stdout.str()


def test_a_suite_that_cannot_run_is_told_by_every_gate(project):
    project.gates("tuned better than base", "tuned accuracy >= 1%")
    (project.folder / "model.py").unlink()
    result = project.run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["the suite could not be run: *model.py*"])
    assert "Traceback" not in result.stdout.str()
    assert not any(project.pytester.path.glob("reports/*/*"))


def test_a_suite_with_missing_answers_judges_nothing(project):
    project.write("model.py", "def answer(prompt):\n    raise ValueError('no' + ' luck')\n")
    project.gates("tuned accuracy >= 1%")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*: tuned: 60 of 60 answers are missing (60 times: *no luck*)"])


def test_what_must_not_be_forgotten_is_a_gate_too(project):
    rows = (project.folder / "test.jsonl").read_text("utf-8").splitlines()
    project.write("general.jsonl", "\n".join(rows[3::10]))
    project.write("base.py", "def answer(prompt):\n    return 'bill'\n")
    project.write(
        "x.eval.yaml",
        "data: test.jsonl\n"
        "models: {base: 'python:base.py:answer', tuned: 'python:model.py:answer'}\n"
        "gates: [tuned better than base]\n"
        "forgetting: {data: general.jsonl, margin: 5 points}\n",
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*forgetting: tuned not worse than base by 5 points*",
            "*-100.0 points*",
            "    general.jsonl:1  expected `bill`, base said `bill`, tuned said `ship`",
            "  pass   tuned better than base: *",
            "  FAIL   forgetting: tuned not worse than base by 5 points: *",
        ]
    )
    (page,) = project.pytester.path.glob("reports/x/*/forgetting/index.html")
    assert "general.jsonl" in page.read_text("utf-8")


@pytest.mark.slow
def test_a_judged_suite_has_gates_like_any_other(project):
    project.write("terse.py", "def answer(prompt):\n    return 'no'\n")
    project.write("judge.py", "def answer(prompt):\n    return 'A' if 'ship' in prompt else 'B'\n")
    project.write(
        "x.eval.yaml",
        "data: test.jsonl\ntask: judged\n"
        "models: {base: 'python:terse.py:answer', tuned: 'python:model.py:answer'}\n"
        "judge: {use: 'python:judge.py:answer', ask: Which reply is better?}\n"
        "gates: [tuned better than base, tuned errors == 0]\n",
    )
    result = project.run()
    outcomes = result.parseoutcomes()
    assert outcomes.get("passed", 0) + outcomes.get("failed", 0) == 2
    result.stdout.fnmatch_lines(["  pass   tuned errors == 0: *"])
    assert " tuned better than base: " in result.stdout.str()
    assert "Traceback" not in result.stdout.str()


def test_a_suite_without_gates_is_one_item_that_runs(project):
    project.gates()
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["x: SHIP: tuned is better than base"])


def test_the_numbers_are_in_junit(project):
    project.gates("tuned accuracy >= 85%")
    project.run("suites", "--junitxml=j.xml")
    text = (project.pytester.path / "j.xml").read_text("utf-8")
    for name, value in (
        ("value", "0.9"),
        ("n", "60"),
        ("verdict", "pass"),
        ("gate", "tuned accuracy &gt;= 85%"),
        ("method", "wilson"),
        ("within_noise", "true"),
    ):
        assert f'<property name="evalkit.{name}" value="{value}"' in text
    assert '<property name="evalkit.low" value="0.798' in text


@pytest.mark.slow
def test_gates_can_be_left_out_by_their_marker(project):
    project.gates("tuned better than base")
    result = project.run("suites", "-m", "not evalkit")
    result.assert_outcomes(deselected=1)
    assert not (project.pytester.path / "reports").exists()
    assert project.calls == []


@pytest.mark.slow
def test_other_files_are_suites_where_the_configuration_says_so(project):
    project.gates("tuned better than base", name="gates.yaml")
    project.run().assert_outcomes()
    project.pytester.makeini("[pytest]\nevalkit_files = *.yaml\n")
    project.run().assert_outcomes(passed=1)


def test_hostile_text_is_shown_as_text(project):
    project.write(
        "model.py", 'def answer(prompt):\n    return "\\x1b[31mred\\u202e{0.__class__}"\n'
    )
    project.gates("tuned accuracy >= 85%")
    result = project.run()
    assert "\x1b[31mred" not in result.stdout.str()
    assert "\\x1b[31mred<U+202E>{0.__class__}" in result.stdout.str()


def test_sessions_without_suites_see_nothing_of_it(pytester):
    pytester.makepyfile(
        test_it="""
        import sys

        def test_it():
            loaded = {name for name in sys.modules if name.partition(".")[0] == "evalkit"}
            assert loaded <= {"evalkit", "evalkit.pytest_plugin"}
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert "evalkit" not in "".join(line for line in result.outlines if "plugins:" not in line)
    left = {path.name for path in pytester.path.iterdir()} - {"stdout", "stderr"}
    left = {name for name in left if not name.startswith("runpytest-")}
    assert left <= {"test_it.py", "__pycache__"}


def test_the_plugin_imports_nothing_but_pytest_and_the_standard_library():
    code = (
        "import sys, pytest; before = set(sys.modules); import evalkit.pytest_plugin; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["evalkit"]
