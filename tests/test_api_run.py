# SPDX-License-Identifier: Apache-2.0
"""`evalkit.run` in scripts and in notebooks, whose event loop runs already."""

from __future__ import annotations

import asyncio
import json

import pytest
from loopback import Loopback

import evalkit
from evalkit.core.errors import RemoteError, UsageError


@pytest.fixture
def suite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = []
    for n in range(12):
        label = "bill" if n % 2 else "ship"
        said = [("user", f"{label} {n}"), ("assistant", label)]
        rows.append({"messages": [{"role": r, "content": c} for r, c in said]})
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Loopback(answer=lambda m: m[-1]["content"].split()[0], labels=("bill", "ship")) as server:
        model = f"{{use: x/m, url: '{server.url}', price: {{input: 1, output: 2}}}}"
        (tmp_path / "x.eval.yaml").write_text(f"data: test.jsonl\nmodels: {{base: {model}}}\n")
        yield server
    assert server.complaints == []


def test_a_notebook_runs_a_suite_in_its_running_loop(suite, tmp_path, capfd):
    async def cell():
        before = asyncio.get_running_loop()
        found = evalkit.run("x.eval.yaml", record="x.answers.jsonl", budget="1.00", deadline="5m")
        assert asyncio.get_running_loop() is before
        return found

    found = asyncio.run(cell())
    assert (found.suite, len(found.rows), found.models[0].errors) == ("x", 12, 0)
    assert capfd.readouterr() == ("", "")
    assert not (tmp_path / "reports").exists()
    assert len(suite.billed) == 12

    again = evalkit.run("x.eval.yaml", replay="x.answers.jsonl", reports="kept", progress=True)
    assert [row.answers["base"].text for row in again.rows] == [
        row.answers["base"].text for row in found.rows
    ]
    assert "from recordings: 12 answers (base)" in capfd.readouterr().err
    (folder,) = (tmp_path / "kept" / "x").iterdir()
    assert (folder / "index.html").exists()
    assert len(suite.billed) == 12


def test_what_the_budget_does_not_hold_is_resumed(suite):
    with pytest.raises(RemoteError, match="budget"):
        evalkit.run("x.eval.yaml", budget=0.0001, concurrency=1)
    assert len(evalkit.run("x.eval.yaml").rows) == 12
    assert len(suite.billed) == 12


@pytest.mark.parametrize(
    "wrong",
    [
        {"budget": "much"},
        {"deadline": "soon"},
        {"repeats": 0},
        {"turns": "some"},
        {"seed": 1, "temperature": 3},
    ],
)
def test_settings_that_cannot_be(suite, wrong):
    with pytest.raises(UsageError):
        evalkit.run("x.eval.yaml", **wrong)
    assert suite.requests == []
