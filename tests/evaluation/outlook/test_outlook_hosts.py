# SPDX-License-Identifier: Apache-2.0
"""Tokens, money and time of what is ahead, and what a suite needs of its models."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from loopback import Loopback

from evalkit.core.errors import UsageError
from evalkit.evaluation.run import look_ahead, run_suite
from evalkit.evaluation.run_settings import adjusted, dollars, seconds_in, terms_of
from evalkit.evaluation.suite import load_suite
from evalkit.models._batch_store import BatchRow, open_ledger
from evalkit.tokens.chat import prompt_tokens

ROWS = [("How much is it, please?", "12 euros"), ("Where is my parcel?", "At the post office.")] * 3


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """Writes and loads a suite; nothing answers at its address."""
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")

    def made(models, rest="", rows=ROWS, **more):
        lines = [
            {
                "messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}],
                **more,
            }
            for q, a in rows
        ]
        data = "".join(json.dumps(line) + "\n" for line in lines)
        (tmp_path / "test.jsonl").write_text(data)
        (tmp_path / "x.eval.yaml").write_text(
            f"data: test.jsonl\ntask: qa\nmodels:\n{models}{rest}"
        )
        return load_suite(tmp_path / "x.eval.yaml")

    return made


MINI = "  tuned: {use: openai/gpt-4.1-mini, url: 'http://127.0.0.1:9/v1'}\n"


def ahead(suite, tmp_path, **how):
    return look_ahead(suite, store=tmp_path / "none.sqlite", **how)


def test_tokens_and_money_are_those_of_the_requests(suite, tmp_path):
    (host,) = ahead(suite(MINI), tmp_path).hosts
    messages = [[{"role": "user", "content": q}] for q, _ in ROWS[:2]]
    prompts = sum(prompt_tokens([(m, ()) for m in messages], encoding="o200k_base"))
    assert (host.answers, host.requests, host.counted) == (6, 2, "exact")  # equal ones go once
    assert host.prompt_tokens == prompts
    assert host.answer_tokens[1] == 2 * 256
    (cost,) = host.costs
    assert cost.most == (prompts * Decimal("0.40") + 512 * Decimal("1.60")) / 1_000_000
    assert (
        cost.expected
        == (prompts * Decimal("0.40") + host.answer_tokens[0] * Decimal("1.60")) / 1_000_000
    )
    assert not (tmp_path / "none.sqlite").exists()


def test_what_is_answered_is_not_counted_as_in_a_batch(suite, tmp_path):
    """As after a crash between a batch's last answer and the note that it is done."""
    store = tmp_path / "s.sqlite"
    with Loopback() as server:
        one = suite(f"  a: {{use: x/m, url: '{server.url}'}}\n")
        run_suite(one, store=store, started="2026-01-01")
    with closing(sqlite3.connect(store)) as reader:
        keys = tuple(key for (key,) in reader.execute("SELECT key FROM request"))
    with open_ledger(store) as ledger:
        ledger.add(BatchRow(run="r", identity="x", digest="", keys=keys, state="running"))
    (host,) = look_ahead(one, store=store).hosts
    assert (host.stored, host.requests, host.in_batch) == (6, 0, 0)


def test_repeats_are_asked_and_paid_for_each(suite, tmp_path):
    once, thrice = (ahead(adjusted(suite(MINI), repeats=k), tmp_path).hosts[0] for k in (1, 3))
    assert (thrice.answers, thrice.requests) == (18, 6)
    assert thrice.costs[0].most == 3 * once.costs[0].most
    assert ahead(adjusted(suite(MINI), repeats=2), tmp_path).same
    assert not ahead(adjusted(suite(MINI), repeats=2, temperature=0.7), tmp_path).same


def test_at_most_holds_where_the_tokenizer_is_not_known(suite, tmp_path):
    rows = [("ⵣ" * 40, "yes"), ("x" * 90, "no")]
    with Loopback(answer=lambda _: "word " * 400) as server:
        model = f"  a: {{use: x/m, url: '{server.url}', price: {{input: 3, output: 9}}}}\n"
        one = suite(model, rows=rows)
        (host,) = ahead(one, tmp_path).hosts
        assert host.counted == "guessed"
        done = run_suite(one, store=tmp_path / "s.sqlite", started="2026-01-01")
    assert Decimal(done.run.models[0].cost) <= host.costs[0].most
    assert host.costs[0].expected < host.costs[0].most
    # No tokenizer makes more tokens of a text than it has bytes.
    prompts = sum(len(q.encode()) for q, _ in rows)
    assert host.costs[0].most >= Decimal(prompts * 3 + 2 * 256 * 9) / 1_000_000


