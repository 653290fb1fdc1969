# SPDX-License-Identifier: Apache-2.0
"""The page of a rule, made of its docstring and its declaration: one text for terminal and docs."""

from __future__ import annotations

from evalkit.core.strings import Language
from evalkit.lint.rule import Rule

__all__ = ["index_of", "page_of"]

_FIXES = {
    None: "none: mend it by hand",
    "safe": "safe, `--fix`",
    "unsafe": "unsafe, `--unsafe-fixes`",
    "drop": "`--drop` sets the example aside",
}
_FIXES_ZH = {
    None: "无，请手工修改",
    "safe": "安全，`--fix`",
    "unsafe": "可能改变含义，`--unsafe-fixes`",
    "drop": "`--drop` 移出该样本",
}
_SEVERITIES_ZH = {"error": "错误", "warning": "警告", "info": "提示"}
_SAMPLES = ("Example", "Use instead")  # rows of JSON, not prose


def page_of(rule: Rule, language: Language = "en") -> str:
    """Markdown: title, facts, message, then the sections of the docstring."""
    lines = [
        f"# {rule.name} ({rule.code})",
        "",
        _facts_zh(rule) if language == "zh" else _facts(rule),
        "",
        f"> {_template(rule, language)}",
        "",
    ]
    for heading, text in rule.page.items():
        fence = ["```jsonl", text, "```"] if heading in _SAMPLES else [text]
        lines += [f"## {heading}", "", *fence, ""]
    if rule.options:
        lines += ["## Options", ""]
        lines += [f"- `{name}` (default {value!r})" for name, value in rule.options.items()]
        lines.append("")
    return "\n".join(lines)


def _facts(rule: Rule) -> str:
    methods = ", ".join(sorted(rule.methods)) or "all"
    severity = rule.severity.label if rule.default else f"off ({rule.severity.label} if selected)"
    fix = _FIXES[rule.fix]
    return (
        f"Severity: {severity}, unless the target says otherwise. Methods: {methods}. Fix: {fix}."
    )


def _facts_zh(rule: Rule) -> str:
    methods = "、".join(sorted(rule.methods)) or "全部"
    label = _SEVERITIES_ZH[rule.severity.label]
    severity = label if rule.default else f"默认关闭（选用时为{label}）"
    fix = _FIXES_ZH[rule.fix]
    return f"级别：{severity}，各平台可能不同。适用方法：{methods}。修复：{fix}。"


def index_of(rules: tuple[Rule, ...]) -> str:
    """Markdown: a table of all rules that links their pages."""
    rows = [
        f"| {r.code} | [{r.name}]({r.name}.md) | {r.severity.label if r.default else 'off'} "
        f"| {r.fix or ''} | {_template(r, 'en').replace('|', '/')} |"
        for r in rules
    ]
    return "\n".join(
        [
            "# Lint rules",
            "",
            "Made by `tools/make_rule_pages.py` from `evalkit/lint/rules`. Names and codes select.",
            "",
            "| code | name | severity | fix | message |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _template(rule: Rule, language: Language) -> str:
    """The message with the names of its arguments."""
    return rule.messages[language].replace(f":{language}}}", "}")
