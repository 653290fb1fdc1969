# SPDX-License-Identifier: Apache-2.0
"""Training on this machine by the command, with a trainer of its own process that needs no torch."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from evalkit.jobs.providers import local

STUB = Path(__file__).resolve().parents[1] / "jobs" / "training" / "stub_trainer.py"
ROWS = "".join(
    json.dumps(
        {
            "messages": [
                {"role": "user", "content": f"Where is parcel number {n}?"},
                {"role": "assistant", "content": f"On its way, with courier {n}."},
            ]
        }
    )
    + "\n"
    for n in range(4)
)
WATCH = ("job", "watch", "last", "--every", "0.05")
SUBMIT = ("job", "submit", "x.jsonl", "--target", "local", "--model", "smollm2", "--yes")


@pytest.fixture(autouse=True)
def stub(monkeypatch, tmp_path):
    """The stand-in for torch and the model."""
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    provider = partial(
        local.LocalProvider,
        trainer=lambda path: [sys.executable, str(STUB), str(path)],
        checked=lambda _model: tmp_path / "model.gguf",
    )
    monkeypatch.setattr(local, "LocalProvider", provider)


def shown(run):
    return json.loads(run("job", "show", "last", "--output-format", "json").out)


def until(run, found):
    for _ in range(500):
        said = json.dumps(shown(run))
        if re.search(found, said):
            return said
        time.sleep(0.01)
    raise AssertionError(said)


def test_the_whole_circle(run, file):
    file(ROWS)
    done = run(*SUBMIT, "--epochs", "2")
    assert done.code == 0, done.err
    assert "nothing is sent anywhere" in done.err
    done = run(*WATCH)
    assert done.code == 0, done.err
    name = r"local:smollm2\+\.evalkit/jobs/local/ftlocal-\w+/adapter\.gguf"
    assert re.search(name, done.out + done.err)
    assert "training loss" in run("job", "results", "last").out
    assert "/checkpoints/step-3.gguf" in run("job", "checkpoints", "last").out


@pytest.mark.skipif(os.name != "posix", reason="kills by number")
def test_a_killed_trainer_goes_on(run, file, monkeypatch):
    monkeypatch.setenv("STUB_PAUSE", "0.05")
    file(ROWS)
    assert run(*SUBMIT, "--epochs", "40").code == 0
    until(run, '"status": "running"|"state": "running"')
    (state,) = Path(".evalkit/jobs/local").glob("ftlocal-*/state.json")
    os.kill(json.loads(state.read_text())["pid"], signal.SIGKILL)
    until(run, "trainer_gone")
    watched = run(*WATCH)
    assert watched.code == 1
    assert "evalkit job resume" in watched.out + watched.err
    monkeypatch.setenv("STUB_PAUSE", "0")
    assert run("job", "resume", "last").code == 0
    assert run(*WATCH).code == 0


def test_a_wrong_order_starts_nothing(run, file, tmp_path):
    file(ROWS)
    for given, said in (
        (("--hyperparameter", "beta=1"), "beta"),
        (("--method", "preference"), "preference"),
        (("--epochs", "51"), "50"),
    ):
        done = run(*SUBMIT, *given)
        assert done.code in (1, 2), given
        assert said in done.err
    assert not list(tmp_path.glob(".evalkit/jobs/local/ftlocal-*"))
