# SPDX-License-Identifier: Apache-2.0
"""Seconds and tokens of answers: measures that nobody asks for, where they are known."""

import json

import pytest

from evalkit.core.exchange import Reply, Usage
from evalkit.core.score import Sample, Score
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.stored import save_run
from evalkit.evaluation.suite import load_suite
from evalkit.metrics.latency import latency
from evalkit.metrics.tokens import tokens

ROWS = [(f"q{i}", "bill" if i % 2 else "ship", {}) for i in range(8)]


def run(path, tmp_path):
    return run_suite(load_suite(path), store=tmp_path / "store.sqlite", started="2026-01-01").run


def names(found, model):
    return {m.metric for m in found.measures if m.model == model}


def test_tokens_are_measured_where_somebody_counted(recorded, tmp_path):
    counted = [Reply(text=a, usage=Usage(10, 2 + i)) for i, (_, a, _) in enumerate(ROWS)]
    plain = [answer for _, answer, _ in ROWS]
    found = run(recorded(ROWS, base=plain, tuned=counted), tmp_path)
    (of,) = [m for m in found.measures if (m.model, m.metric) == ("tuned", "tokens")]
    assert of.interval.value == pytest.approx(5.5)
    assert (of.unit, of.better, of.interval.n) == ("tokens", "lower", 8)
    nobody = run(recorded(ROWS, base=plain, tuned=plain), tmp_path)
    assert "tokens" not in names(nobody, "tuned")


def test_what_is_asked_for_stays_and_is_unknown(recorded, tmp_path):
    plain = [answer for _, answer, _ in ROWS]
    found = run(recorded(ROWS, "gates: [base tokens <= 9]", base=plain), tmp_path)
    assert "tokens" in names(found, "base")
    assert found.gates[0].verdict != "pass"


def test_time_is_in_measures_and_in_no_row(recorded, tmp_path):
    path = recorded(ROWS, base=[a for _, a, _ in ROWS])
    path.write_text("data: test.jsonl\nmodels: {base: 'python:slow.py:answer'}\n", encoding="utf-8")
    code = "def answer(prompt):\n    return 'bill'\n"
    (tmp_path / "slow.py").write_text(code, "utf-8")
    done = run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-01-01")
    (of,) = [m for m in done.run.measures if m.metric == "latency"]
    assert of.unit == "ms"
    assert of.interval.value > 0
    folder = tmp_path / "out"
    save_run(done.run, folder, timings=done.timings)
    rows = (folder / "samples.jsonl").read_text("utf-8")
    assert "latency" not in rows
    assert "seconds" not in rows
    again = run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-01-01")
    assert again.run.measures == done.run.measures  # the store knows what the first asking took
    save_run(again.run, tmp_path / "two", timings=again.timings)
    assert (tmp_path / "two" / "samples.jsonl").read_text("utf-8") == rows


def sample(i, **more):
    reply = more.pop("reply", Reply(text="x"))
    return Sample(id=str(i), score=Score(1.0), expected="x", reply=reply, **more)


def test_failed_requests_and_unknown_times_are_left_out():
    of = [
        sample(1, seconds=0.1),
        sample(2, seconds=0.3),
        sample(3),
        sample(4, seconds=9.0, reply=Reply(text="", finish="error")),
    ]
    found = latency(of)
    assert (found.value, found.n, found.left_out) == (pytest.approx(200), 2, 2)
    counted = [sample(1, reply=Reply(text="x", usage=Usage(1, 7))), sample(2)]
    found = tokens(counted)
    assert (found.value, found.n, found.left_out) == (7, 1, 1)
    assert json.dumps(tokens([]).why)


def test_probability_outside_of_the_labels_is_told(recorded, tmp_path):
    from math import log

    from evalkit.core.exchange import Position

    def likely(label, p):
        top = ((label, log(p)), ("well", log(0.3)))
        return Reply(text=label, positions=(Position(label, log(p), top),))

    sure = [likely(answer, 0.97) for _, answer, _ in ROWS]
    unsure = [likely(answer, 0.5) for _, answer, _ in ROWS]
    found = run(recorded(ROWS, "metrics: [uncovered]", base=sure, tuned=unsure), tmp_path)
    of = {m.model: m.interval for m in found.measures if m.metric == "uncovered"}
    assert of["base"].value == pytest.approx(0.03)
    assert of["tuned"].value == pytest.approx(0.5)
    told = [note for note in found.notes if "other than a label" in note[0]]
    assert len(told) == 1
    assert told[0][0].startswith("tuned would often say something other than a label (50%")
    assert "50%" in told[0][1]
