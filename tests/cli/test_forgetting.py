# SPDX-License-Identifier: Apache-2.0
"""A general set beside the task, from the command line: asked, recorded, replayed, shown."""

import json

import jsonschema
import pytest

from evalkit.core.resources import schema

MODELS = """
def one(prompt):
    return "ship" if "task" in str(prompt) else "yes" if "sun" in str(prompt) else "no"


def two(prompt):
    return ("bill" if "money" in str(prompt) else "ship") if "task" in str(prompt) else "yes"
"""


def jsonl(rows):
    return "".join(
        json.dumps({"messages": [{"role": "user", "content": q},
                                 {"role": "assistant", "content": a}]}) + "\n"
        for q, a in rows
    )  # fmt: skip


@pytest.fixture
def suite(file):
    file(jsonl((f"task {n} {'money' if n % 2 else ''}", "bill" if n % 2 else "ship")
               for n in range(40)), "t.jsonl")  # fmt: skip
    file(jsonl((f"{'sun' if n % 2 else 'moon'} {n}", "yes" if n % 2 else "no")
               for n in range(40)), "g.jsonl")  # fmt: skip
    file(MODELS, "m.py")
    return file(
        "data: t.jsonl\n"
        "models: {base: 'python:m.py:one', tuned: 'python:m.py:two'}\n"
        "gates: [tuned better than base]\n"
        "forgetting: {data: g.jsonl, margin: 5 points}\n",
        "x.eval.yaml",
    )


def test_the_way_of_a_general_set(run, suite, tmp_path):
    ahead = run("run", suite, "--dry-run")
    assert ahead.code == 0
    assert "forgetting, 40 rows more:\n  on this machine: 80 requests" in ahead.out
    assert "What 40 rows can prove" in ahead.out
    assert "\n  forgetting: tuned not worse than base by 5 points: 40 rows can show" in ahead.out

    told = run("run", suite, "--record", "x.answers.jsonl")
    assert told.code == 1
    assert "Forgetting, g.jsonl (40 rows)" in told.out
    assert "FAIL" in told.out
    assert "forgetting: tuned not worse than base by 5 points: -50.0 points" in told.out
    (folder,) = (tmp_path / "reports" / "x").iterdir()
    assert (folder / "forgetting" / "run.json").is_file()
    assert (folder / "forgetting" / "index.html").is_file()
    assert 'id="forgetting"' in (folder / "index.html").read_text("utf-8")
    assert len((tmp_path / "x.answers.jsonl").read_text().splitlines()) == 160

    (tmp_path / "m.py").unlink()
    again = run("run", suite, "--replay", "x.answers.jsonl", "--output-format", "json",
                "--no-report")  # fmt: skip
    assert again.code == 1
    document = json.loads(again.out)
    jsonschema.validate(document, schema("run-output"))
    assert document["forgetting"]["differences"][0]["verdict"] == "worse"
    assert [gate["verdict"] for gate in document["gates"]] == ["pass", "fail"]
    assert document["decision"] == "dont_ship"
    assert document["outlook"]["forgetting"]["rows"] == 40
