# SPDX-License-Identifier: Apache-2.0
"""`evalkit run` with a judge: what is told before, after, as JSON, and from a recording."""

import json

import pytest
from jsonschema import Draft202012Validator
from loopback import Loopback

from evalkit.core.resources import schema

QUESTIONS = ["When?", "Where?", "How?", "Who?", "Why?", "What?", "Which?", "Whose?"]


def row(question):
    return json.dumps({"messages": [{"role": "user", "content": question}]})


@pytest.fixture
def suite(file, monkeypatch):
    monkeypatch.setenv("K", "k")
    file("\n".join(map(row, QUESTIONS)) + "\n", "test.jsonl")
    file(
        "def base(prompt):\n    return 'No.'\n"
        "def tuned(prompt):\n    return 'Yes, and this is why: ' + prompt\n",
        "bots.py",
    )

    def made(server):
        return file(
            "data: test.jsonl\n"
            "models: {base: 'python:bots.py:base', tuned: 'python:bots.py:tuned'}\n"
            f"judge: {{use: some-judge, url: '{server.url}', key_env: K, "
            "price: {input: 1, output: 2}}\n"
            "gates: [tuned better than base, judge agrees with humans]\n",
            "x.eval.yaml",
        )

    return made


def longer(messages):
    text = messages[-1]["content"]
    a = text.partition("BEGIN answer A")[2].partition("END answer A")[0]
    b = text.partition("BEGIN answer B")[2].partition("END answer B")[0]
    return json.dumps({"verdict": "A" if len(a) > len(b) else "B", "why": "它更详细"})


def test_told_asked_recorded_and_replayed(run, suite, tmp_path):
    with Loopback(answer=longer) as server:
        name = suite(server)
        before = run("run", name, "--dry-run")
        assert "127.0.0.1" in before.out
        assert "16 requests (judge)" in before.out
        assert "at most $" in before.out
        assert server.requests == []

        told = run("run", name, "--record", "x.answers.jsonl", "--no-report")
        assert told.code == 1
        assert "pass  tuned better than base" in told.out
        assert "FAIL  judge agrees with humans" in told.out
        assert "Judge some-judge" in told.out
        assert (len(server.requests), server.complaints) == (16, [])

        again = run("run", name, "--replay", "x.answers.jsonl", "--no-report",
                    "--output-format", "json", "--lang", "zh")  # fmt: skip
        document = json.loads(again.out)
        Draft202012Validator(schema("run-output")).validate(document)
        assert document["judge"]["flips"]["value"] == 0
        assert document["judge"]["asked"] == 16
        assert document["judge"]["cost"] is None  # replayed: not paid again
        assert document["outlook"]["hosts"][0]["models"] == ["base", "tuned", "judge"]
        assert len(server.requests) == 16

        short = run("run", name, "--budget", "0.001", "--store", "other.sqlite", "--no-report")
        assert short.code == 3
        assert "to `judge` are not answered" in short.err

    (folder, *_) = sorted((tmp_path / "reports" / "x").iterdir())
    samples = (folder / "samples.jsonl").read_text("utf-8")
    assert "它更详细" in samples  # Chinese stands as itself
    assert json.loads((folder / "run.json").read_text("utf-8"))["judge"]["may_gate"] is True


def test_the_judge_is_recorded_or_the_line_says_how(run, suite, tmp_path):
    with Loopback(answer=longer) as server:
        name = suite(server)
        run("run", name, "--record", "x.answers.jsonl", "--no-report")
    lines = (tmp_path / "x.answers.jsonl").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["model"] != "judge"]
    (tmp_path / "y.answers.jsonl").write_text("".join([*kept, *lines[-3:]]), "utf-8")
    told = run("run", name, "--replay", "y.answers.jsonl", "--no-report")
    assert told.code == 2
    assert "13 of 16" in told.err
    assert "evalkit run x.eval.yaml --record y.answers.jsonl" in told.err
