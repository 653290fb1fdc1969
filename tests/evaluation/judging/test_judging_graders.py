# SPDX-License-Identifier: Apache-2.0
"""Scorers that ask a model: asked once, through store, budget and recordings like any question."""

import json
from decimal import Decimal

import pytest
from loopback import Loopback

from evalkit.core.errors import RemoteError
from evalkit.evaluation.recording import record_run, replayed
from evalkit.evaluation.run import look_ahead, run_suite
from evalkit.evaluation.run_settings import terms_of
from evalkit.evaluation.suite import load_suite

ROWS = [(f"Question {n}?", f"gold {n}", {}) for n in range(6)]
BASE = [f"base {n}" for n in range(6)]
TUNED = [f"tuned {n}" for n in range(6)]
GRADER = {
    "type": "score_model",
    "name": "tidy",
    "model": "gpt-4.1-mini",
    "range": [0, 10],
    "input": [{"role": "user", "content": "Rate: {{sample.output_text}}"}],
}


def rates(messages):
    return json.dumps({"result": 8 if "tuned" in json.dumps(messages) else 3})


@pytest.fixture
def graded(recorded, tmp_path, monkeypatch):
    monkeypatch.setenv("K", "k")
    (tmp_path / "tidy.json").write_text(json.dumps(GRADER), "utf-8")
    (tmp_path / "checks.py").write_text(
        "def twice(reply, ask):\n"
        "    first = ask('What is it? ' + reply.text)\n"
        "    if first.finish == 'error':\n        return None\n"
        "    second = ask('Are you sure? ' + first.text)\n"
        "    return float('8' in second.text or '8' in first.text)\n",
        "utf-8",
    )

    def make(server, scorers, metrics):
        ask = f'{{use: m, url: "{server.url}", key_env: K, price: {{input: 1, output: 2}}}}'
        suite = f"scorers: {scorers.replace('ASK', ask)}\nmetrics: {metrics}\ntask: qa\n"
        return recorded(ROWS, suite, base=BASE, tuned=TUNED)

    return make


def run(path, tmp_path, **more):
    return run_suite(
        load_suite(path), store=tmp_path / "store.sqlite", started="2026-01-01", **more
    )


def value(found, model, metric):
    return next(m.interval.value for m in found.measures if (m.model, m.metric) == (model, metric))


def test_a_grader_is_asked_once_for_each_answer(graded, tmp_path):
    with Loopback(answer=rates) as server:
        path = graded(server, "{tidy: {grader: tidy.json, ask: ASK}}", "[tidy]")
        ahead = look_ahead(load_suite(path), store=tmp_path / "store.sqlite").hosts[1]
        assert (ahead.models, ahead.requests) == (["scorer.tidy"], 12)
        assert ahead.costs[0].expected > 0
        done = run(path, tmp_path)
        assert (len(server.requests), server.complaints) == (12, [])
        assert run(path, tmp_path).run.rows == done.run.rows
        assert len(server.requests) == 12
    assert (value(done.run, "base", "tidy"), value(done.run, "tuned", "tidy")) == (3, 8)
    assert list(done.asked) == ["base", "tuned", "scorer.tidy"]
    file = tmp_path / "a.jsonl"
    requests = {name: asked.requests for name, asked in done.asked.items()}
    record_run(file, load_suite(path), requests, done.asked, today="2026-11-21")
    again = run_suite(
        replayed(load_suite(path), file), store=tmp_path / "none.sqlite", started="2026-01-01"
    ).run
    assert again.rows == done.run.rows


def test_a_function_may_ask_on(graded, tmp_path):
    with Loopback(answer=rates, validate=False) as server:
        path = graded(server, "{twice: {use: 'python:checks.py:twice', ask: ASK}}", "[twice]")
        found = run(path, tmp_path).run
    assert (value(found, "base", "twice"), value(found, "tuned", "twice")) == (0, 1)


def test_the_budget_is_the_graders_too(graded, tmp_path):
    with Loopback(answer=rates, validate=False) as server:
        path = graded(server, "{tidy: {grader: tidy.json, ask: ASK}}", "[tidy]")
        with pytest.raises(RemoteError, match="budget of"):
            run(path, tmp_path, terms=terms_of(budget=Decimal("0.0001")))
        run(path, tmp_path)
        assert len(server.requests) == 12


def test_a_grader_that_nobody_measures_is_not_asked(graded, tmp_path):
    with Loopback(answer=rates) as server:
        run(graded(server, "{tidy: {grader: tidy.json, ask: ASK}}", "[]"), tmp_path)
        assert server.requests == []


OWN = """
import random
def polite(reply, ask) -> bool: return "8" in ask("Is this polite? " + reply.text).text
def restless(reply, ask): return len(ask(f"q{random.random()}").text)
def down(prompt):
    if "base" in prompt: raise RuntimeError("down")
    return "8"
def mumbles(messages): return "hm" if "base" in str(messages) else '{"result": 8}'
"""


@pytest.fixture
def own(recorded, tmp_path):
    (tmp_path / "own.py").write_text(OWN, "utf-8")
    (tmp_path / "tidy.json").write_text(json.dumps(GRADER), "utf-8")

    def make(scorer):
        suite = f"scorers: {{mine: {scorer}}}\nmetrics: [mine]\ntask: qa\n"
        done = run(recorded(ROWS, suite, base=BASE, tuned=TUNED), tmp_path).run
        found = {m.model: m.interval for m in done.measures if m.metric == "mine"}
        return found, [note for note, _ in done.notes if "mine" in note]

    return make


def test_a_failed_request_is_no_score_whatever_the_scorer_makes_of_it(own):
    found, (note,) = own('{use: "python:own.py:polite", ask: "python:own.py:down"}')
    assert (found["base"].n, found["base"].left_out) == (0, 6)
    assert (found["tuned"].n, found["tuned"].value) == (6, 1)
    assert "gave no answer on 6 of 12 answers" in note
    assert "RuntimeError: down" in note


def test_a_scorer_that_asks_something_else_each_time_is_no_score(own):
    found, (note,) = own('{use: "python:own.py:restless", ask: "python:own.py:down"}')
    assert found["tuned"].n == found["base"].n == 0
    assert "asks something else each time" in note


def test_unreadable_answers_of_a_grader_are_counted(own):
    found, (note,) = own('{grader: tidy.json, ask: "python:own.py:mumbles"}')
    assert (found["base"].n, found["tuned"].n) == (0, 6)
    assert "answered 6 of 12 times in no readable way" in note
