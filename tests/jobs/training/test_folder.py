# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
import sys

import pytest

from evalkit.core.errors import InputError
from evalkit.jobs.training.alive import alive, holding
from evalkit.jobs.training.folder import Folder, Kept, State, metrics_csv

HOLDER = """
import sys, time
from pathlib import Path
from evalkit.jobs.training.alive import holding
with holding(Path(sys.argv[1])) as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_the_lock_goes_with_its_process(tmp_path):
    assert not alive(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline().strip() == b"True"
        assert alive(tmp_path)
        with holding(tmp_path, patience=0.0) as mine:
            assert not mine
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert not alive(tmp_path)
    with holding(tmp_path) as mine:
        assert mine
        assert alive(tmp_path)  # in the same process too
    assert not alive(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot use"), holding(tmp_path):
        pass


def test_there_is_a_job_once_its_order_is_taken(folder):
    folder.draft({"model": "smollm2"})
    assert not folder.exists
    folder.take()
    assert folder.exists
    assert folder.order()["model"] == "smollm2"
    folder.draft({"model": "another"})
    folder.take()  # an order that was taken stays as it is
    assert folder.order()["model"] == "smollm2"
    assert not (folder.path / "draft.json").exists()


def test_states_come_back(folder):
    state = State(
        status="running",
        started=1.0,
        steps=6,
        checkpoints=(Kept(step=3, file="checkpoints/step-3.gguf", created=2.0, metrics={"x": 1}),),
    )
    folder.write_state(state)
    assert folder.state() == state
    assert folder.change(step=4).step == 4
    assert folder.state().step == 4


@pytest.mark.parametrize("text", ["", "[]", "{", '{"status": "running"}', '{"checkpoints": [{}]}'])
def test_a_broken_state_is_one_line(folder, text):
    (folder.path / "state.json").write_text(text)
    with pytest.raises(InputError, match="cannot read"):
        folder.state()


def test_wishes(folder):
    assert folder.wish() is None
    folder.tell("pause")
    assert folder.wish() == "pause"
    folder.tell(None)
    folder.tell(None)
    assert folder.wish() is None
    for odd in ("", "{}", '{"want": "rm -rf"}', "[]"):
        (folder.path / "control.json").write_text(odd)
        assert folder.wish() is None


def test_events_are_whole_after_a_kill(folder):
    assert list(folder.events()) == []
    folder.say("one", step=1, metrics={"train_loss": 0.5})
    with (folder.path / "events.jsonl").open("ab") as stream:
        stream.write(b'{"id": "torn", "text": "tor')
    assert [event["text"] for event in folder.events()] == ["one"]
    folder.say("两", level="warn")
    first, second = folder.events()
    assert (first["metrics"], first["step"]) == ({"train_loss": 0.5}, 1)
    assert (second["text"], second["level"]) == ("两", "warn")
    assert first["id"] < second["id"]


def test_results_file(folder):
    assert folder.rows() == []
    rows = [
        {"step": 1, "train_loss": 2.5, "train_accuracy": 0.123456789},
        {"step": 2, "train_loss": 1.0, "train_accuracy": 1.0, "valid_loss": 0.25,
         "valid_mean_token_accuracy": 0.0},
    ]  # fmt: skip
    folder.write_metrics(rows)
    assert folder.metrics.read_text() == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"
        "1,2.5,0.123457,,\n"
        "2,1,1,0.25,0\n"
    )
    assert folder.rows() == [rows[0] | {"train_accuracy": 0.123457}, rows[1]]
    head = metrics_csv([{"step": 1, "full_valid_loss": 1.0}]).splitlines()[0]
    assert head.endswith("valid_mean_token_accuracy,full_valid_loss")
