# SPDX-License-Identifier: Apache-2.0
"""The demo's data steps give the files that the suites ship with, byte for byte."""

import json
import os
import subprocess
import sys

import pytest

from evalkit.cli import demo
from evalkit.core.resources import resource


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    demo._lay_out(folder)
    told = {}
    for _, _, arguments, wanted in demo._STEPS:
        done = subprocess.run(
            [sys.executable, "-m", "evalkit", *arguments],
            cwd=folder, capture_output=True, text=True, env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.returncode == wanted, done.stderr
        told[arguments] = done.stdout + done.stderr
    return folder, told


@pytest.mark.parametrize(
    "name", ["intent.train.jsonl", "reply.train.jsonl", "intent.test.jsonl", "reply.test.jsonl"]
)
def test_the_files_of_the_suites(laid_out, name):
    folder, _ = laid_out
    assert (folder / name).read_bytes() == resource("suites", f"support/{name}").read_bytes()


def test_every_fault_that_was_put_in_is_found(laid_out):
    folder, _ = laid_out
    from evalkit.data.read import TableOptions
    from evalkit.lint.engine import Settings, check

    found = set()
    for column in ("Intent", "Reply"):
        table = TableOptions(columns={"user": "Message", "assistant": column})
        settings = Settings(table=table, against=(str(folder / "heldout-gbk.csv"),))
        found |= {f.location.line for f in check([str(folder / "support.xlsx")], settings).findings}
    faults = json.loads(resource("suites", "support/faults.json").read_text("utf-8"))
    assert {fault["row"] for fault in faults} <= found


def test_the_key_is_never_shown(laid_out):
    folder, told = laid_out
    assert "sk-p…" in "".join(told.values())
    for text in (*told.values(), (folder / "intent.train.jsonl").read_text("utf-8")):
        assert "NotARealKey" not in text


def test_the_data_alone(evalkit, tmp_path):
    assert evalkit("demo", "--data-only").out.split() == [*demo._DATA]
    assert evalkit("demo", "--data-only").code == 0  # twice changes nothing
    (tmp_path / "support.xlsx").write_text("mine")
    told = evalkit("demo", "--data-only")
    assert (told.code, (tmp_path / "support.xlsx").read_text()) == (2, "mine")
    assert "is another file" in told.err


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, capfd):
    from evalkit.cli.main import main

    (tmp_path / "x").write_text("a file, not a folder")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["demo", "--data-only", "--folder", "x"])
    assert end.value.code == 2
    said = capfd.readouterr().err
    assert said.startswith("error: cannot write x")
    assert "internal error" not in said