def test_a_price_that_is_not_known_is_said(suite, tmp_path):
    model = "  a: {use: x/m, url: 'http://127.0.0.1:9/v1'}\n"
    (host,) = ahead(suite(model), tmp_path).hosts
    assert (list(host.unpriced), list(host.costs)) == (["a"], [])
    with pytest.raises(UsageError, match="is not known"):
        ahead(suite(model), tmp_path, terms=terms_of(budget=Decimal(1)))


def _train(folder):
    asked = [
        {"role": "user", "content": "Never in the test"},
        {"role": "assistant", "content": "no"},
    ]
    (folder / "train.jsonl").write_text(json.dumps({"messages": asked}) + "\n", "utf-8")


def test_what_is_on_this_machine_costs_nothing_and_is_not_counted(suite, tmp_path):
    model = "  a: 'baseline:nearest-answer'\ntrain: train.jsonl\n"
    _train(tmp_path)
    (host,) = ahead(suite(model), tmp_path).hosts
    assert (host.host, host.prompt_tokens, list(host.costs), list(host.unpriced)) == (
        None, None, [], [],
    )  # fmt: skip


def test_a_gate_on_probabilities_that_a_model_does_not_give(suite, tmp_path):
    rows = [(f"question {n}", "yes" if n % 2 else "no") for n in range(8)]
    one = suite(MINI, rows=rows)
    assert ahead(one, tmp_path).rows == 8  # openai gives them
    _train(tmp_path)
    gate = "train: train.jsonl\ngates: ['a auroc >= 50%']\n"
    labels = suite("  a: 'baseline:nearest-answer'\n", gate, rows=rows)
    from dataclasses import replace

    with pytest.raises(UsageError, match=r"auroc.*label probabilities.*nothing was asked"):
        ahead(replace(labels, task="classification"), tmp_path)


def test_tools_that_a_model_does_not_take_are_told_before_anything_is_sent(suite, tmp_path):
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
    with Loopback() as server:
        model = f"  old: {{use: x/m, url: '{server.url}', api: completions}}\n"
        with pytest.raises(UsageError, match=r"old .*takes no tools; nothing was asked"):
            run_suite(suite(model, tools=[tool]), store=tmp_path / "s.sqlite", started="2026-01-01")
        assert server.requests == []
        chat = f"  new: {{use: x/m, url: '{server.url}'}}\n"
        assert ahead(suite(chat, tools=[tool]), tmp_path).rows == 6


@pytest.mark.parametrize(
    ("written", "amount"),
    [("$1,000", 1000), (2.5, Decimal("2.5")), ("0", 0), ("0.001", Decimal("0.001"))],
)
def test_sums(written, amount):
    assert dollars(written) == amount


@pytest.mark.parametrize(
    ("written", "seconds"), [("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1.5h", 5400), (45, 45)]
)
def test_lengths_of_time(written, seconds):
    assert seconds_in(written) == seconds


@pytest.mark.parametrize("written", ["", "0", "-5m", "5 weeks", "m", "1e400", "nan"])
def test_what_is_no_length_of_time(written):
    with pytest.raises(UsageError):
        seconds_in(written)


@pytest.mark.parametrize("written", ["", "-1", "nan", "inf", "much", "1e", "0,50"])
def test_what_is_no_sum(written):
    with pytest.raises(UsageError):
        dollars(written)


def test_concurrency_is_for_those_that_are_asked(suite):
    models = MINI + "  a: 'baseline:majority'\ntrain: test.jsonl\n"
    one = adjusted(suite(models), concurrency=3, seed=5)
    assert one.models["tuned"].options["concurrency"] == 3
    assert "concurrency" not in one.models["a"].options
    assert (one.seed, one.repeats) == (5, 1)
