# SPDX-License-Identifier: Apache-2.0
"""Suites whose expected answers are what an old model said."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import InputError, UsageError
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite


def ask(text, label=None):
    said = [] if label is None else [{"role": "assistant", "content": label}]
    return {"messages": [{"role": "user", "content": text}, *said]}


def jsonl(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")


@pytest.fixture
def suite(tmp_path):
    """`suite(data_rows, old=[answers], new=[answers])`, all to the same questions."""

    def make(data, old, new, keys=""):
        jsonl(tmp_path / "test.jsonl", data)
        for name, answers in (("old", old), ("new", new)):
            jsonl(
                tmp_path / f"{name}.jsonl",
                [
                    {"messages": row["messages"][:1], "reply": {"text": text}, "model": name}
                    for row, text in zip(data, answers, strict=True)
                ],
            )
        path = tmp_path / "x.eval.yaml"
        lines = [
            "data: test.jsonl",
            "expected: old.jsonl",
            keys,
            "models: {new: 'replay:new.jsonl'}",
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return make


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21").run


def value(run, metric):
    (found,) = [m for m in run.measures if m.metric == metric]
    return found.interval


OLD = ["bill", "ship"] * 20
NEW = ["bill", "bill", *OLD[2:]]


@pytest.mark.parametrize("answered", [True, False])
def test_agreement_of_labels(suite, tmp_path, answered):
    """Whatever the data says is right: only the old model's answers count."""
    data = [ask(f"q {i}", ("ship", "bill")[i % 2] if answered else None) for i in range(40)]
    found = run(suite(data, OLD, NEW, "gates: [new agreement low >= 80%]"), tmp_path)
    assert (found.task, found.primary) == ("classification", "agreement")
    assert value(found, "agreement").value == 39 / 40
    assert 0.8 < value(found, "kappa").value < 1
    assert found.gates[0].verdict == "pass"
    assert [row.expected for row in found.rows] == OLD
    assert found.notes[0][0].startswith("Expected answers are recorded ones of old")
    (signed,) = {m.signature for m in found.measures if m.metric == "agreement"}
    assert f"expected:{found.provenance['expected sha256'][:12]}" in signed


def test_old_answers_that_are_no_label_are_counted_and_not_scored(suite, tmp_path):
    data = [ask(f"q {i}", OLD[i]) for i in range(40)]
    old = ["I cannot say {{ x }}", *OLD[1:]]
    found = value(run(suite(data, old, OLD), tmp_path), "agreement")
    assert (found.value, found.n, found.left_out) == (1.0, 39, 1)


def test_free_text(suite, tmp_path):
    data = [ask(f"q {i}") for i in range(6)]
    old = [f"The answer to question {i} is {i * i}, I believe." for i in range(6)]
    found = run(suite(data, old, [*old[:5], "No idea."]), tmp_path)
    assert (found.task, found.primary) == ("qa", "token_f1")
    assert value(found, "agreement").value == 5 / 6


def test_one_of_several_models(suite, tmp_path):
    path = suite([ask(f"q {i}") for i in range(40)], OLD, NEW)
    both = (tmp_path / "old.jsonl").read_text("utf-8") + (tmp_path / "new.jsonl").read_text("utf-8")
    (tmp_path / "old.jsonl").write_text(both, "utf-8")
    with pytest.raises(UsageError, match="answers of 2 models") as caught:
        run(path, tmp_path)
    assert "expected: old.jsonl#old" in caught.value.hint
    text = path.read_text("utf-8").replace("expected: old.jsonl", "expected: old.jsonl#new")
    path.write_text(text, "utf-8")
    assert value(run(path, tmp_path), "agreement").value == 1.0


def test_identifiers_and_texts_are_a_recording_too(suite, tmp_path):
    data = [{**ask(f"q {i}"), "metadata": {"id": f"t{i}"}} for i in range(40)]
    path = suite(data, OLD, NEW)
    jsonl(tmp_path / "old.jsonl", [{"id": f"t{i}", "text": text} for i, text in enumerate(OLD)])
    found = run(path, tmp_path)
    assert value(found, "agreement").value == 39 / 40
    assert any("matched by identifier" in en for en, _ in found.notes)


def test_what_is_missing_is_named(suite, tmp_path):
    path = suite([ask(f"q {i}") for i in range(40)], OLD, NEW)
    rows = (tmp_path / "old.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "old.jsonl").write_text("".join(rows[:-2]), "utf-8")
    with pytest.raises(UsageError, match="`expected`: 2 of 40 questions are not in the recording"):
        run(path, tmp_path)
    (tmp_path / "old.jsonl").unlink()
    with pytest.raises(InputError):
        run(path, tmp_path)
