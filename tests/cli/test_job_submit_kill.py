# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments of `evalkit job submit`: no second upload, no second job."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter

import pytest
from loopback import Loopback

SEED = 20261121
KILLS = 20
TARGETS = {"openai": "gpt-4.1-mini", "azure": "gpt-4.1"}

PROGRAM = """
import os, sys
from datetime import date
os.chdir(folder)
os.environ.update(environment)
sys.stdin = open(os.devnull)
sys.stdout = sys.stderr = open("said.txt", "w", encoding="utf-8")
import evalkit.cli._job_submit as verb
verb._today = lambda: date(2026, 11, 21)
from evalkit.cli.main import main
main(arguments)
"""


@pytest.fixture(scope="module")
def context():
    """Processes that have the imports behind them, where the system can do that."""
    method = "forkserver" if os.name == "posix" else "spawn"
    made = multiprocessing.get_context(method)
    if method == "forkserver":
        made.set_forkserver_preload(
            [
                "openai.resources.chat",
                "evalkit.cli.main",
                "evalkit.cli._job_submit",
                "evalkit.jobs.api",
                "evalkit.estimation.answer",
            ]
        )
    return made


def rows(name, n):
    made = [
        [{"role": "user", "content": f"{name} {i}?"}, {"role": "assistant", "content": f"{i}."}]
        for i in range(n)
    ]
    return "".join(json.dumps({"messages": one}) + "\n" for one in made)


class Orders:
    """Orders from one folder to one server."""

    def __init__(self, context, server, folder):
        self.context, self.server, self.folder = context, server, folder
        self.environment = {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "sk-test-12345678",
            "AZURE_OPENAI_ENDPOINT": f"http://127.0.0.1:{server.port}",
            "AZURE_OPENAI_API_KEY": "azure-key-1234",
        }

    def start(self, target, number):
        for which in ("t", "v"):
            (self.folder / f"{which}{number}.jsonl").write_text(rows(f"{which}{number}", 12))
        arguments = [
            "job", "submit", f"t{number}.jsonl", "--validation", f"v{number}.jsonl",
            "--target", target, "--model", TARGETS[target], "--yes", "--settle", "0.5",
        ]  # fmt: skip
        given = {
            "folder": str(self.folder),
            "environment": self.environment,
            "arguments": arguments,
        }
        process = self.context.Process(target=exec, args=(PROGRAM, given))
        process.start()
        return process

    def counted(self):
        tuning = self.server.fine_tuning
        return len(tuning.uploads), len(tuning.creates)

    def state(self):
        """How far the youngest record came."""
        kept = [json.loads(path.read_text()) for path in self.folder.glob(".evalkit/jobs/*.json")]
        return max(kept, key=lambda one: one["created"])["state"] if kept else "nothing"

    def killed(self, target, number, *, requests, seconds):
        """Kill it so many seconds after so many of its requests; whether it was still alive."""
        until = len(self.server.paths) + requests
        process = self.start(target, number)
        while len(self.server.paths) < until and process.exitcode is None:
            time.sleep(0.0005)
        time.sleep(seconds)
        process.kill()
        process.join()
        time.sleep(0.05)  # the server ends what it was at
        return process.exitcode < 0


@pytest.mark.slow
def test_killed_at_random_moments(context, tmp_path):
    dice = random.Random(SEED)  # noqa: S311
    moments, number, kills = [], 0, 0
    with Loopback(delay=0.004) as server:
        orders = Orders(context, server, tmp_path)
        while kills < KILLS:
            number += 1
            target = dice.choice([*TARGETS])
            before = orders.counted()
            for _ in range(dice.randrange(1, 4)):
                requests, seconds = dice.randrange(8), dice.uniform(0, 0.008)
                dead = orders.killed(target, number, requests=requests, seconds=seconds)
                moments.append((target, requests, round(seconds, 4), dead, orders.state()))
                kills += dead
            process = orders.start(target, number)
            process.join(120)
            assert process.exitcode == 0, (tmp_path / "said.txt").read_text()
            uploads, creates = orders.counted()
            assert (uploads - before[0], creates - before[1]) == (2, 1), moments
            assert orders.state() == "submitted"
        assert server.complaints == []
    sys.stdout.write(json.dumps(moments))  # `-rP` shows them
    states = Counter(state for *_, dead, state in moments if dead)
    assert len(states) >= 3, states  # the kills did hit different moments


@pytest.mark.slow
def test_several_processes_at_once_order_one_job(context, tmp_path):
    with Loopback(delay=0.02) as server:
        orders = Orders(context, server, tmp_path)
        processes = [orders.start("azure", 1) for _ in range(3)]
        for process in processes:
            process.join(120)
            assert process.exitcode == 0
        assert orders.counted() == (2, 1)
