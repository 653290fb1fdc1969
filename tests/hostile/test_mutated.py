# SPDX-License-Identifier: Apache-2.0
"""Whatever the bytes are: findings, or one line that says what to do; never a crash.

2,000 mutated files on every commit; 300 of them through the real command in the slow group.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time

import pytest

from evalkit.core.config import configured
from evalkit.core.errors import EvalkitError
from evalkit.core.printable import printable
from evalkit.core.registry import find
from evalkit.evaluation.suite import load_suite
from evalkit.lint.baseline import read_baseline
from evalkit.lint.engine import check
from evalkit.lint.fixing import fix
from evalkit.lint.outputs._look import Look
from evalkit.lint.settings import Settings

DATA = [
    "chat.jsonl", "tools.jsonl", "parts.jsonl", "preference.jsonl", "sharegpt.jsonl", "alpaca.jsonl",
    "legacy.jsonl", "document.json", "table.csv", "table.tsv", "packed.jsonl.gz", "book.xlsx",
]  # fmt: skip
EACH = 150
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
SETTINGS = [
    Settings(),
    Settings(targets=("openai",), language="zh"),
    Settings(select=("ALL",), targets=("together", "mistral"), tokens=False, keep=20),
]


def text_of(result, form):
    return "\n".join(find("outputs", form)(result, Look(language="en")))


def linted(path, settings):
    """What the command does with a file, without its screen."""
    result = check([str(path)], settings)
    for line in result.unreadable:
        assert "tell its author" not in line, line  # a rule has crashed
        assert line == printable(line)
    for form in ("full", "github"):
        assert not UNSAFE.search(text_of(result, form))
    document = text_of(result, "json")
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", document)
    json.loads(document)
    return result


@pytest.mark.parametrize("name", DATA)
@pytest.mark.slow
def test_lint(name, good_files, hostile_bytes, tmp_path):
    path = tmp_path / name
    for number, content in enumerate(hostile_bytes(good_files[name], EACH, f"{name} 1")):
        path.write_bytes(content)
        try:
            result = linted(path, SETTINGS[number % len(SETTINGS)])
        except EvalkitError as error:
            words = error.message
        except BaseException as error:
            raise AssertionError(f"{error!r} on {content!r}") from error
        else:
            words = ""
            assert bool(result.files) != bool(result.unreadable)
        assert words == printable(words)


@pytest.mark.parametrize("name", DATA[:8])
def test_fixes(name, good_files, hostile_bytes, tmp_path):
    path = tmp_path / name
    levels = {"safe", "unsafe", "drop"}
    for content in hostile_bytes(good_files[name], EACH // 5, f"{name} 2"):
        path.write_bytes(content)
        out = tmp_path / "out.jsonl"
        try:
            fix(str(path), Settings(), levels, str(out))
            once = out.read_bytes()
            again = fix(str(out), Settings(), levels)
        except EvalkitError:
            continue
        except BaseException as error:
            raise AssertionError(f"{error!r} on {content!r}") from error
        assert out.read_bytes() == once, content
        assert not again.changed


SUITE = b"""
data: test.jsonl
models:
  base: {use: openai/gpt-4.1-mini, url: "http://127.0.0.1:1/v1"}
  tuned: baseline:majority
slices: [lang]
gates:
  - tuned better than base
  - tuned recall[refund] >= 95%
"""
CONFIG = b"""
lang = "en"
[lint]
select = ["ALL"]
max-per-rule = 3
per-file-ignores = {"a/**" = ["ROL"]}
[lint.severity]
exact-duplicate = "error"
"""
BASELINE = b"""{"schema": 1, "findings": [
{"path": "t.jsonl", "rule": "secret", "row": "0123456789abcdef", "count": 1}
]}
"""


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("x.eval.yaml", SUITE, load_suite),
        ("evalkit.toml", CONFIG, configured),
        ("known.json", BASELINE, read_baseline),
    ],
)
def test_files_of_our_own(name, content, read, hostile_bytes, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    read(path)
    for bad in hostile_bytes(content, EACH, f"{name} 1"):
        path.write_bytes(bad)
        try:
            read(path)
        except EvalkitError:  # what it quotes is made printable where it is printed
            continue
        except BaseException as error:
            raise AssertionError(f"{error!r} on {bad!r}") from error


@pytest.mark.slow
@pytest.mark.parametrize("name", DATA)
def test_the_real_command(name, good_files, hostile_bytes, tmp_path):
    path = tmp_path / name
    for content in hostile_bytes(good_files[name], 25, f"{name} 3"):
        path.write_bytes(content)
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "evalkit", "lint", name, "--target", "openai"],
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            env={"PATH": "", "PYTHONUTF8": "1"},
        )
        assert done.returncode in (0, 1, 2), content
        assert b"Traceback" not in done.stderr, content
        assert b"internal error" not in done.stderr, content
        assert time.monotonic() - begun < 30, content  # 5 s on a machine that does nothing else
