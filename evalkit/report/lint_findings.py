# SPDX-License-Identifier: Apache-2.0
"""The findings on a lint's page, rule by rule, with what stands in the data; to be searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from evalkit.core.finding import Finding, Severity
from evalkit.core.location import Location
from evalkit.lint.outputs._groups import by_file, code_of, kinds
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.data_page import Choice, Part, finder
from evalkit.report.lint_words import fix_name, path_name, rule_says, severity_name

__all__ = ["findings_part"]

_MOST = 4_000  # findings on a page
_OPEN = 25  # findings that show at once, beside those of the first rule
_OPTIONS = 100
_CLASSES = {Severity.ERROR: "bad", Severity.WARNING: "undecided", Severity.INFO: ""}


@dataclass(slots=True)
class _Group:
    """The findings of one rule at one severity."""

    name: str
    severity: Severity
    number: int = 0
    shown: list[Finding] = field(default_factory=list)
    paths: dict[str, int] = field(default_factory=dict)  # path to how many are in it

    @property
    def code(self) -> str:
        return self.shown[0].code if self.shown else code_of(self.name)


def findings_part(result: Result, text: Text, max_per_rule: int) -> Part:
    """The section of findings: a search, then a group for each rule, the gravest first.

    Args:
        result: What was found.
        text: How the page speaks; messages are in the language of the lint.
        max_per_rule: Findings of a rule and file that are listed; 0 = all, up to what a page holds.
    """
    groups, left = _groups(result, max_per_rule)
    number = sum(len(group.shown) for group in groups)
    return Part(
        "findings",
        say("Findings", "问题"),
        finder(text, number, say("findings", "处问题"), _choices(groups, result))
        + fill(
            "evalkit.report",
            "lint_findings.html",
            text=text,
            note=_note(text, left),
            groups=[*_opened(groups, result)],
            lang="zh-CN" if text.language == "zh" else "en",
        ),
    )


def _groups(result: Result, max_per_rule: int) -> tuple[list[_Group], int]:
    """By rule, the gravest first; and how many findings are counted only."""
    found: dict[tuple[str, Severity], _Group] = {}
    for kind in kinds(result):
        key = (kind.name, kind.severity)
        group = found.setdefault(key, _Group(*key))
        group.number += kind.number
        group.paths[kind.path] = group.paths.get(kind.path, 0) + kind.number
    groups = sorted(found.values(), key=lambda one: (-one.severity, -one.number, one.name))
    for file in by_file(result, Look(max_per_rule=max_per_rule)):
        for finding in file.shown:
            found[finding.name, finding.severity].shown.append(finding)
    room = _MOST
    for group in groups:  # the gravest have the room
        group.shown = group.shown[:room]
        room -= len(group.shown)
    return groups, sum(one.number - len(one.shown) for one in groups)


def _note(text: Text, left: int) -> Phrase:
    note = say(
        "Messages are in {l}, as the lint ran; secrets and personal data in excerpts are masked.",
        "具体说明使用 lint 运行时的语言（{l}）；摘录中的密钥与个人信息已遮盖。",
        l=say("Chinese", "中文") if text.language == "zh" else say("English", "英文"),
    )
    if not left:
        return note
    return say(
        "{n} {k} findings are counted above and not listed here: --max-per-rule 0 lists more.",
        "{n}另有 {k} 处只计数、未列出：--max-per-rule 0 可列出更多。",
        n=note,
        k=count(left),
    )


def _choices(groups: list[_Group], result: Result) -> list[Choice]:
    levels = dict.fromkeys(group.severity.label for group in groups)
    rules = dict.fromkeys(group.name for group in groups)
    paths = _paths(result)
    return [
        Choice("severity", say("Severity", "级别"), [(one, severity_name(one)) for one in levels]),
        Choice("rule", say("Rule", "规则"), [(one, _plain(one)) for one in list(rules)[:_OPTIONS]]),
        Choice(
            "file",
            say("File", "文件"),
            [(str(paths.index(one)), path_name(one)) for one in paths[:_OPTIONS]],
        ),
    ]


def _plain(name: str) -> Phrase:
    shown = data(name, 60)
    return Phrase(shown, shown)


def _opened(groups: list[_Group], result: Result) -> Iterator[dict[str, object]]:
    done = 0
    for at, group in enumerate(groups):
        done += len(group.shown)
        yield _shown(group, result, opened=at == 0 or done <= _OPEN)


def _shown(group: _Group, result: Result, *, opened: bool) -> dict[str, object]:
    places = {path: str(at) for at, path in enumerate(_paths(result))}
    safeties = {one.fix.safety for one in group.shown if one.fix is not None}
    return {
        "name": data(group.name, 60),
        "rule": group.name,
        "code": data(group.code, 12),
        "severity": group.severity.label,
        "word": severity_name(group.severity.label),
        "kind": _CLASSES[group.severity],
        "number": count(group.number),
        "says": rule_says(group.name),
        "mends": [fix_name(one) for one in sorted(safeties)],
        "open": opened,
        "rows": [_row(one, result.excerpts, places) for one in group.shown],
        "more": [*_more(group)],
    }


def _paths(result: Result) -> list[str]:
    """Of the files with findings, in their order; what is between files has the path ""."""
    return list(dict.fromkeys(kind.path for kind in kinds(result)))


def _row(
    finding: Finding, excerpts: Mapping[tuple[Location, str], str], places: Mapping[str, str]
) -> dict[str, object]:
    where = finding.location
    line = "" if where.line is None else f"{where.line:,}"
    if where.line is not None and where.end_line is not None and where.end_line > where.line:
        line = f"{line}–{where.end_line:,}"
    return {
        "file": places.get(where.source, ""),
        "path": path_name(where.source),
        "line": line,
        "cell": data(finding.cell, 20) if finding.cell else Markup(),
        "pointer": data(finding.pointer, 120) if finding.pointer else Markup(),
        "message": data(finding.message, 400),
        "excerpt": data(excerpts.get((where, finding.pointer), ""), 200),
    }


def _more(group: _Group) -> Iterator[Phrase]:
    """What is not listed, file by file."""
    shown: dict[str, int] = {}
    for finding in group.shown:
        shown[finding.location.source] = shown.get(finding.location.source, 0) + 1
    for path, number in list(group.paths.items())[:_OPTIONS]:
        if left := number - shown.get(path, 0):
            yield say(
                "… and {n} more in {f}", "……{f} 中还有 {n} 处", n=count(left), f=path_name(path)
            )
    if len(group.paths) > _OPTIONS:
        n = count(len(group.paths) - _OPTIONS)
        yield say("… and more in {n} other files", "……另有 {n} 个文件", n=n)
