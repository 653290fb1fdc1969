# SPDX-License-Identifier: Apache-2.0
"""A full disk, a place that cannot be written, signals, a reader that is gone: told and resumable."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback import FastLoopback

N = 60
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

# The real command, with a limit on the size of files where one is wanted.
COMMAND = """
import sys
limit = int(sys.argv.pop(1))
if limit:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from evalkit.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def there():
    with FastLoopback(delay=0.03) as server:
        yield server


@pytest.fixture
def suite(tmp_path, there):
    rows = [
        {"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": "a"}]}
        for n in range(N)
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "t.jsonl").write_text(text, encoding="utf-8")
    model = {"use": "m", "url": there.url, "concurrency": 4}
    document = {"data": "t.jsonl", "models": {"base": model}}
    (tmp_path / "s.eval.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def started(folder: Path, *options: str, limit: int = 0, stdout=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(limit), "run", "s.eval.json", "--no-report", *options],
        cwd=folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def ended(process) -> tuple[int, str]:
    said = process.communicate(timeout=120)[1].decode()
    assert "Traceback" not in said
    return process.returncode, said


def states(folder: Path) -> dict[str, int]:
    connection = sqlite3.connect(folder / ".evalkit" / "store.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = dict(connection.execute("SELECT state, count(*) FROM request GROUP BY state"))
    connection.close()
    return found


def whole_files_only(folder: Path) -> bool:
    """No temporary file is left, and what stands is whole."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_bytes())
    return not [path for path in files if path.name.startswith(".") and path.name != ".gitignore"]


def resumed(folder: Path, there) -> None:
    """The same command asks the rest and no more."""
    kept = states(folder).get("ok", 0)
    asked = len(there.requests)
    code, said = ended(started(folder))
    assert code == 0, said
    assert len(there.requests) - asked == N - kept
    assert states(folder) == {"ok": N}


@POSIX
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGTERM", marks=pytest.mark.slow)])
def test_signals(suite, there, name):
    process = started(suite)
    while len(there.billed) < 10 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(getattr(signal, name))
    code, said = ended(process)
    assert code == 130
    assert "same command" in said
    assert states(suite) == {"ok": len(there.billed)}  # what was under way is kept
    assert whole_files_only(suite)
    resumed(suite, there)


@POSIX
@pytest.mark.slow
def test_a_full_disk(suite, there):
    """Writes beyond a size fail, as they do on a disk without room."""
    code, said = ended(started(suite, limit=48 * 1024))
    assert code == 2
    assert "cannot use the store" in said
    assert "disk full" in said
    assert states(suite).get("ok", 0) < N
    assert whole_files_only(suite)
    resumed(suite, there)


def test_a_place_that_cannot_be_written(suite, there):
    (suite / ".evalkit").write_text("a file where the folder would be", encoding="utf-8")
    code, said = ended(started(suite))
    assert code == 2
    assert "cannot use the store" in said
    assert there.requests == []  # told before anything is paid for


@POSIX
@pytest.mark.slow
def test_nobody_reads_the_output(suite, there):
    reading, writing = os.pipe()
    os.close(reading)
    process = started(suite, stdout=writing)
    os.close(writing)
    code, said = ended(process)
    assert code in (0, 1), said  # silent; a gate that nobody read of must not look passed
    assert states(suite) == {"ok": N}
    assert len(there.requests) == N
