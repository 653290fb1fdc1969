# SPDX-License-Identifier: Apache-2.0
"""The command `evalkit show`."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def train(tmp_path) -> str:
    call = {"id": "a", "type": "function", "function": {"name": "track", "arguments": '{"id": 7}'}}
    rows = [
        {"messages": [{"role": "user", "content": "你好，" * 60}, {"role": "assistant", "content": "a\x1b[2Jb\nc"}], "lang": "zh"},
        {"messages": [{"role": "user", "content": "Where?"}, {"role": "assistant", "tool_calls": [call]},
                      {"role": "tool", "tool_call_id": "a", "content": "in Rome"}, {"role": "assistant", "content": ""}]},
    ]  # fmt: skip
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = lines[0] + "\n\n" + lines[1] + "\n" + json.dumps(rows[0], indent=1) + "\n"
    (tmp_path / "train.jsonl").write_text(text, encoding="utf-8")
    return "train.jsonl"


def test_an_example_as_a_conversation(evalkit, train):
    done = evalkit("show", f"{train}:1")
    assert done.code == 0
    assert done.out.startswith("train.jsonl:1  example 1\nopenai-chat, ")
    assert "\nuser  " in done.out
    assert "  a\\x1b[2Jb\n  c\n" in done.out
    assert "\x1b" not in done.out
    lines = [
        line for line in done.out.splitlines() if " warning " not in line
    ]  # as lint prints them
    assert max(map(len, lines)) <= 100
    assert "lang: zh" in done.out


def test_tool_calls_and_findings(evalkit, train):
    done = evalkit("show", train, 3)
    assert '→ track({"id": 7})' in done.out
    assert "CNT001 empty-content" in done.out
    assert "in Rome" in done.out


def test_any_line_of_a_record_that_spans_several(evalkit, train):
    done = evalkit("show", f"{train}:7")
    assert done.code == 0
    assert "FIL002" in done.out


def test_tokens_are_those_of_the_model(evalkit, train):
    assert "o200k_base" in evalkit("show", f"{train}:1").out
    assert "cl100k_base" in evalkit("show", f"{train}:1", "--model", "gpt-3.5-turbo-0613").out


def test_a_cell_of_a_table(evalkit, tmp_path):
    (tmp_path / "s.csv").write_text("question,answer\nHi,Hello\nWhere?,Here\n", encoding="utf-8")
    done = evalkit("show", "s.csv:B3")
    assert "Where?" in done.out
    assert "B3, " in done.out


def test_secrets_are_masked(evalkit, tmp_path):
    key = "sk-proj-" + "Zk3vQ9xLm2Rt7WpAh5Yc"
    row = {"messages": [{"role": "user", "content": key}, {"role": "assistant", "content": "ok"}]}
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    done = evalkit("show", "x.jsonl:1")
    assert key[8:] not in done.out + done.err
    assert "SEC001" in done.out


@pytest.mark.parametrize(
    "place",
    ["train.jsonl", "train.jsonl:0", "train.jsonl:99", "train.jsonl:2x", "no.jsonl:1", ":3"],
)
def test_no_such_place_is_one_clear_line(evalkit, train, place):
    done = evalkit("show", place)
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err


def test_it_speaks_chinese_by_option_and_by_variable(evalkit, train):
    done = evalkit("show", f"{train}:1", "--lang", "zh")
    assert "train.jsonl:1  第 1 条\nopenai-chat，" in done.out
    assert "个参与学习" in done.out
    assert " tokens" not in done.out
    by_variable = evalkit("show", f"{train}:1", EVALKIT_LANG="zh")
    assert by_variable.out == done.out


def test_an_empty_file_has_no_line(evalkit, tmp_path):
    (tmp_path / "x.jsonl").write_bytes(b"")
    done = evalkit("show", "x.jsonl:1")
    assert done.code == 2
    assert "it holds no example; see: evalkit lint x.jsonl" in done.err
