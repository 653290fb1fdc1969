# SPDX-License-Identifier: Apache-2.0
"""`evalkit.compare` in Python."""

from __future__ import annotations

import inspect

import pytest

import evalkit
from evalkit.cli._compare_options import GROUPS
from evalkit.core.errors import UsageError

OLD = [{"id": n, "answer": "ab"[n % 2], "expected": "ab"[n // 2 % 2]} for n in range(16)]
NEW = [{**row, "answer": row["expected"]} for row in OLD]


def test_it_is_there_without_importing_the_rest():
    assert "compare" in evalkit.__all__
    assert "compare" in dir(evalkit)
    assert callable(evalkit.compare)


def test_named_answers_and_frames():
    import pandas as pd

    run = evalkit.compare(base=pd.DataFrame(OLD), tuned=NEW, margin="2 points")
    assert (run.base, run.candidate, run.decision) == ("base", "tuned", "ship")
    frame = run.frame("differences").set_index(["metric", "slice"])
    assert frame.loc[("accuracy", "all"), "fixed"] == 8
    assert run.gates[0].gate == "tuned not worse than base by 2 points"
    numbered = evalkit.compare(base=OLD, tuned=NEW, margin=0.02)
    assert [g.verdict for g in numbered.gates] == [g.verdict for g in run.gates]
    again = evalkit.compare(old=run, new=NEW)
    assert again.differences[0].interval.value == 0.0


def test_paths_options_and_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("old.csv", OLD), ("new.csv", NEW)):
        lines = ["Nr,said,right", *(f"{r['id']},{r['answer']},{r['expected']}" for r in rows)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    columns = {"id": "Nr", "answer": "said", "expected": "right"}
    run = evalkit.compare("old.csv", "new.csv", columns=columns, gates="new accuracy >= 99%")
    assert [gate.verdict for gate in run.gates] == ["pass"]
    run = evalkit.compare("old.csv", "new.csv", columns=columns, against="new", metrics="kappa")
    assert (run.base, run.candidate) == ("new", "old")
    assert "kappa" in {m.metric for m in run.measures}
    run = evalkit.compare("old.csv", "new.csv", columns=columns, pairs="old vs new")
    assert run.base == "new"


def test_wrong_options():
    with pytest.raises(UsageError, match="rows cannot be paired by `name`"):
        evalkit.compare(OLD, NEW, by="name")
    for none in (95, 0.5):
        with pytest.raises(UsageError, match=f"a confidence of {none} cannot be"):
            evalkit.compare(OLD, NEW, confidence=none)
    with pytest.raises(UsageError, match="no answers are given"):
        evalkit.compare()


def test_what_the_command_takes_it_takes():
    taken = set(inspect.signature(evalkit.compare).parameters)
    options = {
        names[-1].lstrip("-").replace("-", "_")
        for group in ("What was expected", "What is compared", "What must hold")
        for names, _ in GROUPS[group]
    }
    other = {"allow_undecided": None, "base": "against"}
    assert {other.get(name, name) for name in options} - {None} <= taken
