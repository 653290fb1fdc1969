# SPDX-License-Identifier: Apache-2.0
"""The action's `run`, and the snippets of docs/ci.md, as far as a shell can execute them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

posix = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="the scripts are for bash"
)
ROW = (
    '{"messages": [{"role": "user", "content": "%s %d"}, {"role": "assistant", "content": "%s"}]}\n'
)
ROWS, TRAIN = (
    "".join(
        ROW % (text, k, label)
        for k in range(first, first + 8)
        for text, label in (("give my money back", "refund"), ("where is my parcel", "delivery"))
    )
    for first in (0, 100)
)
SUITE = """\
data: ../data/test.jsonl
train: ../data/train.jsonl
models: {base: baseline:majority, tuned: baseline:tfidf-logreg}
gates:
  - tuned better than base
"""
GIVEN = {  # by the services
    "NUMBER": "7",
    "GITLAB_TOKEN": "t",
    "CI_API_V4_URL": "https://x",
    "CI_PROJECT_ID": "1",
    "CI_MERGE_REQUEST_IID": "2",
}
BLOCK = re.compile(r"^```(yaml|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Project:
    """A repository that CI has checked out, and a shell in it."""

    def __init__(self, folder: Path) -> None:
        self.work, self.temp, self.bin = (folder / name for name in ("work", "temp", "bin"))
        for place in (self.work / "data", self.work / "suites", self.temp, self.bin):
            place.mkdir(parents=True)
        (self.work / "data/test.jsonl").write_text(ROWS, encoding="utf-8")
        (self.work / "data/train.jsonl").write_text(TRAIN, encoding="utf-8")
        (self.work / "suites/support.eval.yaml").write_text(SUITE, encoding="utf-8")
        python = shlex.quote(sys.executable)
        self.program("python", f'exec {python} "$@"')
        self.program("evalkit", f'exec {python} -m evalkit "$@"')
        for name in ("pip", "gh", "curl"):  # what goes elsewhere is written down
            self.program(name, f'printf "%s\\n" {name} "$@" >> "$RUNNER_TEMP/called"')

    def program(self, name: str, text: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def sh(self, script: str, **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=120,
            env={
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.temp),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(self.temp / "output"),
                "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
                "PYTHONUTF8": "1",
                **given,
            },
        )


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture
def action(root, project):
    """Runs the step of the action that runs suites."""
    document = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))
    (step,) = [one for one in document["runs"]["steps"] if one.get("id") == "run"]

    def call(**given: str) -> subprocess.CompletedProcess[str]:
        named = {"BIN": str(project.bin), "SUITES": "", "REPLAY": "", "ARGS": "--no-report",
                 "WITH_SUMMARY": "true"} | {key.upper(): text for key, text in given.items()}  # fmt: skip
        assert {f"EVALKIT_{key}" for key in named} | {"PYTHONUTF8"} == set(step["env"])
        return project.sh(step["run"], **{f"EVALKIT_{key}": text for key, text in named.items()})

    return call


@posix
@pytest.mark.slow
def test_the_action_runs_suites(action, project):
    done = action(suites="\n  suites/support.eval.yaml\n")
    assert done.returncode == 0, done
    assert "::notice file=suites/support.eval.yaml,title=support::SHIP" in done.stdout
    assert (project.temp / "summary").read_text("utf-8").startswith("### ✅ SHIP")
    said = dict(line.split("=", 1) for line in (project.temp / "output").read_text().splitlines())
    assert said["exit-code"] == "0"
    tree = ET.parse(said["junit"]).getroot()  # noqa: S314  (we wrote it)
    assert tree.get("tests") == "1"
    assert Path(said["markdown"]).read_text("utf-8").startswith("### ✅ SHIP")


@posix
@pytest.mark.slow
def test_the_action_fails_as_run_does_and_runs_no_input(action, project):
    evil = "$(touch ran) `touch ran`; touch ran"
    for given in ({"suites": evil}, {"suites": "x", "replay": evil}, {"suites": "x", "args": evil}):
        done = action(**{"with_summary": "false", **given})
        assert done.returncode == 2, done
        assert "exit-code=2" in (project.temp / "output").read_text()
    assert action(suites="--help").returncode == 2  # a suite, no option
    assert not (project.work / "ran").exists()
    assert not (project.temp / "summary").exists()


def snippets(root: Path) -> list[tuple[str, str]]:
    return BLOCK.findall((root / "docs" / "ci.md").read_text(encoding="utf-8"))


def test_every_snippet_is_what_its_service_reads(root):
    documents = [yaml.safe_load(text) for kind, text in snippets(root) if kind == "yaml"]
    assert len(documents) >= 6
    assert all(documents)


@posix
@pytest.mark.slow
def test_the_snippets_on_suites_do_what_they_say(root, project):
    record = "evalkit run suites/support.eval.yaml --record suites/support.answers.jsonl.gz"
    page = " ".join((root / "docs" / "ci.md").read_text(encoding="utf-8").split())
    assert record in page
    assert project.sh(record).returncode == 0
    for kind, text in snippets(root):
        document = yaml.safe_load(text) if kind == "yaml" else None
        scripts = []
        if isinstance(document, dict) and "suites" in document.get("jobs", {}):
            steps = document["jobs"]["suites"]["steps"]
            scripts = [step["run"] for step in steps if "run" in step]
        elif isinstance(document, dict) and "suites" in document:
            scripts = document["suites"]["script"]
        elif kind == "sh" and "curl" in text:
            scripts = [text]
        for script in scripts:
            done = project.sh(script, **GIVEN)
            assert done.returncode == 0, (script, done)
    for name in ("evalkit.xml", "evalkit.md", "gl-code-quality-report.json"):
        assert (project.work / name).stat().st_size
    called = (project.temp / "called").read_text()
    assert "gh\npr\ncomment\n7\n--body-file\nevalkit.md" in called
    assert "body@evalkit.md" in called


@posix
def test_the_snippet_that_compares(root, project):
    for name, right in (("old", 4), ("new", 8)):
        lines = "".join(f"{k},{'a' if k < right else 'b'},a\n" for k in range(8))
        (project.work / f"{name}.csv").write_text(f"id,answer,expected\n{lines}", "utf-8")
    (text,) = [text for kind, text in snippets(root) if text.startswith("evalkit compare")]
    done = project.sh(text)
    assert done.returncode == 0, done
    assert (project.work / "evalkit.md").read_text("utf-8").startswith("###")
    assert (project.work / "evalkit.xml").exists()
