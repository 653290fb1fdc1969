# SPDX-License-Identifier: Apache-2.0
"""A real model as judge, from end to end: a very small one, which is seen to judge by place."""

import pytest

from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite

pytestmark = [pytest.mark.slow, pytest.mark.local]

ROWS = [
    ("What is the capital of France?", "The capital of France is Paris.", {}),
    ("How many days has a week?", "A week has seven days.", {}),
]


def test_the_local_model_judges_and_is_not_believed(recorded, tmp_path):
    path = recorded(
        ROWS,
        "judge: {use: local:smollm2, ask: Which answer is correct?, max_tokens: 120}\n"
        "gates: [tuned better than base]",
        base=["I do not know, banana.", "I do not know, apple."],
        tuned=["It is Paris.", "Seven days."],
    )
    store = tmp_path / "store.sqlite"
    found = run_suite(load_suite(path), store=store, started="2026-01-01").run
    assert (found.judged_by.requests, found.judged_by.errors) == (4, 0)
    assert found.judged_by.prompt_tokens > 1000
    # Held to the schema by its grammar: a verdict, unless its reason runs to the limit.
    said = [word for row in found.rows for _, v in row.verdicts for word in v.said]
    assert len(said) == 4
    assert {"win", "loss", "tie"} & {*said}
    # 135 M parameters favour a place (all verdicts for A in November 2026): it decides no gate.
    assert not found.judge.may_gate
    assert found.gates[0].verdict != "pass"
    again = run_suite(load_suite(path), store=store, started="2026-01-01").run
    assert again.judged_by.cached == 4
    assert again.rows == found.rows
