# SPDX-License-Identifier: Apache-2.0
"""Which rules run, how their findings count, where the settings come from, and what is known."""

from __future__ import annotations

import json
import os
import sys

import pytest

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi"}]}\n'
CRASH = '''
from evalkit.lint.rule import rule

@rule("ACM001", scope="example", severity="warning", en="says {word}", zh="说 {word}")
def hello_said(example):
    """## What it does
    Finds greetings.
    """
    from evalkit.core.finding import Fault

    if "Hello" in example.messages[-1].text:
        yield Fault(args={"word": "Hello"})

@rule("ACM002", scope="example", en="x", zh="x")
def broken_rule(example):
    """## What it does
    Fails.
    """
    if "boom" in example.messages[0].text:
        raise ZeroDivisionError("that\\x1b[2J")
    yield from ()
'''


def codes(done):
    return {line.split()[1] for line in done.out.splitlines() if ".jsonl:" in line.split()[0]}


def test_selecting_by_name_code_prefix_and_groups(run, file):
    name = file(UNANSWERED + "\n" + HELLO)
    concise = ("--output-format", "concise")
    assert codes(run("lint", name, *concise)) == {"ROL001", "FIL005"}
    assert codes(run("lint", name, "--select", "ROL", *concise)) == {"ROL001"}
    assert codes(run("lint", name, "--select", "blank-line", *concise)) == {"FIL005"}
    assert codes(run("lint", name, "--select", "FIL005,ROL001", *concise)) == {"ROL001", "FIL005"}
    assert codes(run("lint", name, "--select", "FIL", "--extend-select", "ROL001", *concise)) == {
        "ROL001", "FIL005",
    }  # fmt: skip
    assert codes(run("lint", name, "--ignore", "ROL001", "--ignore", "FIL", *concise)) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--select", "blank-lime"), "did you mean `blank-line`"),
        (("--ignore", "XYZ"), "no rule is named `XYZ`"),
        (("--extend-select", "xyz"), "no rule is named `xyz`"),
        (("--per-file-ignores", "x.jsonl"), "is not GLOB:RULES"),
        (("--per-file-ignores", "nowhere/*:xyz"), "no rule is named `xyz`"),
        (("--output-format", "jsno"), "did you mean `json`"),
        (("--output-format", "xlsx"), "-o findings.xlsx"),
        (("--target", "opnai"), "did you mean `openai`"),
        (("--jobs", "many"), "auto"),
        (("--jobs", "0"), "auto"),
        (("--limit", "0"), "--limit"),
        (("--add-rules", "gone.py"), "gone.py cannot be read"),
        (("--write-baseline",), "--baseline FILE"),
        (("--baseline", "gone.json"), "no such baseline"),
        (("--baseline", "b", "--write-baseline", "--prune-baseline"), "leave --prune-baseline out"),
        (("--config", "lint.fial-on = 'info'"), "did you mean `fail-on`"),
        (("--config", "gone.toml"), "no such file: gone.toml"),
        (("--config", "fail-on ="), "neither a file nor KEY = VALUE"),
        (("--against", "gone.jsonl"), "gone.jsonl"),
        (("--benchmark", "gone.jsonl"), "gone.jsonl"),
        (("-O", "x.csv"), "JSONL is written"),
        (("-o", "."), "cannot write"),
    ],
)  # fmt: skip
def test_wrong_options_are_one_clear_line_and_exit_2(run, file, arguments, said):
    done = run("lint", file(HELLO), *arguments)
    assert done.code == 2
    assert said in done.err
    assert "internal error" not in done.err
    assert len(done.err.strip().splitlines()) <= 4


def test_fail_on_and_exit_zero(run, file):
    name = file(HELLO + "\n")
    assert run("lint", name).code == 0
    assert run("lint", name, "--fail-on", "warning").code == 1
    assert run("lint", name, "--fail-on", "warning", "-e").code == 0
    assert run("lint", "gone.jsonl", "-e").code == 2


