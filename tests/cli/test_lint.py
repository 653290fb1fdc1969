# SPDX-License-Identifier: Apache-2.0
"""The command `evalkit lint` as users and hooks call it."""

from __future__ import annotations

import json

import pytest

HELLO = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
MOJIBAKE = HELLO.replace("Hello!", "cafÃ©")
UNANSWERED = '{"messages": [{"role": "user", "content": "Hi"}]}\n'


@pytest.fixture
def file(tmp_path):
    def made(text: str, name: str = "x.jsonl") -> str:
        (tmp_path / name).write_bytes(text.encode())
        return name

    return made


def test_exit_codes(evalkit, file):
    assert evalkit("lint", file(HELLO)).code == 0
    assert evalkit("lint", file(UNANSWERED)).code == 1
    assert evalkit("lint", file(HELLO + "\n")).code == 0
    assert evalkit("lint", "x.jsonl", "--fail-on", "warning").code == 1
    assert evalkit("lint", file(UNANSWERED), "--fail-on", "never").code == 0
    assert evalkit("lint", file("")).code == 1
    assert evalkit("lint", file("", "x.csv")).code == 1


def test_what_cannot_be_read_is_one_line_and_exit_2_and_the_others_are_linted(
    evalkit, file, tmp_path
):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    done = evalkit("lint", "missing.jsonl", "a.pdf", file(UNANSWERED))
    assert done.code == 2
    assert [line.split(":")[0] for line in done.err.splitlines()] == ["error", "error"]
    assert "Traceback" not in done.err
    assert "ROL001" in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--select", "nonsense"), "no rule is named"),
        (("--target", "opnai"), "did you mean `openai`"),
        (("--model", "no-such-model"), "no model"),
        (("--output-format", "xml"), "no output named"),
        (("--columns", "user"), "--columns"),
        (("--max-per-rule", "-1"), "--max-per-rule"),
    ],
)
def test_wrong_options_are_one_clear_line(evalkit, file, arguments, says):
    done = evalkit("lint", file(HELLO), *arguments)
    assert done.code == 2
    assert says in done.err
    assert "Traceback" not in done.err


def test_json_to_a_file(evalkit, file, tmp_path):
    done = evalkit("lint", file(UNANSWERED), "--output-format", "json", "-o", "out/findings.json")
    assert (done.code, done.out) == (1, "")
    made = json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))
    assert made["schema"] == 1
    assert made["findings"][0]["name"] == "missing-assistant-message"


def test_fix_mends_in_place_and_says_what_remains(evalkit, file, tmp_path):
    done = evalkit("lint", file(MOJIBAKE + "\n" + UNANSWERED), "--fix")
    assert done.code == 1
    assert (tmp_path / "x.jsonl").read_text(encoding="utf-8") == HELLO.replace(
        "Hello!", "café"
    ) + UNANSWERED
    assert "2 fixed." in done.out
    assert "ENC004" not in done.out
    again = evalkit("lint", "x.jsonl", "--fix", "--drop")
    assert again.code == 0
    assert "1 set aside in x.rejected.jsonl." in again.out
    assert json.loads((tmp_path / "x.rejected.jsonl").read_bytes())["line"] == 2


def test_diff_shows_and_writes_nothing(evalkit, file, tmp_path):
    done = evalkit("lint", file(MOJIBAKE), "--diff")
    assert done.code == 1
    assert "+" + HELLO.replace("Hello!", "café").rstrip() in done.out
    assert (tmp_path / "x.jsonl").read_text(encoding="utf-8") == MOJIBAKE
    assert evalkit("lint", file(HELLO), "--diff").code == 0


def test_tables_are_linted_and_mended_elsewhere(evalkit, file, tmp_path):
    name = file("问题,回答\n你好,cafÃ©\n在吗,\n", "s.csv")
    done = evalkit("lint", name)
    assert "s.csv:3 (B3): error CNT001" in done.out
    refused = evalkit("lint", name, "--fix")
    assert refused.code == 2
    assert "-O s.jsonl" in refused.err
    assert evalkit("lint", name, "--fix", "--drop", "-O", "s.jsonl").code == 0
    (row,) = (tmp_path / "s.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(row)["messages"][1]["content"] == "café"


def test_a_column_map(evalkit, file):
    name = file("foo,bar\nHi,\n", "s.csv")
    assert evalkit("lint", name).code == 2
    done = evalkit("lint", name, "--columns", "user=foo,assistant=bar")
    assert "s.csv:2 (B2)" in done.out


def test_against_a_held_out_file(evalkit, file):
    done = evalkit("lint", file(HELLO), "--against", file(HELLO, "valid.jsonl"))
    assert done.code == 1
    assert "DUP004" in done.out
    assert evalkit("lint", "x.jsonl", "--against", "missing.jsonl").code == 2


def test_over_context_needs_a_model(evalkit, file):
    long = file(HELLO.replace("Hello!", "word " * 5000))
    assert evalkit("lint", long).code == 0
    done = evalkit("lint", long, "--model", "gpt-3.5-turbo-0613")
    assert done.code == 1
    assert "LEN001" in done.out
    assert "4,096" in done.out


def test_chinese(evalkit, file):
    done = evalkit("lint", file(UNANSWERED), "--lang", "zh")
    assert "错误 ROL001" in done.out
    assert "1 个文件（1 个样本）中发现 1 个错误。" in done.out


def test_no_colours_but_on_a_terminal(evalkit, file):
    assert "\x1b" not in evalkit("lint", file(UNANSWERED)).out


def test_statistics(evalkit, file):
    assert evalkit("lint", file(UNANSWERED), "--statistics").out.split()[:2] == ["1", "ROL001"]


def test_a_role_that_is_meant_otherwise_is_said_in_words(evalkit, file):
    row = '{"messages": [{"role": "customer", "content": "Hi"}, {"role": "assistant", "content": "x"}]}'
    name = file(row + "\n")
    assert "unknown role `customer`; `user` is meant\n" in evalkit("lint", name).out
    assert "未知的 role：`customer`，应为 `user`\n" in evalkit("lint", name, "--lang", "zh").out
    file(UNANSWERED)
    done = evalkit("lint", "x.jsonl", "--fix", "--drop", "--lang", "zh")
    assert "已将 1 条移到 x.rejected.jsonl。" in done.out
