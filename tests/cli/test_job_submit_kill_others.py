# SPDX-License-Identifier: Apache-2.0
"""kill -9 of `evalkit job submit` where jobs keep no metadata: still one upload and one job."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time

import pytest
from loopback import Loopback
from loopback.fireworks import fireworks_of
from loopback.mistral import mistral_of
from loopback.together import together_of

KEY = "k-0123456789abcdef"
KILLS = 8  # of each provider's
TARGETS = {
    "together": ("google/gemma-4-31B-it", together_of),
    "fireworks": ("accounts/fireworks/models/qwen3-8b", fireworks_of),
    "mistral": ("open-mistral-7b", mistral_of),
}

PROGRAM = """
import os, sys
from datetime import date
os.chdir(folder)
os.environ["TEST_KEY"] = key
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
        made.set_forkserver_preload(["openai", "evalkit.cli._job_submit", "evalkit.jobs.api"])
    return made


def rows(name, n):
    made = [
        [{"role": "user", "content": f"{name} {i}?"}, {"role": "assistant", "content": f"{i}."}]
        for i in range(n)
    ]
    return "".join(json.dumps({"messages": one}) + "\n" for one in made)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_killed_at_random_moments(context, tmp_path, target):
    dice = random.Random(target)  # noqa: S311
    model, state_of = TARGETS[target]
    with Loopback(key=KEY, delay=0.004) as server:
        state = state_of(server)

        def start(number):
            for which in ("t", "v"):
                (tmp_path / f"{which}{number}.jsonl").write_text(rows(f"{which}{number}", 12))
            arguments = [
                "job", "submit", f"t{number}.jsonl", "--validation", f"v{number}.jsonl",
                "--target", target, "--model", model, "--url", server.url_of(target),
                "--key-env", "TEST_KEY", "--yes", "--settle", "0.5",
            ]  # fmt: skip
            given = {"folder": str(tmp_path), "key": KEY, "arguments": arguments}
            process = context.Process(target=exec, args=(PROGRAM, given))
            process.start()
            return process

        def counted():
            files = state.files if target == "mistral" else state.uploaded
            return len(files), len(state.creates)

        kills = number = 0
        while kills < KILLS:
            number += 1
            before = counted()
            for _ in range(dice.randrange(1, 3)):
                until = len(server.paths) + dice.randrange(9)
                process = start(number)
                while len(server.paths) < until and process.exitcode is None:
                    time.sleep(0.0005)
                time.sleep(dice.uniform(0, 0.008))
                process.kill()
                process.join()
                time.sleep(0.05)  # the server ends what it was at
                kills += process.exitcode < 0
            process = start(number)
            process.join(60)
            process.kill()  # one that hangs would hold up the end of the tests
            assert process.exitcode == 0, (tmp_path / "said.txt").read_text()
            uploads, creates = counted()
            assert (uploads - before[0], creates - before[1]) == (2, 1), server.paths[-40:]
        assert server.complaints == []
