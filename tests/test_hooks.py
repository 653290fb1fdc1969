# SPDX-License-Identifier: Apache-2.0
"""The pre-commit hooks and the GitHub action: what they declare, and what their commands do."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HELLO = '{"messages": [{"role": "user", "content": "Hi %s"}, {"role": "assistant", "content": "Yes."}]}\n'
BAD = '{"messages": [{"role": "user", "content": "Hi"}]}\n'

posix = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="the scripts are for bash"
)


@pytest.fixture(scope="session")
def hooks(root):
    text = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    return {hook["id"]: hook for hook in yaml.safe_load(text)}


@pytest.fixture(scope="session")
def action(root):
    return yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- pre-commit


def test_hooks_are_what_pre_commit_wants(hooks):
    assert list(hooks) == ["evalkit-lint", "evalkit-fix"]
    for hook in hooks.values():
        assert hook["language"] == "python"
        assert hook["require_serial"] is True
        assert hook["entry"].startswith("evalkit lint ")
        assert "types" not in hook  # `identify` has no tag for JSONL
    assert "--fix" in hooks["evalkit-fix"]["entry"]


@pytest.mark.parametrize(
    ("name", "lint", "fix"),
    [
        ("data/train.jsonl", True, True),
        ("a.ndjson", True, True),
        ("a.jsonl.gz", True, False),
        ("a.ndjson.zst", True, False),
        ("a.json", False, False),
        ("a.jsonl.bak", False, False),
        ("jsonl", False, False),
    ],
)
def test_hooks_see_the_files_that_they_can_read(hooks, name, lint, fix):
    assert bool(re.search(hooks["evalkit-lint"]["files"], name)) is lint
    assert bool(re.search(hooks["evalkit-fix"]["files"], name)) is fix


def test_the_lint_hook_fails_on_bad_data_alone(hooks, evalkit, tmp_path):
    (tmp_path / "good.jsonl").write_text(HELLO % "you", encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text(HELLO % "you" + BAD, encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"sepal": 5.1, "petal": 1.4}\n' * 3, encoding="utf-8")
    entry = shlex.split(hooks["evalkit-lint"]["entry"])[1:]
    clean = evalkit(*entry, "good.jsonl", "other.jsonl")
    assert clean.code == 0, clean
    assert "other.jsonl" in clean.out
    failed = evalkit(*entry, "good.jsonl", "bad.jsonl")
    assert failed.code == 1
    assert "bad.jsonl:2: ROL001" in failed.out


def test_the_fix_hook_mends_in_place(hooks, evalkit, tmp_path):
    (tmp_path / "x.jsonl").write_text(HELLO % "a" + "\n" + HELLO % "b", encoding="utf-8")
    entry = shlex.split(hooks["evalkit-fix"]["entry"])[1:]
    done = evalkit(*entry, "x.jsonl")
    assert done.code == 0, done
    assert (tmp_path / "x.jsonl").read_text(encoding="utf-8") == HELLO % "a" + HELLO % "b"


# ---------------------------------------------------------------- the action


def scripts(action) -> list[dict]:
    return [step for step in action["runs"]["steps"] if "run" in step]


def test_the_action_runs_nothing_that_it_was_given(action):
    for step in action["runs"]["steps"]:
        if "uses" in step:  # third parties by commit
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])
        assert "${{" not in step.get("run", "")
    inputs = re.findall(r"inputs\.([\w-]+)", str([step["env"] for step in scripts(action)]))
    assert set(inputs) == set(action["inputs"])
    assert all(step["shell"] == "bash" for step in scripts(action))


class Runner:
    """A step of the action, run as GitHub's runner does: `bash --noprofile --norc -eo pipefail`."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder / "runner"
        self.work = folder / "work"
        self.temp.mkdir()
        self.work.mkdir()
        self.output = self.temp / "output"
        self.summary = self.temp / "summary"

    def run(self, script: str, path: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        place = self.temp / "step.sh"
        place.write_text(script, encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(place)],
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=120,
            env={
                "PATH": f"{path}{os.pathsep}{os.environ['PATH']}" if path else os.environ["PATH"],
                "HOME": str(self.temp),
                "RUNNER_TEMP": str(self.temp),
                "GITHUB_OUTPUT": str(self.output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "PYTHONUTF8": "1",
                **given,
            },
        )


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def command(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    place.chmod(0o755)


@pytest.fixture
def lint(action, runner):
    """Runs the lint step with the checkout's evalkit."""
    bin_ = runner.temp / "bin"
    python = shlex.quote(sys.executable)
    command(bin_ / "python", f'exec {python} "$@"')
    command(bin_ / "evalkit", f'exec {python} -m evalkit "$@"')
    (step,) = [step for step in scripts(action) if step.get("id") == "lint"]

    def call(**given: str) -> subprocess.CompletedProcess[str]:
        named = {
            f"EVALKIT_{key}": given.get(key.lower(), default)
            for key, default in {
                "PATHS": "", "TARGETS": "", "LEAST": "error", "ARGS": "", "WITH_SUMMARY": "true",
            }.items()
        }  # fmt: skip
        assert set(named) | {"EVALKIT_BIN", "PYTHONUTF8"} == set(step["env"])
        return runner.run(step["run"], EVALKIT_BIN=str(bin_), **named)

    return call


@posix
def test_the_action_annotates_and_summarises(lint, runner):
    (runner.work / "a b.jsonl").write_text(HELLO % "you" + BAD, encoding="utf-8")
    (runner.work / "c.jsonl").write_text(BAD, encoding="utf-8")
    done = lint(paths="a b.jsonl\n\n  c.json*\n", args="--max-per-rule 5")
    assert done.returncode == 1, done
    assert "::error file=a b.jsonl,line=2," in done.stdout
    assert "::error file=c.jsonl,line=1," in done.stdout
    assert runner.output.read_text(encoding="utf-8") == "exit-code=1\n"
    assert runner.summary.read_text(encoding="utf-8").startswith("### a b.jsonl\n")


@posix
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"paths": "good.jsonl"}, 0),
        ({"paths": "bad.jsonl", "least": "never"}, 0),
        ({"paths": "good.jsonl\nbad.jsonl", "args": "--ignore 'ROL001,ROL'"}, 0),
        ({"paths": "good.jsonl", "targets": "openai, together"}, 1),  # too few examples
        ({"paths": "good.jsonl", "targets": "nobody"}, 2),
        ({"paths": "missing.jsonl"}, 2),
        ({"paths": "good.jsonl", "args": "--ignore 'never closed"}, 1),
        ({"paths": "--fix-only"}, 2),  # a path, no option
    ],
)
def test_the_action_fails_as_evalkit_does(lint, runner, given, code):
    (runner.work / "good.jsonl").write_text(HELLO % "you", encoding="utf-8")
    (runner.work / "bad.jsonl").write_text(HELLO % "a" + BAD, encoding="utf-8")
    done = lint(with_summary="false", **given)
    assert done.returncode == code, done


