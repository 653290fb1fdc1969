# SPDX-License-Identifier: Apache-2.0
"""`evalkit ask` with several questions, a budget and a deadline."""

from __future__ import annotations

import json

import pytest
from loopback import Loopback


@pytest.fixture
def server(tmp_path):
    with Loopback(answer=lambda m: f"{len(m)}: {m[-1]['content']}") as running:
        model = f"{{use: x/m, url: '{running.url}', price: {{input: 100, output: 100}}}}"
        row = {"messages": [{"role": "user", "content": q} for q in ("a",)]}
        row["messages"].append({"role": "assistant", "content": "b c d"})
        (tmp_path / "t.jsonl").write_text(json.dumps(row) + "\n")
        (tmp_path / "x.eval.yaml").write_text(f"data: t.jsonl\nmodels: {{one: {model}}}\n")
        yield running
    assert running.complaints == []


def test_a_file_of_texts_and_of_rows(run, file, server):
    chat = [{"role": "system", "content": "s"}, {"role": "user", "content": "third {x}"}]
    rows = [
        "first",
        "",
        "第二个",
        json.dumps({"messages": [*chat, {"role": "assistant", "content": "gold"}]}),
    ]
    name = file("\n".join(rows) + "\n", "q.txt")
    told = run("ask", "--suite", "x.eval.yaml", "--from", name, "--output-format", "json")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert [one["answers"][0]["text"] for one in found] == [
        "1: first", "1: 第二个", "2: third {x}",
    ]  # fmt: skip
    text = run("ask", "--suite", "x.eval.yaml", "--from", name)
    assert text.out.index("first") < text.out.index("第二个") < text.out.index("third {x}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "one question, or a file"),
        (["Hi", "--from", "q.txt"], "one question, or a file"),
        (["--from", "none.txt"], "none.txt"),
        (["--from", "empty.txt"], "nothing to ask"),
        (["--from", "rows.txt"], "no `messages`"),
        (["Hi", "--budget", "much"], "no sum of money"),
    ],
)
def test_what_cannot_be_asked(run, file, server, arguments, said):
    file("Hi\n", "q.txt")
    file("\n", "empty.txt")
    file('{"a": 1}\n', "rows.txt")
    told = run("ask", "--suite", "x.eval.yaml", *arguments)
    assert (told.code, said in told.err) == (2, True), told.err
    assert server.requests == []


def test_a_budget_holds(run, server):
    told = run("ask", "--suite", "x.eval.yaml", "--budget", "0.0001", "Hi")
    assert told.code == 3
    assert "budget" in told.err
    assert server.requests == []
    assert run("ask", "--suite", "x.eval.yaml", "--budget", "1", "Hi").code == 0


def test_a_deadline_holds_and_nothing_is_kept(run, server, tmp_path):
    server.delay = 20.0
    told = run("ask", "--suite", "x.eval.yaml", "--deadline", "1s", "Hi")
    assert told.code == 3, told.err
    assert {p.name for p in tmp_path.iterdir()} == {"t.jsonl", "x.eval.yaml"}
