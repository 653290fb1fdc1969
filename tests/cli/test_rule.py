# SPDX-License-Identifier: Apache-2.0
"""The command `evalkit rule`."""

from __future__ import annotations

import json


def test_a_rule_by_name_or_code_in_any_case(evalkit):
    by_name = evalkit("rule", "missing-assistant-message")
    assert by_name.code == 0
    assert "## Why is this bad?" in by_name.out
    assert evalkit("rule", "rol001").out == by_name.out
    chinese = evalkit("rule", "ROL001", "--lang", "zh").out
    assert "请补上要学的回答" in chinese
    assert "级别：错误，各平台可能不同。适用方法：sft。修复：`--drop` 移出该样本。" in chinese
    assert evalkit("rule", "ROL001", EVALKIT_LANG="zh").out == chinese


def test_all_rules(evalkit):
    lines = evalkit("rule", "--all").out.splitlines()
    assert len(lines) > 25
    assert evalkit("rule").out.splitlines() == lines
    documents = json.loads(evalkit("rule", "--all", "--output-format", "json").out)
    assert len(documents) == len(lines)
    assert {"code", "name", "severity", "fix", "page"} <= documents[0].keys()
    assert (
        json.loads(evalkit("rule", "CNT001", "--output-format", "json").out)["name"]
        == "empty-content"
    )


def test_an_unknown_rule_is_one_clear_line(evalkit):
    done = evalkit("rule", "empty-contents")
    assert done.code == 2
    assert "did you mean `empty-content`" in done.err
