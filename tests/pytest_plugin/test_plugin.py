# SPDX-License-Identifier: Apache-2.0
"""The plug-in in sessions of its own."""

import json

import pytest

pytest_plugins = ["pytester"]

SUITE = """
data: test.jsonl
train: test.jsonl
models: {base: 'baseline:majority', tuned: 'baseline:tfidf-logreg'}
"""


@pytest.fixture
def suites(pytester):
    rows = [
        {"messages": [
            {"role": "user", "content": f"{'money' if n % 2 else 'parcel'} {n}"},
            {"role": "assistant", "content": "bill" if n % 2 else "ship"},
        ]}
        for n in range(40)
    ]  # fmt: skip
    folder = pytester.mkdir("suites")
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def write(*gates, name="x.eval.yaml"):
        lines = "".join(f"  - {gate}\n" for gate in gates)
        (folder / name).write_text(SUITE + (f"gates:\n{lines}" if gates else ""))
        return pytester

    return write


def test_each_gate_is_an_item_and_the_models_are_asked_once(suites):
    pytester = suites("tuned better than base", "tuned accuracy >= 90%", "base better than tuned")
    result = pytester.runpytest_subprocess("suites", "-v", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "suites/x.eval.yaml::tuned better than base PASSED*",
            "suites/x.eval.yaml::tuned accuracy >= 90% PASSED*",
            "suites/x.eval.yaml::base better than tuned FAILED*",
            "*gate fail: base better than tuned*",
            "*report: *index.html*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert len(list((pytester.path / "reports" / "x").iterdir())) == 1


def test_a_node_id_can_be_pasted_back(suites):
    pytester = suites("tuned better than base", "tuned accuracy >= 90%")
    result = pytester.runpytest_subprocess("suites/x.eval.yaml::tuned accuracy >= 90%")
    result.assert_outcomes(passed=1)


def test_an_undecided_gate_fails_or_is_skipped(suites):
    pytester = suites("tuned better than tuned")
    pytester.runpytest_subprocess("suites").assert_outcomes(failed=1)
    again = pytester.runpytest_subprocess("suites", "--evalkit-allow-undecided", "-rs")
    again.assert_outcomes(skipped=1)


def test_a_malformed_suite_is_a_collection_error_with_its_key(suites):
    pytester = suites("tuned is the best")
    result = pytester.runpytest_subprocess("suites")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*gate 1: the gate `tuned is the best` is not understood*"])
    assert "Traceback" not in result.stdout.str()


def test_a_suite_without_gates_is_one_item_that_runs(suites):
    suites().runpytest_subprocess("suites").assert_outcomes(passed=1)


def test_the_numbers_are_in_junit(suites):
    pytester = suites("tuned accuracy >= 90%")
    pytester.runpytest_subprocess("suites", "--junitxml=j.xml")
    assert '<property name="evalkit.value" value="1.0"' in (pytester.path / "j.xml").read_text()


def test_gates_can_be_left_out_by_their_marker(suites):
    pytester = suites("tuned better than base")
    result = pytester.runpytest_subprocess("suites", "-m", "not evalkit")
    result.assert_outcomes(deselected=1)
    assert not (pytester.path / "reports").exists()


def test_sessions_without_suites_see_nothing_of_it(pytester):
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert "evalkit" not in "".join(line for line in result.outlines if "plugins:" not in line)
    left = {p.name for p in pytester.path.iterdir()} - {"stdout", "stderr"}
    assert {name for name in left if not name.startswith("runpytest-")} <= {
        "test_sessions_without_suites_see_nothing_of_it.py",
        "__pycache__",
        ".pytest_cache",
    }
