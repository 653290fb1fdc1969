# SPDX-License-Identifier: Apache-2.0
"""How outputs should look, and the words that several of them share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from evalkit.core.finding import Finding, Severity
from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.lint.result import Result, is_fixable

__all__ = ["COLORS", "Look", "capped", "place", "totals", "word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the reader wants to see.

    Attributes:
        color: Whether the stream shows colours.
        max_per_rule: Findings of one rule in one file that are shown; 0 = all.
        language: Of the words around the messages.
        width: Columns of the terminal.
    """

    color: bool = False
    max_per_rule: int = 20
    language: Language = "en"
    width: int = 100


_WORDS = {
    "en": {
        "error": "error", "warning": "warning", "info": "info",
        "more": "… and {n:,} more of {name} in {path} (--max-per-rule 0 shows all)",
        "clean": "Nothing found in {files} ({examples}).",
        "found": "Found {what} in {files} ({examples}).",
        "fix": "[*] {n:,} fixable with `--fix`", "unsafe": "{n:,} more with `--unsafe-fixes`",
        "drop": "{n:,} can be set aside with `--drop`",
        "done": "{n:,} fixed", "aside": "{n:,} set aside",
        "explain": "`evalkit rule {name}` explains a rule.",
        "file": ("file", "files"), "example": ("example", "examples"),
    },
    "zh": {
        "error": "错误", "warning": "警告", "info": "提示",
        "more": "… {path} 中还有 {n:,} 处 {name}（--max-per-rule 0 显示全部）",
        "clean": "{files}（{examples}）没有发现问题。",
        "found": "{files}（{examples}）中发现 {what}。",
        "fix": "[*] {n:,} 处可用 `--fix` 修复", "unsafe": "另有 {n:,} 处可用 `--unsafe-fixes`",
        "drop": "{n:,} 处可用 `--drop` 移出",
        "done": "已修复 {n:,} 处", "aside": "已移出 {n:,} 条",
        "explain": "`evalkit rule {name}` 解释规则。",
        "file": ("个文件", "个文件"), "example": ("个样本", "个样本"),
    },
}  # fmt: skip


def word(key: str, look: Look, **values: object) -> str:
    """A phrase in the reader's language."""
    phrase = _WORDS[look.language][key]
    return str(phrase).format(**values)


def place(finding: Finding) -> str:
    """Where a finding is: `train.jsonl:17`, `train.jsonl:1-16`, `support.xlsx:17 (C17)`."""
    where = finding.location
    shown = printable(where.source)
    if where.line is not None:
        shown += f":{where.line}"
        if where.end_line is not None and where.end_line > where.line:
            shown += f"-{where.end_line}"
    return f"{shown} ({finding.cell})" if finding.cell else shown


def capped(findings: Sequence[Finding], look: Look) -> Iterator[tuple[str, list[Finding], int]]:
    """For each file and severity-ordered rule: its path, the findings to show, and how many not.

    Findings stay in the order of their lines; the counts of the rest follow the file.
    """
    for path, group in groupby(findings, key=lambda finding: finding.location.source):
        shown: list[Finding] = []
        counts: dict[str, int] = {}
        for finding in group:
            counts[finding.name] = counts.get(finding.name, 0) + 1
            if not look.max_per_rule or counts[finding.name] <= look.max_per_rule:
                shown.append(finding)
        yield path, shown, 0
        for name, number in counts.items():
            if look.max_per_rule and number > look.max_per_rule:
                rest = [f for f in shown if f.name == name][:1]
                yield path, rest, number - look.max_per_rule


def totals(result: Result, look: Look) -> list[str]:
    """The last lines: what was found, where, and what can be done about it."""
    summary = result.summary()
    files = _counted(len(result.files), "file", look)
    examples = _counted(sum(file.examples for file in result.files), "example", look)
    kinds = [
        f"{summary[key]:,} {_kind(key[:-1], summary[key], look)}"
        for key in ("errors", "warnings", "infos")
        if summary[key]
    ]
    lines = []
    done = [
        word(key, look, n=n)
        for key, n in (("done", result.fixed), ("aside", result.set_aside))
        if n
    ]
    comma, semicolon, stop = ("、", "；", "。") if look.language == "zh" else (", ", "; ", ".")
    if done:
        lines.append(comma.join(done) + stop)
    if not kinds and not result.files:
        return lines  # no file could be read: nothing was looked at, which is not "nothing found"
    if not kinds:
        return [*lines, word("clean", look, files=files, examples=examples)]
    lines.append(word("found", look, what=comma.join(kinds), files=files, examples=examples))
    mends = {"fix": sum(map(is_fixable, result.findings))}
    for key in ("unsafe", "drop"):
        mends[key] = sum(f.fix is not None and f.fix.safety == key for f in result.findings)
    offers = [word(key, look, n=n) for key, n in mends.items() if n]
    if offers:
        lines.append(semicolon.join(offers) + stop)
    worst = max(result.findings, key=lambda finding: finding.severity)
    lines.append(word("explain", look, name=worst.name))
    return lines


def _kind(severity: str, number: int, look: Look) -> str:
    name = word(severity, look)
    if look.language == "zh":
        return f"个{name}"
    return name if number == 1 else f"{name}s"


def _counted(number: int, noun: str, look: Look) -> str:
    one, many = _WORDS[look.language][noun]
    return f"{number:,} {one if number == 1 else many}"


COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
