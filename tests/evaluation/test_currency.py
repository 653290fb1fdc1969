# SPDX-License-Identifier: Apache-2.0
"""The cost of a right answer in suites: its currency, its gate, prices that are not known."""

from __future__ import annotations

import pytest

from evalkit.core.exchange import Reply, Usage
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite


@pytest.fixture
def run(recorded, tmp_path):
    """Runs two models of 60 rows with these prices: `run("{input: 1, output: 2}", None)`."""

    def call(base, tuned, keys=""):
        rows = [(f"q {i}", ("bill", "ship")[i % 2], {}) for i in range(60)]
        answers = {
            name: [
                Reply(
                    text=label if i % period else "bill",
                    usage=Usage(prompt_tokens=100 + i, completion_tokens=2),
                )
                for i, (_, label, _) in enumerate(rows)
            ]
            for name, period in (("base", 3), ("tuned", 7))
        }
        path = recorded(rows, f"metrics: [cost_per_correct]\n{keys}", **answers)
        text = path.read_text("utf-8")
        for name, price in (("base", base), ("tuned", tuned)):
            use = f"replay:{name}.answers.jsonl"
            if price:
                text = text.replace(f"{name}: {use}", f"{name}: {{use: {use}, price: {price}}}")
        path.write_text(text, "utf-8")
        return run_suite(load_suite(path), store=tmp_path / "s.sqlite", started="2026-11-21").run

    return call


def measures(run):
    return {m.model: m for m in run.measures if m.metric == "cost_per_correct"}


def test_in_the_currency_of_the_prices(run):
    price = "{input: 10, output: 20, currency: CNY}"
    done = run(price, price, "gates: [tuned cost_per_correct <= 1x base]")
    found = measures(done)
    assert {m.unit for m in found.values()} == {"cny"}
    # Base is right in 50 of 60, tuned in 56 (ship at every third, every seventh row is bill).
    right = {m.model: m.interval.value * m.interval.n for m in done.measures
             if m.metric == "accuracy" and m.slice == "all"}  # fmt: skip
    paid = sum((100 + i) * 10 + 40 for i in range(60)) / 1e6
    for name, one in found.items():
        assert one.interval.value == pytest.approx(paid / right[name])
    (gate,) = done.gates
    assert gate.verdict == "pass"
    assert gate.interval.value == pytest.approx(right["base"] / right["tuned"])
    assert gate.interval.low < gate.interval.value < gate.interval.high
    (difference,) = [d for d in done.differences if d.metric == "cost_per_correct"]
    assert (difference.unit, difference.better) == ("cny", "lower")
    assert difference.interval.value < 0


def test_what_has_no_price_has_no_cost(run):
    done = run("{input: 1, output: 2}", None, "gates: [tuned cost_per_correct <= 1x base]")
    found = measures(done)
    assert found["base"].interval.value > 0
    assert found["tuned"].interval.why == "no price or no token counts are known"
    assert done.gates[0].verdict == "fail"
    assert "no price" in done.gates[0].needs["en"]


def test_two_currencies_are_never_compared(run):
    done = run("{input: 1, output: 2}", "{input: 1, output: 2, currency: CNY}")
    found = measures(done)
    assert found["base"].interval.value > 0
    assert found["tuned"].interval.value != found["tuned"].interval.value
    (difference,) = [d for d in done.differences if d.metric == "cost_per_correct"]
    assert difference.interval.value != difference.interval.value
