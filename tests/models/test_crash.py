# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: nothing paid for is lost, and what may be paid twice is known by name."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
from loopback import FastLoopback

AT_ONCE = 16

PROGRAM = """
import asyncio
from pathlib import Path
from evalkit.core.exchange import Request
from evalkit.models._store import open_store
from evalkit.models.ask import Terms, ask_all
from evalkit.models.open import open_model
from evalkit.models.spec import parse_spec

async def main():
    spec = parse_spec({"use": "m", "url": url, "concurrency": at_once}, where="test")
    requests = [Request(messages=[{"role": "user", "content": f"q{i}"}]) for i in range(n)]
    async with open_model(spec, name="m", folder=Path()) as model:
        with open_store(Path(path)) as store:
            await ask_all(model, requests, store, terms=Terms(if_maybe_paid=if_maybe_paid))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def context():
    """Processes that have the imports behind them, where the system can do that."""
    method = "forkserver" if os.name == "posix" else "spawn"
    made = multiprocessing.get_context(method)
    if method == "forkserver":
        made.set_forkserver_preload(
            ["openai.resources.chat", "evalkit.models.ask", "evalkit.models.openai_compatible"]
        )
    return made


class Case:
    """One store, one server that bills, and processes that ask."""

    def __init__(self, context, server, path: Path, n: int, if_maybe_paid: str = "ask-again"):
        self.context, self.server, self.path, self.n = context, server, path, n
        self.if_maybe_paid = if_maybe_paid

    def start(self):
        given = {
            "url": self.server.url,
            "path": str(self.path),
            "n": self.n,
            "at_once": AT_ONCE,
            "if_maybe_paid": self.if_maybe_paid,
        }
        process = self.context.Process(target=exec, args=(PROGRAM, given))
        process.start()
        return process

    def killed(self, after: int) -> None:
        """Let a process ask until `after` more answers are billed, and kill it."""
        until = len(self.server.billed) + after
        process = self.start()
        while len(self.server.billed) < until and process.exitcode is None:
            time.sleep(0.001)
        process.kill()
        process.join()
        time.sleep(0.05)  # the server ends what it was at

    def finished(self) -> None:
        process = self.start()
        process.join(600)
        assert process.exitcode == 0

    def rows(self) -> dict[str, tuple[str, int, bytes]]:
        """Question to state, attempts and answer."""
        connection = sqlite3.connect(self.path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT body, state, attempts, reply FROM request").fetchall()
        connection.close()
        return {json.loads(body)["messages"][0]["content"]: rest for body, *rest in found}

    def answers(self) -> dict[str, bytes]:
        return {q: reply for q, (state, _, reply) in self.rows().items() if state == "ok"}


def killed_often(case: Case, kills: int, seed: int) -> None:
    """Kill at random moments; what was stored stays, and is not asked again."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(kills):
        kept = case.answers() if case.path.exists() else {}
        before = Counter(case.server.billed)
        case.killed(after=dice.randrange(1, 2 * case.n // (kills + 1)))
        assert kept.items() <= case.answers().items()
        assert not kept.keys() & (Counter(case.server.billed) - before).keys()
    case.finished()


def uninterrupted(context, server, path: Path, n: int) -> dict[str, bytes]:
    case = Case(context, server, path, n)
    case.finished()
    return case.answers()


def check(context, folder: Path, n: int, kills: int, seed: int) -> None:
    with FastLoopback(delay=0.005) as server:
        case = Case(context, server, folder / "killed.sqlite", n)
        killed_often(case, kills, seed)
        rows = case.rows()
        assert rows.keys() == {f"q{i}" for i in range(n)}
        assert {state for state, _, _ in rows.values()} == {"ok"}
        twice = {q: count for q, count in Counter(server.billed).items() if count > 1}
        assert sum(count - 1 for count in twice.values()) <= kills * AT_ONCE
        assert all(rows[q][1] >= count for q, count in twice.items())  # the store knows them
        asked = len(server.requests)
        case.finished()
        assert len(server.requests) == asked
    with FastLoopback() as server:
        assert uninterrupted(context, server, folder / "whole.sqlite", n) == case.answers()


def check_skip(context, folder: Path, n: int, kills: int, seed: int) -> None:
    with FastLoopback(delay=0.005) as server:
        case = Case(context, server, folder / "s.sqlite", n, if_maybe_paid="skip")
        killed_often(case, kills, seed)
        assert max(Counter(server.billed).values()) == 1  # nothing was paid twice
        states = Counter(state for state, _, _ in case.rows().values())
        assert states["ok"] + states["sent"] == n
        assert states["sent"] <= kills * AT_ONCE


@pytest.mark.slow
def test_killed_ten_times(context, tmp_path):
    check(context, tmp_path, n=300, kills=10, seed=1)


def test_killed_and_never_paid_twice(context, tmp_path):
    check_skip(context, tmp_path, n=120, kills=3, seed=2)


@pytest.mark.slow
def test_killed_thirty_times(context, tmp_path):
    check(context, tmp_path, n=3_000, kills=30, seed=3)


@pytest.mark.slow
def test_killed_thirty_times_and_never_paid_twice(context, tmp_path):
    check_skip(context, tmp_path, n=3_000, kills=30, seed=4)


def test_two_processes_share_one_store(context, tmp_path):
    """What one has under way the other does not ask, and takes its answer."""
    with FastLoopback(delay=0.005) as server:
        case = Case(context, server, tmp_path / "s.sqlite", 200)
        both = [case.start(), case.start()]
        for process in both:
            process.join(120)
        assert [process.exitcode for process in both] == [0, 0]
        assert len(case.answers()) == 200
        assert max(Counter(server.billed).values()) == 1
