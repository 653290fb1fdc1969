# SPDX-License-Identifier: Apache-2.0
"""Batches of several models and repeats in one run."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from loopback import Loopback

from evalkit.core.errors import RemoteError, StoppedError
from evalkit.evaluation.run import run_suite
from evalkit.evaluation.suite import load_suite
from evalkit.models.ask import Terms


@pytest.fixture
def server(monkeypatch):
    with Loopback() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key-of-the-loopback")
        yield running
    assert running.complaints == []


@pytest.fixture
def suite(tmp_path):
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    (tmp_path / "test.jsonl").write_text(json.dumps({"messages": messages}) + "\n")
    (tmp_path / "x.eval.yaml").write_text(
        "data: test.jsonl\ntask: qa\nrepeats: 3\nmodels:\n"
        "  a: openai/gpt-4.1-mini\n  b: {use: openai/gpt-4.1-mini, max_tokens: 9}\n"
    )
    return load_suite(tmp_path / "x.eval.yaml")


WHOLE = "batch_000001, batch_000002, batch_000003 + 3 more go on at 127.0.0.1"


def stopped(suite, tmp_path, lines):
    stop = asyncio.Event()

    def tell(line):
        lines.append(line)
        if sum("on its way" in line for line in lines) == 6:
            stop.set()

    terms = Terms(stop=stop)
    run_suite(suite, store=tmp_path / "s", started="2026-01-01", terms=terms, batch=True, tell=tell)


def test_a_stop_names_the_batches_of_all_models_and_repeats(suite, server, tmp_path):
    server.batches.paused = True
    lines = []
    with pytest.raises(StoppedError) as ended:
        stopped(suite, tmp_path, lines)
    assert ended.value.message.startswith(f"stopped: {WHOLE}")
    assert len(server.batches.held) == 6
    assert not [line for line in lines if "waiting for another" in line]


def test_an_error_names_the_batches_that_go_on(suite, server, tmp_path):
    server.batches.paused = True
    server.fail(401, path="/batches/", method="GET", times=1)
    with pytest.raises(RemoteError) as ended:
        run_suite(
            suite, store=tmp_path / "s", started="2026-01-01", batch=True, tell=lambda _line: None
        )
    assert ended.value.status == 401
    assert re.search(r"; batch_00000\d.* go(es)? on at 127\.0\.0\.1", ended.value.message)
