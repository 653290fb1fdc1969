# SPDX-License-Identifier: Apache-2.0
"""`evalkit.rows`: an item per row of a small golden set."""

from __future__ import annotations

import json

import pytest

pytest_plugins = ["pytester"]

TEST = """
import evalkit

@evalkit.rows("golden.jsonl"{more})
def test_golden(row, ask):
    assert evalkit.normalise(ask("{model}", row)) == row.expected
"""
MODELS = ', models={"tuned": "python:model.py:answer"}'


def golden(project, n=6):
    rows = []
    for k in range(n):
        messages = [
            {"role": "user", "content": f"{'money' if k % 2 else 'parcel'} {k}"},
            {"role": "assistant", "content": "bill" if k % 2 else "ship"},
        ]
        rows.append({"id": f"row-{k}", "messages": messages, "topic": "文"})
    project.write("golden.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def test_each_row_is_an_item_by_its_id(project):
    golden(project)
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned"))
    result = project.run("suites", "-v")
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*test_golden?row-2? PASSED*",
            "*test_golden?row-3? FAILED*",
            "E * assert 'ship' == 'bill'",
        ]
    )
    assert len(project.calls) == 6
    assert not (project.pytester.path / "reports").exists()


def test_only_the_rows_that_run_are_asked(project):
    golden(project)
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned"))
    project.run("suites", "-k", "row-2 or row-4").assert_outcomes(passed=2, deselected=4)
    assert project.calls == ["parcel 2", "parcel 4"]
    project.run("suites", "-m", "not evalkit").assert_outcomes(deselected=6)


@pytest.mark.slow
def test_models_are_those_of_the_suite_beside_it_or_specifications(project):
    golden(project, 2)
    project.gates()
    project.write("test_it.py", TEST.format(more="", model="tuned"))
    project.write("test_spec.py", TEST.format(more="", model="python:model.py:answer"))
    project.write("test_named.py", TEST.format(more=', suite="x.eval.yaml"', model="tuned"))
    project.write("test_none.py", TEST.format(more="", model="tunde"))
    files = [f"suites/test_{name}.py" for name in ("it", "spec", "named", "none")]
    result = project.run(*files)
    result.assert_outcomes(passed=6, failed=2)
    result.stdout.fnmatch_lines(["no model `tunde` is known here", "*known: base, tuned*"])


def test_a_row_has_what_a_test_needs_and_a_text_can_be_asked(project):
    golden(project, 1)
    project.write(
        "test_it.py",
        """
import evalkit

@evalkit.rows("golden.jsonl")
def test_it(row, ask):
    assert (row.id, row.line, row.prompt, row.expected) == ("row-0", 1, "parcel 0", "ship")
    assert row.messages == [{"role": "user", "content": "parcel 0"}]
    assert row.fields["topic"] == "文"
    assert ask("python:model.py:answer", "money 5") == "bill"
""",
    )
    project.run().assert_outcomes(passed=1)


def test_a_big_set_is_refused_and_told_what_to_write_instead(project):
    golden(project, 501)
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*has more than 500 rows: too many*", "*write a suite*"])
    assert "Traceback" not in result.stdout.str()
    golden(project, 500)
    project.run("suites", "--collect-only", "-q").stdout.fnmatch_lines(["500 tests collected*"])


@pytest.mark.slow
def test_what_is_wrong_with_a_set_is_a_collection_error(project):
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned"))
    project.run().stdout.fnmatch_lines(["*golden.jsonl*"])
    golden(project)
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned").replace("row, ask", "ask"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*does not take `row`", "*write: def test_golden(row, ask)"])


def test_a_model_that_does_not_answer_fails_its_rows_without_a_traceback(project):
    golden(project, 2)
    project.write("model.py", "def answer(prompt):\n    raise ValueError('no' + ' luck')\n")
    project.write("test_it.py", TEST.format(more=MODELS, model="tuned"))
    result = project.run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["tuned did not answer: *no luck*"])
