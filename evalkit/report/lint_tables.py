# SPDX-License-Identifier: Apache-2.0
"""The tables of a lint's page: what was found by rule and by file, and who would take each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evalkit.core.finding import Severity
from evalkit.lint.outputs._groups import Kind, kinds
from evalkit.lint.outputs._matrix import verdicts_by_file
from evalkit.lint.result import FileReport, Result, TargetVerdict
from evalkit.page import charts
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, joined, same, say
from evalkit.report.lint_words import path_name, severity_name

__all__ = ["files_table", "places", "rules_table", "severity_bar", "verdict_tables"]

_LEVELS = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_CLASSES = {Severity.ERROR: "bad", Severity.WARNING: "none", Severity.INFO: "dim"}
_PILLS = {Severity.ERROR: "bad", Severity.WARNING: "undecided", Severity.INFO: ""}
_FILES = 200  # rows of a table
_CHARTS = 12
_BINS = 40
_BLOCKERS = 4


def severity_bar(numbers: Mapping[Severity, int]) -> Markup:
    """Errors, warnings and infos as parts of one bar; nothing where there are none."""
    parts = [charts.Part(numbers.get(level, 0), _CLASSES[level], level.label) for level in _LEVELS]
    return charts.share_bar(parts) if any(part.count for part in parts) else Markup()


def rules_table(result: Result, text: Text) -> Markup:
    """Each rule with how often, how bad, in how many files, and how many `--fix` mends."""
    found: dict[tuple[str, Severity], list[Kind]] = {}
    for kind in kinds(result):
        found.setdefault((kind.name, kind.severity), []).append(kind)
    totals = {key: sum(kind.number for kind in group) for key, group in found.items()}
    most = max(totals.values(), default=1)
    order = sorted(found, key=lambda key: (-key[1], -totals[key], key[0]))
    rows = [
        (
            data(name, 60),
            data(found[name, level][0].code, 12),
            severity_name(level.label),
            _PILLS[level],
            charts.level(totals[name, level] / most),
            count(totals[name, level]),
            count(sum(kind.safe for kind in found[name, level])),
            count(len({kind.path for kind in found[name, level]})),
        )
        for name, level in order
    ]
    return fill("evalkit.report", "lint_rules.html", text=text, rows=rows)


def files_table(result: Result, text: Text) -> Markup:
    """Each file: how it was read, and what was found in it."""
    numbers = _by_file(result)
    known = {file.path: file for file in result.files}
    paths = list(dict.fromkeys([*known, *numbers]))
    rows = [_file(path, known.get(path), numbers.get(path, Counter())) for path in paths[:_FILES]]
    return fill(
        "evalkit.report",
        "lint_files.html",
        text=text,
        rows=rows,
        tokens=any(file.tokens is not None for file in result.files),
        more=count(len(paths) - _FILES) if len(paths) > _FILES else "",
    )


def _file(path: str, file: FileReport | None, numbers: Counter[Severity]) -> dict[str, object]:
    read = [file.container, file.packing, file.encoding or ""] if file is not None else []
    return {
        "name": path_name(path),
        "layout": data(file.format, 40) if file is not None and file.format else same("–"),
        "read": data(", ".join(filter(None, read)), 60),
        "examples": count(file.examples) if file is not None else "–",
        "tokens": count(file.tokens.total) if file is not None and file.tokens else "–",
        "bar": severity_bar(numbers),
        "numbers": [count(numbers[level]) for level in _LEVELS],
    }


def _by_file(result: Result) -> dict[str, Counter[Severity]]:
    found: dict[str, Counter[Severity]] = {}
    for kind in kinds(result):
        found.setdefault(kind.path, Counter())[kind.severity] += kind.number
    return found


def places(result: Result, text: Text) -> Markup:
    """Where in each file the findings are: a histogram over its lines, of those that were kept."""
    lines: dict[str, list[int]] = {}
    for finding in result.findings:
        if finding.location.line is not None:
            lines.setdefault(finding.location.source, []).append(finding.location.line)
    short = {omitted.path for omitted in result.omitted}
    figures = []
    shown = [file for file in result.files if file.path in lines and file.lines > 1]
    for file in shown[:_CHARTS]:
        bins = _bins(lines[file.path], max(file.lines, *lines[file.path]))
        name = say(
            "Where the {n} findings of {f} are",
            "{f} 中 {n} 处问题的位置",
            n=count(len(lines[file.path])),
            f=data(file.path, 80),
        )
        first = say("the first ones of each rule", "每条规则的前若干处")
        note = first if file.path in short else same("")
        spans = [(f"{a:,} … {b - 1:,}", count(n)) for a, b, n in bins if n]
        figures.append((name, note, charts.histogram(bins, name), spans))
    if not figures:
        return Markup()
    return fill(
        "evalkit.report",
        "stats_lengths.html",
        text=text,
        note=_left_out(len(shown)),
        heads=(),
        tables=(),
        charts_=figures,
        unit_head=say("Lines", "行号"),
    )


def _left_out(number: int) -> Phrase:
    if number <= _CHARTS:
        return same("")
    n, more = count(_CHARTS), count(number - _CHARTS)
    return say(
        "Charts of the first {n} files; {m} more have none.",
        "前 {n} 个文件的图；另有 {m} 个没有图。",
        n=n,
        m=more,
    )


def _bins(lines: Sequence[int], last: int) -> list[tuple[int, int, int]]:
    """Bins of one width from line 1 to the last, a round number of lines each."""
    width, power = 1, 1
    while -(-last // width) > _BINS:
        for step in (1, 2, 5):
            width = step * power
            if -(-last // width) <= _BINS:
                break
        power *= 10
    numbers = Counter((line - 1) // width for line in lines)
    return [(1 + k * width, 1 + (k + 1) * width, numbers[k]) for k in range(-(-last // width))]


def verdict_tables(result: Result, text: Text) -> Markup:
    """For each file the targets: who takes it, and what stops the others."""
    every = verdicts_by_file(result)
    tables = [
        (path_name(path), _taken(verdicts), [_verdict(one) for one in verdicts])
        for path, verdicts in list(every.items())[:_FILES]
    ]
    return fill(
        "evalkit.report",
        "lint_verdicts.html",
        text=text,
        tables=tables,
        more=count(len(every) - _FILES) if len(every) > _FILES else "",
    )


def _taken(verdicts: Sequence[TargetVerdict]) -> Phrase:
    takers = sum(one.takes and one.layout for one in verdicts)
    n = {"n": count(takers), "m": count(len(verdicts))}
    return say("{n} of {m} take it", "{n}/{m} 可接收", **n)


def _verdict(one: TargetVerdict) -> dict[str, object]:
    answer, kind = say("yes", "是"), "good"
    if not one.layout:
        answer, kind = say("convert first", "需先转换"), "undecided"
    elif not one.takes:
        answer, kind = say("no", "否"), "bad"
    named = [
        say("{r} ({n})", "{r}（{n}）", r=data(name, 60), n=count(number))
        for name, number in one.blockers[:_BLOCKERS]
    ]
    if (more := len(one.blockers) - _BLOCKERS) > 0:
        named.append(say("{n} more", "另有 {n} 种", n=count(more)))
    return {
        "target": data(one.title or one.target, 60),
        "name": data(one.target, 40),
        "answer": answer,
        "kind": kind,
        "errors": count(one.errors),
        "warnings": count(one.warnings),
        "blockers": joined(named, ", ", "、"),
    }
