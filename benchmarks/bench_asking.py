# SPDX-License-Identifier: Apache-2.0
"""Questions to a model over HTTP: evalkit against inspect_ai and deepeval, in one run.

    python benchmarks/bench_asking.py [--rows 2000] [--at-once 64] [--rounds 3]
        [--peers-python PATH]

One server process (peers/chat_server.py), the same rows, a process for each, interleaved.
CPU milliseconds per request without and with the start of the process, and peak memory; the best of
the rounds. evalkit writes every intent and answer to disk before it counts as done; `openai` is the
bare client that keeps nothing, the floor of all of them.

inspect_ai and deepeval need an environment of their own (`pip install inspect-ai deepeval openai`);
--peers-python names its Python, else this one's is tried. Those that are not there are skipped.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PEERS = Path(__file__).resolve().parent / "peers"
MOST_MS = 2.0
MOST_MB = 150.0


class Peer(NamedTuple):
    """Who asks.

    Attributes:
        name: As people know it.
        program: In benchmarks/peers.
        package: What it needs.
    """

    name: str
    program: str
    package: str


OURS = Peer("evalkit", "ask_evalkit.py", "evalkit")
FLOOR = Peer("openai", "ask_openai.py", "openai")
THEIRS = (
    Peer("inspect_ai", "ask_inspect.py", "inspect_ai"),
    Peer("deepeval", "ask_deepeval.py", "deepeval"),
)


class Measured(NamedTuple):
    """Milliseconds of CPU per request, without and with start-up, and peak memory in MB."""

    asking: float
    whole: float
    mb: float


@contextmanager
def served() -> Iterator[str]:
    """The URL of a server process."""
    command = [sys.executable, str(PEERS / "chat_server.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        server.stdin.close()
        answered = server.stdout.read().strip()
        print(f"\nthe server answered {answered} requests")


def questions(path: Path, n: int) -> None:
    """Short ones, as in a test set of labels."""
    system = "Sort the customer's message into one of: refund, delivery, other."
    with path.open("w", encoding="utf-8") as stream:
        for number in range(n):
            text = f"Order {number}: where is my parcel? It was to come on Monday."
            messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
            stream.write(json.dumps({"messages": messages}) + "\n")


def there(python: str, package: str) -> bool:
    """Whether an environment has a package."""
    command = [python, "-c", f"import {package}"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def once(python: str, peer: Peer, rows: Path, url: str, n: int, at_once: int) -> Measured | None:
    """One process; None where it failed, with the end of what it said."""
    done = subprocess.run(
        [python, str(PEERS / peer.program), str(rows), url, str(at_once)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{peer.name} failed: {done.stderr.strip()[-300:]}")
        return None
    told = json.loads(done.stdout.strip().split("\n")[-1])
    return Measured(told["asking"] * 1e3 / n, told["whole"] * 1e3 / n, told["mb"])


def main() -> int:
    """Measure and print; 1 where a goal is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=2_000)
    options.add_argument("--at-once", type=int, default=64)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peers-python", default=sys.executable)
    given = options.parse_args()
    pythons = {OURS: sys.executable, FLOOR: sys.executable}
    for peer in THEIRS:
        if there(given.peers_python, peer.package):
            pythons[peer] = given.peers_python
        else:
            print(f"{peer.name} is not installed in {given.peers_python}: skipped")
    best: dict[Peer, Measured] = {}
    with tempfile.TemporaryDirectory() as folder, served() as url:
        rows = Path(folder) / "rows.jsonl"
        questions(rows, given.rows)
        for _ in range(given.rounds):
            for peer, python in pythons.items():
                found = once(python, peer, rows, url, given.rows, given.at_once)
                if found is not None:
                    best[peer] = min(best.get(peer, found), found)
    return _told(best, given.rows, given.at_once)


def _told(best: dict[Peer, Measured], rows: int, at_once: int) -> int:
    print(f"\n{rows} requests, {at_once} at once: CPU ms per request")
    print(f"{'':12}{'asking':>8}{'whole':>8}{'x evalkit':>11}{'peak MB':>9}")
    ours = best[OURS]
    for peer, it in best.items():
        ratio = it.asking / ours.asking
        print(f"{peer.name:12}{it.asking:8.2f}{it.whole:8.2f}{ratio:11.2f}{it.mb:9.0f}")
    reached = {
        f"under {MOST_MS:g} ms each": ours.asking < MOST_MS,
        f"under {MOST_MB:g} MB": ours.mb < MOST_MB,
        **{
            f"ahead of {peer.name}": ours.asking < it.asking and ours.mb < it.mb
            for peer, it in best.items()
            if peer in THEIRS
        },
    }
    for goal, good in reached.items():
        print(f"{'reached' if good else 'MISSED':8} {goal}")
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
