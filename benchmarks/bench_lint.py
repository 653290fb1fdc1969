# SPDX-License-Identifier: Apache-2.0
"""Linting with token counts: evalkit against the cookbook's check script, in one run.

    python benchmarks/bench_lint.py [MEGABYTES] [--rounds N] [--memory] [--stages]

Peer: benchmarks/peers/cookbook_check.py, the check script of OpenAI's cookbook written anew (json,
a dozen checks, tiktoken, numpy). Both are whole processes on the same file and encoding, evalkit
with every default rule; wall time, the best of the rounds, interleaved. `--stages` prints the cost
of each stage and of each rule in microseconds a row, `--memory` the peak RSS by file size.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared" / "data"
GOALS = {
    ("cl100k_base", 1): 3.0,
    ("cl100k_base", 2): 5.0,
    ("o200k_base", 1): 2.2,
    ("o200k_base", 2): 3.3,
}
MODELS = {"cl100k_base": "gpt-3.5-turbo", "o200k_base": "gpt-4o-mini"}

sys.path.insert(0, str(HERE))


def ranks_for_tiktoken(folder: Path) -> None:
    """Fill a cache that tiktoken loads its encodings from, as if it had downloaded them."""
    import base64
    import hashlib

    from evalkit.tokens.ranks import read

    for encoding in MODELS:
        url = f"https://openaipublic.blob.core.windows.net/encodings/{encoding}.tiktoken"
        ranks = sorted(read(encoding).items(), key=lambda item: item[1])
        lines = (base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks)
        place = folder / hashlib.sha1(url.encode()).hexdigest()  # noqa: S324  (tiktoken's way)
        place.write_bytes(b"".join(lines))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)


def timed(command: Sequence[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a process and its children."""
    probe = (
        "import resource, subprocess, sys, time\n"
        "start = time.perf_counter()\n"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
        "wall = time.perf_counter() - start\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(code, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command], capture_output=True, text=True, check=True
    )
    code, wall, cpu, peak = map(float, done.stdout.split())
    if code:
        raise SystemExit(f"{' '.join(command)}: exit code {code:.0f}\n{done.stderr}")
    return wall, cpu, peak


def race(path: Path, rounds: int) -> None:
    """Print wall, CPU and peak of each program and the ratios."""
    print(f"{'':34}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'ratio':>7}  goal")
    for encoding, model in MODELS.items():
        peer = [sys.executable, str(HERE / "peers/cookbook_check.py"), str(path), encoding]
        lint = [
            sys.executable, "-m", "evalkit", "lint", str(path), "--tokens", "--model", model,
            "--fail-on", "never", "--jobs",
        ]  # fmt: skip
        commands = {0: peer, 1: [*lint, "1"], 2: [*lint, "2"]}
        best: dict[int, tuple[float, float, float]] = {}
        for _ in range(rounds):
            for jobs, command in commands.items():
                measured = timed(command)
                best[jobs] = min(best.get(jobs, measured), measured)
        for jobs, (wall, cpu, peak) in best.items():
            name = f"{encoding} " + (
                f"evalkit, {jobs} process(es)" if jobs else "cookbook's script"
            )
            ratio = best[0][0] / wall
            goal = GOALS.get((encoding, jobs))
            verdict = "" if goal is None else f"{goal}  {'ok' if ratio >= goal else 'MISSED'}"
            print(f"{name:34}{wall:8.2f}{cpu:8.2f}{peak:9.0f}{ratio:7.2f}  {verdict}")