def test_rules_that_are_off_in_some_files(run, file, tmp_path, monkeypatch):
    file(UNANSWERED, "legacy/x.jsonl")
    file(UNANSWERED, "new/x.jsonl")
    one = run("lint", ".", "--output-format", "concise", "--per-file-ignores", "legacy/**:ROL")
    assert [line.split(":")[0] for line in one.out.splitlines() if "ROL001" in line] == [
        "new/x.jsonl"
    ]
    file('[lint.per-file-ignores]\n"legacy/**" = ["ROL001"]\n', "evalkit.toml")
    assert run("lint", "legacy").code == 0
    monkeypatch.chdir(tmp_path / "legacy")  # globs of the file are relative to the file
    assert run("lint", "x.jsonl").code == 0
    assert run("lint", "../new/x.jsonl").code == 1


def test_config_behind_the_command_before_it_and_from_the_environment(run, file, monkeypatch):
    name = file(UNANSWERED)
    never = "lint.fail-on = 'never'"
    assert run("lint", name, "--config", never).code == 0
    assert run("--config", never, "lint", name).code == 0
    file("[lint]\nfail-on = 'never'\n", "other.toml")
    assert run("lint", name, "--config", "other.toml").code == 0
    assert (
        run("lint", name, "--config", "other.toml", "--config", "lint.fail-on = 'info'").code == 1
    )
    file("[lint]\nfail-on = 'never'\n", "evalkit.toml")
    assert run("lint", name).code == 0
    assert run("lint", name, "--isolated").code == 1
    assert run("--isolated", "lint", name).code == 1
    assert run("lint", name, "--fail-on", "info").code == 1
    monkeypatch.setenv("EVALKIT_LINT_FAIL_ON", "info")
    assert run("lint", name).code == 1
    monkeypatch.setenv("EVALKIT_LINT_IGNORE", "ROL,CNT SET")
    assert run("lint", name).code == 0
    monkeypatch.setenv("EVALKIT_OUTPUT_FORMAT", "json")
    assert json.loads(run("lint", name).out)["schema"]


def test_paths_of_a_configuration_are_relative_to_it(run, file, tmp_path, monkeypatch):
    file("[lint]\nagainst = ['held/v.jsonl']\nbaseline = 'known.json'\n", "evalkit.toml")
    file(HELLO, "held/v.jsonl")
    file(HELLO, "sub/t.jsonl")
    monkeypatch.chdir(tmp_path / "sub")
    done = run("lint", "t.jsonl", "--write-baseline")
    assert done.code == 0, done.err
    assert (tmp_path / "known.json").exists()
    assert "leaked-example" in (tmp_path / "known.json").read_text()
    assert run("lint", "t.jsonl").code == 0


def test_settings_are_shown(run, file):
    file(HELLO)
    file("[lint]\nfail-on = 'info'\n", "evalkit.toml")
    done = run("lint", "x.jsonl", "--show-settings", "--select", "ROL001")
    assert 'fail_on = "info"' in done.out
    assert done.out.splitlines()[-1].startswith("ROL001 missing-assistant-message error")
    shown = run("config").out
    assert 'lint.fail-on = "info"' in shown
    assert "evalkit.toml" in shown
    document = json.loads(run("--config", "lint.tokens = true", "config", "--json").out)
    settings = {one["key"]: one for one in document["settings"]}
    assert settings["lint.tokens"] == {"key": "lint.tokens", "value": True, "origin": "--config"}
    assert settings["lint.max-per-rule"]["value"] == 20
    assert settings["lint.max-per-rule"]["origin"] == "default"


def test_a_baseline_from_first_use_to_pruning(run, file):
    name = file(UNANSWERED + HELLO)
    known = ("--baseline", "known.json")
    done = run("lint", name, *known, "--write-baseline")
    assert done.code == 0
    assert "known.json: 1 known findings" in done.err
    done = run("lint", name, *known)
    assert done.code == 0
    assert "ROL001" not in done.out
    file(HELLO + UNANSWERED + UNANSWERED.replace("Hi", "Hey"), "x.jsonl")
    done = run("lint", name, *known, "--output-format", "json")
    assert done.code == 1
    assert [one["line"] for one in json.loads(done.out)["findings"]] == [3]
    file(HELLO, "x.jsonl")
    done = run("lint", name, *known, "--prune-baseline")
    assert done.code == 0
    assert "0 known findings (-1)" in done.err
    assert run("lint", file(UNANSWERED), *known).code == 1
    assert run("lint", name, *known, "--prune-baseline", "--limit", "1").code == 2


