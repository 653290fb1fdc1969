# SPDX-License-Identifier: Apache-2.0
"""The command in this process: the same code without the start of an interpreter for each call."""

from __future__ import annotations

import io
import sys
from typing import NamedTuple

import pytest

from evalkit.cli.main import main


class Told(NamedTuple):
    """What a call left."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path, monkeypatch, capfdbinary):
    """Runs the command in an empty folder: `run("lint", "x.jsonl").code`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C.UTF-8")

    def call(*arguments: object, stdin: bytes = b"") -> Told:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in arguments])
        out, err = capfdbinary.readouterr()
        return Told(int(end.value.code or 0), out.decode(), err.decode())

    return call


@pytest.fixture
def file(tmp_path):
    """Writes a file of that text: `file(HELLO, "x.jsonl")` gives its name."""

    def made(text: str | bytes, name: str = "x.jsonl") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return made
