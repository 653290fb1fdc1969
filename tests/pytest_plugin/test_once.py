# SPDX-License-Identifier: Apache-2.0
"""Work that several processes want is done by one; a holder that dies does not stop the others."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from evalkit.pytest_plugin import once

PROCESS = """
import sys, time
from pathlib import Path
from evalkit.pytest_plugin.once import once

folder = Path(sys.argv[1])

def work():
    with (folder.parent / "log").open("a") as log:
        log.write("x")
    time.sleep(0.3)
    return {"答": [1, None]}

assert once(folder, "run-1", work) == {"答": [1, None]}
"""


def test_of_several_processes_one_works(tmp_path):
    call = [sys.executable, "-c", PROCESS, str(tmp_path / "shared")]
    running = [subprocess.Popen(call) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert (tmp_path / "log").read_text() == "x"
    assert once.done(tmp_path / "shared", "run-") == [{"答": [1, None]}]
    assert once.done(tmp_path / "shared", "answers-") == []


def test_of_several_threads_one_is_inside(tmp_path):
    inside, most = 0, 0
    lock = threading.Lock()

    def enter():
        nonlocal inside, most
        for _ in range(3):
            with once.alone(tmp_path, "purse"):
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.005)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_the_lock_of_a_dead_process_is_passed_over(tmp_path):
    lock = tmp_path / "run-1.0.lock"
    lock.touch()
    long_ago = time.time() - 60
    os.utime(lock, (long_ago, long_ago))
    assert once.once(tmp_path, "run-1", lambda: 7) == 7
    assert (tmp_path / "run-1.1.lock").exists()


def test_work_that_fails_is_not_done(tmp_path):
    with pytest.raises(ZeroDivisionError):
        once.once(tmp_path, "run-1", lambda: 1 // 0)
    assert once.once(tmp_path, "run-1", lambda: 7) == 7


def test_others_may_not_read_it(tmp_path):
    with once.alone(tmp_path / "new", "x"):
        pass
    if os.name == "posix":
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0
