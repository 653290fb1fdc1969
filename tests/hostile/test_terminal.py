# SPDX-License-Identifier: Apache-2.0
"""What is printed moves no cursor, sets no title, turns no text around (R11), in every field."""

from __future__ import annotations

import json
import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.finding import Finding, Severity
from evalkit.core.location import Location
from evalkit.core.printable import printable
from evalkit.core.registry import find
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import FileReport, Result

EVIL = "\x1b]0;title\x07\x1b[2J\x9b31m\x00\x08\r\u202e\u2066\ufeff\u200b[/red]{x}%s"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TEXTS = ["full", "concise", "grouped", "statistics", "github", "markdown"]


def evil_rows():
    turn = {"role": "user", "content": f"{EVIL} ä½ å¥½ cafÃ© [PLACEHOLDER]", "name": EVIL}
    yield {"messages": [turn, {"role": EVIL, "content": EVIL}], EVIL: EVIL}
    yield {"messages": [turn, {"role": "assistant", "content": "", EVIL: EVIL, "weight": EVIL}]}
    yield {"messages": [turn, {"role": "assistant", "content": [{"type": EVIL, EVIL: 1}]}]}
    function = {"name": EVIL, "parameters": {"type": EVIL, "$ref": EVIL}}
    calls = [{"id": EVIL, "type": "function", "function": {"name": EVIL, "arguments": EVIL}}]
    yield {
        "messages": [turn, {"role": "assistant", "tool_calls": calls}],
        "tools": [{"type": "function", "function": function}],
    }
    yield {"messages": EVIL}
    yield {EVIL: EVIL}
    good = [{"role": "user", "content": EVIL}, {"role": "assistant", "content": EVIL}]
    yield from [{"messages": good}] * 2


BROKEN = b'{"messages": [{"role": "\x1b[2J\xc2\x9b"}, }\n{\x1b[31m: 1}\n\x1b]0;x\x07\n\xff\x1b\n'


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command(evalkit, tmp_path, form, language):
    rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in evil_rows())
    name = "evil\x1b[2J.jsonl" if sys.platform != "win32" else "evil.jsonl"
    (tmp_path / name).write_bytes(rows.encode() + BROKEN)
    (tmp_path / "held.jsonl").write_text(json.dumps([*evil_rows()][-1]) + "\n")
    done = evalkit(
        "lint", name, "missing\x1b[2J.jsonl", "*\x1b.csv", "--output-format", form, "--lang", language,
        "--select", "ALL", "--against", "held.jsonl", "--target", "openai",
    )  # fmt: skip
    assert done.code == 2
    assert "internal error" not in done.err
    assert "tell its author" not in done.err
    assert not UNSAFE.search(done.out)
    assert not UNSAFE.search(done.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", EVIL.replace("\x00", "")),
        ("lint", ".", "--select", "\x1b[2J"),
        ("lint", ".", "--output-format", "\x1b[2J"),
        ("lint", ".", "--target", "\x1b[2J"),
        ("lint", ".", "--config", "\x1b[2J"),
        ("lint", ".", "--config", "\x1b[2J = 1"),
        ("lint", ".", "--baseline", "\x1b[2J"),
        ("lint", ".", "--per-file-ignores", "\x1b[2J"),
        ("lint", ".", "--exclude", "\x1b[2J", "--show-settings"),
        ("lint", ".", "--\x1b[2J"),
        ("rule", "\x1b[2J"),
        ("run", "x.eval.yaml"),
        ("\x1b[2J",),
    ],
)
def test_what_was_typed_is_not_printed_raw_either(evalkit, tmp_path, arguments):
    (tmp_path / "x.jsonl").write_text('{"messages": []}\n')
    (tmp_path / "x.eval.yaml").write_text(
        'data: x.jsonl\nmodels: {a: "baseline:majority"}\ngates: ["a better than \\e[2J"]\n'
    )
    done = evalkit(*arguments)
    assert done.code in (0, 1, 2)
    assert not UNSAFE.search(done.out + done.err)
    assert "internal error" not in done.err


def test_the_diff(evalkit, tmp_path):
    row = {"messages": [{"role": "user", "content": f"{EVIL} cafÃ©"}, {"role": "assistant", "content": "x"}]}  # fmt: skip
    (tmp_path / "x.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    done = evalkit("lint", "x.jsonl", "--diff")
    assert done.code == 1
    assert "café" in done.out
    assert not UNSAFE.search(done.out)


texts = st.text(
    st.characters() | st.sampled_from([*map(chr, range(32)), "\x7f", "\x9b", "\u202e", "\ud800"]), max_size=40
)  # fmt: skip


@settings(max_examples=500)
@given(texts, texts, texts, st.sampled_from(TEXTS))
def test_any_text_in_any_field(path, message, pointer, form):
    """The engine gives printable messages; the outputs trust no path and no pointer all the same."""
    where = Location(source=path, line=1)
    found = Finding(
        code="ACM001",
        name="a-rule",
        severity=Severity.ERROR,
        location=where,
        message=printable(message),
        pointer=pointer,
        cell=pointer,
    )
    result = Result(
        files=(FileReport(path=path, notes=(printable(message),)),),
        findings=(found,),
        excerpts={(where, pointer): printable(message)},
        skipped=(printable(message),),
    )
    for line in find("outputs", form)(result, Look()):
        assert not UNSAFE.search(line)
        line.encode()
