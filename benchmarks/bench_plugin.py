# SPDX-License-Identifier: Apache-2.0
"""What the pytest plug-in adds to every session that has no evals: against bare pytest and peers.

    python benchmarks/bench_plugin.py [--rounds 15] [--without-peers]

Each is a process of its own, interleaved, plug-ins named by `-p` and none loaded by itself:
CPU milliseconds (user and system) of the import beside `import pytest`, and of a whole session with
one empty test; the least of the rounds. Peers (syrupy, pytest-benchmark, pytest-html) are installed
into a temporary folder by pip, from the package index; without it only ours is measured.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MOST_MS = 20.0
OURS = "evalkit.pytest_plugin"
PEERS = {
    "syrupy": "syrupy",
    "pytest-benchmark": "pytest_benchmark.plugin",
    "pytest-html": "pytest_html.plugin",
}
IMPORT = """
import sys, time
import pytest
before = time.process_time()
if len(sys.argv) > 1:
    __import__(sys.argv[1])
print((time.process_time() - before) * 1000)
"""


def cpu_of(call: Sequence[str], cwd: Path, env: Mapping[str, str]) -> float:
    """CPU milliseconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def imported(plugin: str | None, cwd: Path, env: Mapping[str, str]) -> float:
    """CPU milliseconds of importing the plug-in where pytest is imported already."""
    call = [sys.executable, "-c", IMPORT, *([plugin] if plugin else [])]
    done = subprocess.run(call, cwd=cwd, env=env, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_empty(): pass\n", encoding="utf-8")
        plugins: dict[str, str | None] = {"bare pytest": None, "evalkit": OURS}
        if not given.without_peers:
            plugins |= installed(folder / "peers")
        measure(plugins, folder, given.rounds)


def installed(place: Path) -> dict[str, str | None]:
    """The peers that could be installed."""
    call = [sys.executable, "-m", "pip", "install", "-qqq", "--disable-pip-version-check"]
    done = subprocess.run([*call, "--target", place, *PEERS], check=False)
    if done.returncode:
        print("no peer could be installed: only ours is measured")
        return {}
    return dict(PEERS)


def measure(plugins: Mapping[str, str | None], folder: Path, rounds: int) -> None:
    """Interleaved, so that what else the machine does falls on all alike."""
    # Peers stand behind what is installed, so that all have one pytest.
    code = Path(__file__).resolve().parents[1]
    later = os.pathsep.join([str(code), str(folder / "peers")])
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": "", "PEERS": later}
    (folder / "sitecustomize.py").write_text(
        "import os, sys\nsys.path += os.environ['PEERS'].split(os.pathsep)\n", encoding="utf-8"
    )
    env["PYTHONPATH"] = str(folder)
    session = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_empty.py"]
    imports: dict[str, list[float]] = {name: [] for name in plugins}
    sessions: dict[str, list[float]] = {name: [] for name in plugins}
    for _ in range(rounds):
        for name, plugin in plugins.items():
            more = ["-p", plugin] if plugin else []
            imports[name].append(imported(plugin, folder, env))
            sessions[name].append(cpu_of([*session, *more], folder, env))
    bare = min(sessions["bare pytest"])
    print(f"{'':18}{'import':>12}{'session':>12}{'over bare':>12}   CPU ms, least of {rounds}")
    for name in plugins:
        least = min(sessions[name])
        print(f"{name:18}{min(imports[name]):12.1f}{least:12.0f}{least - bare:+12.1f}")
    ours = min(imports["evalkit"])
    print(
        f"evalkit's import: {ours:.1f} ms, at most {MOST_MS:g}: {'ok' if ours <= MOST_MS else 'NO'}"
    )
    if ours > MOST_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