def stages(path: Path) -> None:  # noqa: C901, PLR0912, PLR0915  (one stage after the other)
    """Print microseconds a row of each stage and of each rule that costs anything."""
    import gc

    from evalkit.data.lines import lines
    from evalkit.data.read import open_data
    from evalkit.lint.catalogue import every_rule
    from evalkit.lint.counting import as_row
    from evalkit.lint.engine import Settings
    from evalkit.lint.policy import resolve
    from evalkit.lint.rule import SCOPES
    from evalkit.lint.shape import violations
    from evalkit.lint.walk import Walk
    from evalkit.tokens.chat import billed

    gc.disable()
    data = open_data(path)
    rows = list(data)
    number = len(rows)

    def say(name: str, seconds: float, more: str = "") -> None:
        print(f"{name:44}{seconds / number * 1e6:9.2f} {more}")

    print(f"{number:,} rows of {data.size / number:,.0f} bytes; microseconds a row")
    start = time.process_time()
    with path.open("rb") as stream:
        from evalkit.data.encodings import named

        for _ in lines(stream, named("utf-8", b"")):
            pass
    say("lines", time.process_time() - start)
    start = time.process_time()
    for _ in data:
        pass
    say("read (lines, parse, Example)", time.process_time() - start)
    start = time.process_time()
    for row in rows:
        violations(row)
    say("schema", time.process_time() - start)
    start = time.process_time()
    for row in rows:
        row.messages  # noqa: B018  (made once, kept)
    say("messages", time.process_time() - start)
    for encoding in MODELS:
        billed([as_row(row) for row in rows[:50]], encoding=encoding)
        start = time.process_time()
        for at in range(0, number, 200):
            billed([as_row(row) for row in rows[at : at + 200]], encoding=encoding)
        say(f"count {encoding}", time.process_time() - start)

    scopes = [scope for scope in SCOPES if scope != "corpus"]
    walk = Walk(resolve(Settings(), every_rule()), scopes, keep=100)
    start = time.process_time()
    for row in rows:
        walk.feed(row)
    say("all rules, schema and prefilters", time.process_time() - start)

    walk = Walk(resolve(Settings(), every_rule()), scopes, keep=100)
    spent: dict[str, int] = {}
    asked: dict[str, int] = {}

    def wrap(name: str, call):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        clock = time.thread_time_ns  # not the wall: others use the machine too

        def measured(*args: object, **more: object) -> object:
            begin = clock()
            said = call(*args, **more)
            said = said if said is None else list(said)
            spent[name] = spent.get(name, 0) + clock() - begin
            asked[name] = asked.get(name, 0) + 1
            return said

        return measured

    for scope in list(walk.running):
        for running in walk.of(scope):
            running.call = wrap(running.run.rule.name, running.call)
    plan = walk._plan_for("sft")  # noqa: SLF001
    start = time.process_time()
    for row in rows:
        plan.suspects(row)
    say("prefilter (one pass for all needles)", time.process_time() - start)
    for row in rows:
        walk.feed(row)
    empty = wrap("nothing", lambda: None)
    for _ in range(10_000):
        empty()
    idle = spent.pop("nothing") / asked.pop("nothing")
    print("each rule: microseconds a row, and the share of rows that it was shown")
    for name in sorted(spent, key=lambda n: -spent[n]):
        own = max(0.0, (spent[name] - idle * asked[name]) / 1e9)
        say(f"  {name}", own, f"{100 * asked[name] / number:6.1f} %")


def memory(folder: Path) -> None:
    """Print the peak RSS of a lint by file size."""
    from corpus import build

    for megabytes in (100, 300, 1000):
        path = folder / f"{megabytes}.jsonl"
        build(SHARED, path, megabytes * 10**6)
        for extra in ([], ["--tokens", "--model", "gpt-4o-mini"]):
            wall, _, peak = timed(
                [sys.executable, "-m", "evalkit", "lint", str(path), "--fail-on", "never", *extra]
            )
            print(f"{megabytes:6} MB {' '.join(extra[:1]):9}{wall:8.1f} s {peak:7.0f} MB peak RSS")
        path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", nargs="?", type=float, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--stages", action="store_true")
    given = parser.parse_args()
    if not SHARED.exists():
        raise SystemExit(f"the texts are not here: {SHARED}")
    from corpus import build

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.memory:
            memory(folder)
            return
        path = folder / "chat.jsonl"
        megabytes = min(given.megabytes, 20) if given.stages else given.megabytes
        rows = build(SHARED, path, int(megabytes * 10**6))
        print(f"{rows:,} different rows, {path.stat().st_size / 1e6:.0f} MB")
        ranks_for_tiktoken(folder)
        if given.stages:
            stages(path)
        else:
            race(path, given.rounds)


if __name__ == "__main__":
    main()
