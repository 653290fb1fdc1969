# SPDX-License-Identifier: Apache-2.0
"""Suites whose model counts its calls, in sessions of their own."""

from __future__ import annotations

import json
from importlib import import_module

import pytest

import evalkit

MODEL = '''
from pathlib import Path


def answer(prompt):
    """Wrong on every tenth question; each call is a line of a file."""
    with Path(__file__).with_name("calls.log").open("a", encoding="utf-8") as log:
        log.write(prompt + "\\n")
    n = int(prompt.split()[1])
    return "ship" if n % 10 == 3 else ("bill" if n % 2 else "ship")
'''
HEAD = """
data: test.jsonl
train: train.jsonl
slices: [lang]
models: {base: 'baseline:majority', tuned: 'python:model.py:answer'}
"""


def _data(path, n, first=0):
    rows = [
        {"messages": [
            {"role": "user", "content": f"{'money' if k % 2 else 'parcel'} {k}"},
            {"role": "assistant", "content": "bill" if k % 2 else "ship"},
        ], "lang": "zh" if k % 2 else "en"}
        for k in range(first, first + n)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


class Project:
    """A folder `suites` with data, a model and what a test adds."""

    def __init__(self, pytester):
        self.pytester = pytester
        self.folder = pytester.mkdir("suites")
        _data(self.folder / "test.jsonl", 60)
        _data(self.folder / "train.jsonl", 60, first=100)
        self.write("model.py", MODEL)

    def write(self, name, text):
        (self.folder / name).write_text(text, "utf-8")
        return self

    def gates(self, *gates, name="x.eval.yaml", more=""):
        lines = "".join(f"  - {gate}\n" for gate in gates)
        return self.write(name, HEAD + more + (f"gates:\n{lines}" if gates else ""))

    def run(self, *arguments, apart=False):
        """Runs pytest here, in this process unless it is to be `apart`."""
        run = self.pytester.runpytest_subprocess if apart else self.pytester.runpytest_inprocess
        return run("-p", "no:cacheprovider", *(arguments or ("suites",)))

    @property
    def calls(self):
        log = self.folder / "calls.log"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    @property
    def runs(self):
        return sorted(self.pytester.path.glob("reports/*/*/run.json"))


@pytest.fixture(scope="session")
def _loaded(tmp_path_factory):
    """Everything that a run imports: sessions in this process forget what they import first."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "model.py").write_text(MODEL, "utf-8")
    _data(folder / "test.jsonl", 4)
    _data(folder / "train.jsonl", 4, first=100)
    (folder / "x.eval.yaml").write_text(HEAD + "gates: [tuned better than base]", "utf-8")
    evalkit.run(folder / "x.eval.yaml", store=folder / "store", reports=folder / "reports")
    for module in ("asking", "collect", "evaluating", "explain", "golden", "terminal", "worst"):
        import_module(f"evalkit.pytest_plugin.{module}")


@pytest.fixture
def project(_loaded, pytester, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C.UTF-8")
    for name in ("EVALKIT_LANG", "PYTEST_ADDOPTS", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)
