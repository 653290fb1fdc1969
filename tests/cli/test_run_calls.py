# SPDX-License-Identifier: Apache-2.0
"""Tool calls in the rows of a run: kept, and read again as a recording."""

from __future__ import annotations

import json
import shutil

import pytest


def called(given: str) -> dict[str, object]:
    function = {"name": "refund", "arguments": given}
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}


@pytest.fixture
def suite(file):
    tools = [{"type": "function", "function": {"name": "refund", "parameters": {"type": "object"}}}]
    rows, answers = [], []
    for i in range(4):
        asked = [{"role": "user", "content": f"Pay order {i} back."}]
        rows.append({"messages": [*asked, called(f'{{"order": {i}}}')], "tools": tools})
        said = called(f'{{"order": {i}, "note": "<b>"}}' if i == 2 else f'{{"order": {i}}}')
        answers.append({"messages": asked, "reply": {"text": "", "tool_calls": said["tool_calls"]}})
    for name, lines in (("test.jsonl", rows), ("said.jsonl", answers)):
        file("".join(json.dumps(line) + "\n" for line in lines), name)

    def made(replayed: str) -> str:
        text = f"data: test.jsonl\nturns: tool-calls\nprimary: tool_calls\nmodels:\n  tuned: {replayed}\n"
        return file(text, "x.eval.yaml")

    return made


def rows_of(folder):
    path = next(folder.glob("reports/x/*/samples.jsonl"))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()], path


def test_calls_are_in_the_rows_and_on_the_page(run, suite, tmp_path):
    done = run("run", suite("replay:said.jsonl"))
    assert done.code == 0, done.err
    rows, path = rows_of(tmp_path)
    assert rows[0]["calls"] == [["refund", '{"order": 0}']]
    assert [row["answers"]["tuned"]["calls"][0][1] for row in rows][
        2
    ] == '{"order": 2, "note": "<b>"}'
    assert [row["answers"]["tuned"]["score"] for row in rows] == [1, 1, 0, 1]
    page = path.with_name("index.html").read_text(encoding="utf-8")
    assert '"calls":{"0":[["refund","{\\"order\\": 0}"]]' in page


def test_rows_are_a_recording_of_the_calls(run, suite, tmp_path):
    assert run("run", suite("replay:said.jsonl")).code == 0
    before, path = rows_of(tmp_path)
    path.rename(tmp_path / "samples.jsonl")
    shutil.rmtree(tmp_path / "reports")
    done = run("run", suite("replay:samples.jsonl#tuned"))
    assert done.code == 0, done.err
    after, _ = rows_of(tmp_path)
    assert [r["answers"]["tuned"]["score"] for r in after] == [1, 1, 0, 1]
    assert [r["answers"]["tuned"]["calls"] for r in after] == [
        r["answers"]["tuned"]["calls"] for r in before
    ]
