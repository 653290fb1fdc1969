# SPDX-License-Identifier: Apache-2.0
"""The plug-in under pytest 8 and 9, each with its own pytest-xdist, from the package index."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]

TEST = """
import evalkit
import pytest

def test_version():
    assert pytest.__version__.startswith("{version}.")

def test_gate(evaluate):
    run = evaluate("x.eval.yaml")
    assert run["tuned"].accuracy.low > 0.7
    assert run["tuned"].accuracy >= 0.95

@evalkit.rows("test.jsonl", suite="x.eval.yaml")
def test_golden(row, ask):
    assert ask("tuned", row) in ("bill", "ship")
"""


@pytest.fixture(scope="module", params=["8", "9"])
def other(request, tmp_path_factory):
    """A folder with that pytest alone, which comes before what is installed."""
    folder = tmp_path_factory.mktemp(f"pytest{request.param}")
    call = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target"]
    wanted = [f"pytest=={request.param}.*", "pytest-xdist>=3.6"]
    done = subprocess.run([*call, folder, *wanted], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"pytest {request.param} cannot be installed: {done.stderr.strip()[-200:]}")
    return request.param, folder


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_the_whole_plug_in_under_that_version(project, other, workers):
    version, folder = other
    project.gates(
        "tuned better than base", "tuned recall[bill] >= 95%", "tuned accuracy low >= 85%"
    )
    project.write("test_it.py", TEST.format(version=version))
    project.write("broken.eval.yaml", "data: test.jsonl\nmodelz: {}\n")
    call = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--evalkit-allow-undecided"]
    more = ["--continue-on-collection-errors", "--junitxml=j.xml", *workers, "suites"]
    done = subprocess.run(
        [*call, *more],
        capture_output=True,
        encoding="utf-8",
        cwd=project.pytester.path,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
    )
    out = done.stdout + done.stderr
    assert "2 failed, 62 passed, 1 skipped, 1 error" in out
    assert f"pytest-{version}." in out
    assert "unknown key `modelz`" in out
    assert "Traceback" not in out
    for line in (
        "E       assert tuned accuracy >= 0.95",
        "E             test.jsonl:4  expected `bill`, tuned said `ship`",
        "fail: 80.0 % (62.7 … 90.5), n = 30",
        "  open   tuned accuracy low >= 85%: ",
        "  pass   tuned better than base: ",
        "  pass   tuned accuracy.low > 0.7: ",
    ):
        assert line in out
    assert len(project.calls) == 60 + 60  # the gates' and, with more tokens, the golden set's
    assert "evalkit.check" in (project.pytester.path / "j.xml").read_text("utf-8")