@posix
def test_the_action_does_not_run_its_inputs(lint, runner):
    (runner.work / "good.jsonl").write_text(HELLO % "you", encoding="utf-8")
    evil = "$(touch ran) `touch ran`; touch ran"
    for given in ({"paths": evil}, {"targets": evil}, {"args": evil}, {"least": evil}):
        lint(**{"paths": "good.jsonl", "with_summary": "false", **given})
    assert not (runner.work / "ran").exists()


@posix
def test_the_action_can_do_without_a_summary(lint, runner):
    (runner.work / "good.jsonl").write_text(HELLO % "you", encoding="utf-8")
    assert lint(paths="good.jsonl", with_summary="false").returncode == 0
    assert not runner.summary.exists()


@pytest.fixture
def install(action, runner):
    """Runs the install step with a Python that only writes down what pip was asked for."""
    (step,) = [step for step in scripts(action) if step.get("id") == "install"]
    fake = runner.temp / "fake"
    command(
        fake / "python3",
        f'if [ "$1" = -c ]; then exec {shlex.quote(sys.executable)} "$@"; fi\n'
        'mkdir -p "$3/bin"\n'
        'printf \'#!/bin/sh\\nfor last; do :; done; printf %%s "$last" > "$RUNNER_TEMP/asked"\\n\''
        ' > "$3/bin/python"\nchmod +x "$3/bin/python"',
    )

    def call(version: str = "", extras: str = "") -> tuple[int, str]:
        (runner.temp / "asked").unlink(missing_ok=True)
        done = runner.run(
            step["run"],
            str(fake),
            EVALKIT_ACTION="/action",
            EVALKIT_VERSION=version,
            EVALKIT_EXTRAS=extras,
        )
        asked = runner.temp / "asked"
        return done.returncode, asked.read_text(encoding="utf-8") if asked.exists() else ""

    return call


@posix
def test_the_action_installs_what_it_is_told(install, runner):
    assert install() == (0, "/action")
    assert install(extras="fast,zstd") == (0, "/action[fast,zstd]")
    assert install("0.1.0") == (0, "evalkit-ft==0.1.0")
    assert install("0.1.0", "fast") == (0, "evalkit-ft[fast]==0.1.0")
    assert f"bin={runner.temp}/evalkit-venv/bin" in runner.output.read_text(encoding="utf-8")


@posix
@pytest.mark.parametrize(
    "evil", ["0.1 --index-url http://x", "1;touch ran", "$(touch ran)", "1\n2 x"]
)
def test_the_action_installs_nothing_else(install, runner, evil):
    for given in ({"version": evil}, {"extras": evil}):
        code, asked = install(**given)
        assert code == 2
        assert asked == ""
    assert not (runner.work / "ran").exists()
