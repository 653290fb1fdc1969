# SPDX-License-Identifier: Apache-2.0
"""A large file is linted in the memory of a small one, and its duplicates are found all the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource", reason="peak memory is read from the resource module")

LIMIT = 300  # MB
SLOPE = 40  # MB between 100 and 500 MB of input: buffers fill up to 8 MB each, then go to disk
PROBE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stdout.buffer.write(done.stdout)
sys.stderr.write(f"{done.returncode} {peak if sys.platform == 'darwin' else peak * 1024}")
"""


def build(path: Path, size: int) -> int:
    """Rows of a kilobyte, every fiftieth one a repetition; returns the repetitions."""
    filler = "Where is my parcel? It should have come last week. 我的包裹在哪里？" * 12
    rows = written = repeated = 0
    with path.open("wb") as stream:
        while written < size:
            again = rows % 50 == 49
            repeated += again
            number = rows - 49 if again else rows  # the first of the fifty
            messages = [
                {"role": "user", "content": f"{number}: {filler}"},
                {"role": "assistant", "content": f"Parcel {number} is on its way."},
            ]
            line = json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
            stream.write(line)
            rows, written = rows + 1, written + len(line)
    return repeated


def lint(path: Path) -> tuple[int, float]:
    """Findings of exact duplicates, and the peak memory in MB."""
    command = [sys.executable, "-m", "evalkit", "lint", str(path), "--statistics"]
    done = subprocess.run([sys.executable, "-c", PROBE, *command], capture_output=True, text=True)
    code, peak = done.stderr.split()
    assert code == "0", done.stdout
    counts = [line.split() for line in done.stdout.splitlines()]
    found = next(int(words[0].replace(",", "")) for words in counts if "exact-duplicate" in words)
    return found, int(peak) / 2**20


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for size in (100, 500):
        path = tmp_path / f"{size}.jsonl"
        repeated = build(path, size * 10**6)
        found, peak = lint(path)
        path.unlink()
        assert found == repeated
        assert peak < LIMIT
        peaks.append(peak)
    assert peaks[1] - peaks[0] < SLOPE