def test_rules_of_ones_own_and_one_that_crashes(run, file):
    """A crash of one rule is one line that names it and the place; the others go on."""
    rules = ("--add-rules", file(CRASH, "acme.py"))
    name = file(HELLO + HELLO.replace("Hi", "boom") + UNANSWERED)
    done = run("lint", name, *rules, "--output-format", "concise")
    assert done.code == 2
    assert "ACM001" in done.out
    assert "ROL001" in done.out
    (line,) = [line for line in done.err.splitlines() if "ZeroDivisionError" in line]
    assert "broken-rule" in line
    assert "x.jsonl:2" in line
    assert "\x1b" not in line
    assert "internal error" not in done.err
    assert run("lint", name, *rules, "--ignore", "ACM002,ROL001").code == 0
    assert "Finds greetings" in run("rule", "ACM001", *rules).out


def test_all_targets_are_a_matrix(run, file):
    name = file(HELLO * 2)
    done = run("lint", name, "--target", "all")
    assert "openai" in done.out
    assert "together" in done.out
    assert "full" not in done.out
    assert json.loads(run("lint", name, "--target", "all", "--output-format", "json").out)


def test_a_matrix_needs_all_targets(run, file):
    done = run("lint", file(HELLO), "--target", "openai", "--output-format", "matrix")
    assert done.code == 2
    assert "add --target all" in done.err


def test_a_layout_that_a_target_does_not_take_is_told(run, file):
    name = file(HELLO)
    done = run("lint", name, "--target", "vertex")
    assert done.code == 1
    assert "the rows are `openai-chat`, but the target reads `gemini`" in done.out
    assert "layout-not-taken" not in run("lint", name, "--target", "openai").out


def test_findings_to_a_file_leave_the_totals_on_the_screen(run, file, tmp_path):
    done = run("lint", file(UNANSWERED), "-o", "out.txt")
    assert (done.code, done.out) == (1, "")
    assert "Found 1 error" in done.err
    assert "ROL001" in (tmp_path / "out.txt").read_text("utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_into_and_not_replaced(run, file, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("lint", file(UNANSWERED), "-o", "pipe").code == 1
        assert b"ROL001" in os.read(reader, 65_536)
    finally:
        os.close(reader)
    assert pipe.is_fifo()


@pytest.mark.skipif(sys.platform == "win32", reason="links take a privilege there")
def test_the_file_behind_a_link_is_written(run, file, tmp_path):
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert run("lint", file(UNANSWERED), "-o", "link.txt").code == 1
    assert (tmp_path / "link.txt").is_symlink()
    assert "ROL001" in (tmp_path / "real.txt").read_text("utf-8")


def test_colours_when_they_are_asked_for(run, file, monkeypatch):
    name = file(UNANSWERED)
    assert "\x1b[" not in run("lint", name).out
    assert "\x1b[" in run("lint", name, "--color", "always").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("lint", name).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("lint", name).out
    assert "\x1b[" not in run("lint", name, "--color", "never").out


@pytest.mark.slow
def test_fifty_thousand_equal_faults_are_a_screenful_and_all_of_them_in_json(run, file):
    name = file("".join(UNANSWERED.replace("Hi", f"{n}") for n in range(50_000)))
    only = ("--select", "ROL001")  # what the others cost is no matter of this test
    done = run("lint", name, *only)
    assert done.code == 1
    assert len(done.out.encode()) < 10_000
    assert "49,980 more" in done.out
    whole = json.loads(run("lint", name, *only, "--output-format", "json").out)
    assert len(whole["findings"]) == 50_000


def test_help_is_in_groups(run):
    text = run("lint", "--help").out
    titles = [line[:-1] for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert titles == [
        "What it is for", "Rules", "Files", "How much", "Fixes", "Verdict", "Output", "Configuration",
    ]  # fmt: skip
