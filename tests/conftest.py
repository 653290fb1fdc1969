# SPDX-License-Identifier: Apache-2.0
"""What tests share: the real data beside the checkout, and the command."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

settings.register_profile("evalkit", deadline=None)  # tests hold no timings
settings.load_profile("evalkit")

# A shell's background job ignores Ctrl-C, and so would every command that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Commands under test must not see that CI runs them: pytest prints longer summaries there, evalkit
# writes summaries and annotations. A test of that sets the variable itself.
for _name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI"):
    os.environ.pop(_name, None)

ROOT = Path(__file__).resolve().parent.parent


def _package(name: str) -> None:
    """Make a folder of tests/ known as a package: tests/ itself is on no path."""
    folder = ROOT / "tests" / name
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if "loopback" not in sys.modules:
    _package("loopback")  # from here on `from loopback import Loopback` works in every test


class Outcome(NamedTuple):
    """What a run of the command left."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data sets that lies beside the checkout on some machines."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not beside this checkout")
    return folder


@pytest.fixture
def evalkit(tmp_path):
    """Runs the real command in an empty folder: `evalkit("lint", "x.jsonl").code`."""

    def call(*arguments: object, cwd: Path = tmp_path, stdin: bytes = b"", **env: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "evalkit", *map(str, arguments)],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            timeout=300,
            env={**os.environ, "PYTHONUTF8": "1", **env},
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call
