# SPDX-License-Identifier: Apache-2.0
"""A command that is told to end leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without a signal")
def test_a_conversion_that_is_ended_leaves_no_data_behind(tmp_path):
    source, places = tmp_path / "t.csv", tmp_path / "tmp"
    places.mkdir()
    row = "question,a long answer\n" * 1000
    source.write_text("user,assistant\n" + row, encoding="utf-8")
    command = [sys.executable, "-m", "evalkit", "convert", "-", str(tmp_path / "out.jsonl")]
    environment = {**os.environ, "TMPDIR": str(places)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        process.stdin.write(source.read_bytes())
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not list(places.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(places.iterdir())  # the copy of standard input
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert list(places.iterdir()) == []
    assert not (tmp_path / "out.jsonl").exists()
