# SPDX-License-Identifier: Apache-2.0
"""`evalkit run` from the outside: files, exit codes, the machine contract."""

import json

import jsonschema
import pytest

from evalkit.core.resources import schema

ROWS = [(f"{'money' if n % 2 else 'parcel'} {n}", "bill" if n % 2 else "ship") for n in range(80)]
SUITE = """
data: test.jsonl
train: train.jsonl
models: {base: 'baseline:majority', tuned: 'baseline:tfidf-logreg'}
gates:
"""


@pytest.fixture
def folder(tmp_path):
    lines = [
        json.dumps(
            {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}
        )
        for q, a in ROWS
    ]
    (tmp_path / "test.jsonl").write_text("\n".join(lines[:40]) + "\n")
    (tmp_path / "train.jsonl").write_text("\n".join(lines[40:]) + "\n")

    def suite(*gates):
        text = SUITE + "".join(f"  - {gate}\n" for gate in gates)
        (tmp_path / "x.eval.yaml").write_text(text if gates else text.replace("gates:\n", ""))
        return tmp_path

    return suite


def test_a_run_leaves_its_files_and_says_where(evalkit, folder):
    here = folder("tuned better than base")
    done = evalkit("run", "x.eval.yaml")
    assert done.code == 0, done.err
    assert done.out.startswith("SHIP: tuned is better than base")
    (run,) = (here / "reports" / "x").iterdir()
    assert {p.name for p in run.iterdir()} == {
        "run.json",
        "samples.jsonl",
        "timings.jsonl",
        "index.html",
    }
    assert str(run.relative_to(here) / "index.html") in done.out
    assert "on this machine" in done.err


def test_the_machine_contract(evalkit, folder):
    folder("tuned better than base", "tuned recall[bill] >= 90%")
    done = evalkit("run", "x.eval.yaml", "--output-format", "json")
    found = json.loads(done.out)
    jsonschema.validate(found, schema("run-output"))
    assert (found["verdict"], found["decision"], found["leaked"]) == ("better", "ship", 0)
    assert {m["metric"] for m in found["measures"]} >= {
        "accuracy",
        "recall[bill]",
        "auroc",
        "errors",
    }
    assert [gate["verdict"] for gate in found["gates"]] == ["pass", "pass"]


def test_the_schema_takes_its_own_sample():
    rules = schema("run-output")
    jsonschema.Draft202012Validator.check_schema(rules)
    for sample in rules["examples"]:
        jsonschema.validate(sample, rules)


@pytest.mark.parametrize(
    ("gate", "plain", "allowed"),
    [
        ("base better than tuned", 1, 1),
        ("tuned accuracy >= 101%", 1, 1),
        ("tuned accuracy low >= 99.9%", 1, 0),
    ],
)
@pytest.mark.slow
def test_exit_codes_of_gates(evalkit, folder, gate, plain, allowed):
    folder(gate)
    assert evalkit("run", "x.eval.yaml").code == plain
    assert evalkit("run", "x.eval.yaml", "--allow-undecided").code == allowed


def test_a_partial_run_says_so(evalkit, folder):
    folder()
    done = evalkit("run", "x.eval.yaml", "--limit", "12")
    assert "PARTIAL: only the first 12 rows" in done.out


def test_chinese(evalkit, folder):
    folder("tuned better than base")
    assert evalkit("run", "x.eval.yaml", "--lang", "zh").out.startswith("可以上线：tuned 优于 base")


def test_a_test_set_that_was_trained_on_is_refused_before_anything_is_asked(evalkit, folder):
    here = folder("tuned better than base")
    (here / "train.jsonl").write_bytes((here / "test.jsonl").read_bytes())
    told = evalkit("run", "x.eval.yaml")
    assert told.code == 2
    assert "40 of 40 rows of test.jsonl also stand in the training file train.jsonl" in told.err
    assert not (here / "reports").exists()
