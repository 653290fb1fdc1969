# SPDX-License-Identifier: Apache-2.0
"""What a lint found becomes one HTML page: pure, so the same result gives the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from evalkit.core.finding import Severity
from evalkit.core.strings import Language
from evalkit.lint.outputs._groups import kinds
from evalkit.lint.result import Result
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, joined, same, say
from evalkit.report.data_page import Part, data_page
from evalkit.report.lint_findings import findings_part
from evalkit.report.lint_tables import (
    files_table,
    places,
    rules_table,
    severity_bar,
    verdict_tables,
)
from evalkit.report.lint_words import counted, severity_name

__all__ = ["KEPT", "lint_page"]

KEPT = 1_000  # findings of a rule and file that are worth keeping for it (`Settings.keep`)
_LEVELS = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_REMARKS = 30


def lint_page(result: Result, *, language: Language = "en", max_per_rule: int = 20) -> str:
    """The whole self-contained HTML file.

    Args:
        result: What was found; its texts are hostile data and are only ever shown as text. The
            excerpts in it are masked already.
        language: The one that the page opens in, and that of the findings' messages; all else is
            there in both.
        max_per_rule: Findings of a rule and file that are listed; 0 = all. What is left out is
            said, and counted everywhere else.

    Returns:
        Deterministic text, ready to be written as UTF-8.
    """
    text = Text(language)
    parts = [Part("overview", say("Overview", "概览"), _overview(result, text), headed=False)]
    if result.verdicts:
        title = say("Who takes it", "谁能接收")
        parts.append(Part("targets", title, verdict_tables(result, text)))
    if result.findings or result.omitted:
        parts.append(Part("rules", say("By rule", "按规则"), rules_table(result, text)))
        parts += _by_file(result, text)
        parts.append(findings_part(result, text, max_per_rule))
    elif len(result.files) > 1:
        parts += _by_file(result, text)
    return data_page(_title(result), parts, language=language, finds=True)


def _title(result: Result) -> Phrase:
    if len(result.files) == 1:
        name = data(result.files[0].path.rpartition("/")[2], 60)
        return say("{f} · evalkit lint", "{f} · 数据检查", f=name)
    n = count(len(result.files))
    return say("{n} files · evalkit lint", "{n} 个文件 · 数据检查", n=n)


def _by_file(result: Result, text: Text) -> Iterator[Part]:
    yield Part("files", say("By file", "按文件"), files_table(result, text) + places(result, text))


def _overview(result: Result, text: Text) -> Markup:
    summary = result.summary()
    numbers = {level: int(summary[f"{level.label}s"]) for level in _LEVELS}
    fixes = _by_safety(result)
    examples = sum(file.examples for file in result.files)
    return fill(
        "evalkit.report",
        "lint_overview.html",
        text=text,
        targets=[data(name, 40) for name in result.targets],
        paths=[data(file.path) for file in result.files[:3]],
        tone=_tone(result, numbers),
        title=_headline(result, numbers),
        why=_of_what(result, examples),
        numbers=[
            (level.label, severity_name(level.label), count(n)) for level, n in numbers.items()
        ],
        total=count(sum(numbers.values())),
        bar=severity_bar(numbers),
        files=count(len(result.files)),
        facts=_facts(result, examples),
        mends=_mends(fixes, sum(numbers.values())),
        mendable=count(fixes["safe"]),
        remarks=_remarks(result),
    )


def _tone(result: Result, numbers: dict[Severity, int]) -> str:
    """The class of the headline: as the verdicts of a run."""
    if result.unreadable or result.failed:
        return "dont_ship"
    return "not_proven" if numbers[Severity.WARNING] or result.partial else "ship"


def _headline(result: Result, numbers: dict[Severity, int]) -> Phrase:
    if not result.files:
        return say("Nothing was checked", "没有检查任何文件")
    if result.verdicts:
        every = {v.target for v in result.verdicts}
        takers = every - {v.target for v in result.verdicts if not (v.takes and v.layout)}
        n = {"n": count(len(takers)), "m": count(len(every))}
        if len(result.files) > 1:
            several = "{n} of {m} targets would take all of it"
            return say(several, "{m} 个目标中有 {n} 个可直接接收全部", **n)
        return say("{n} of {m} targets would take it", "{m} 个目标中有 {n} 个可直接接收", **n)
    named = [counted(n, level.label) for level, n in numbers.items() if n]
    return joined(named, ", ", "、") if named else say("Nothing found", "没有发现问题")


def _of_what(result: Result, examples: int) -> Phrase:
    files, rows = counted(len(result.files), "file"), counted(examples, "example")
    return say("· {f}, {e}", "· {f}，{e}", f=files, e=rows)


def _facts(result: Result, examples: int) -> list[Phrase]:
    facts = [counted(examples, "example")]
    layouts = list(dict.fromkeys(file.format for file in result.files if file.format))
    if layouts:
        facts.append(same(data(", ".join(layouts), 80)))
    tokens = [file.tokens.total for file in result.files if file.tokens is not None]
    if tokens:
        facts.append(say("{n} tokens a pass", "每轮 {n} 个 token", n=count(sum(tokens))))
    return facts


def _by_safety(result: Result) -> Counter[str]:
    """How a finding is mended, to how many are."""
    found: Counter[str] = Counter()
    for finding in result.findings:
        found[finding.fix.safety if finding.fix is not None else "hand"] += 1
    for omitted, number in result.omitted.items():
        found[omitted.safety or "hand"] += number
    return found


def _mends(fixes: Counter[str], total: int) -> list[tuple[str, Phrase]]:
    n = {kind: count(fixes[kind]) for kind in ("safe", "unsafe", "drop", "hand")}
    unsafe = "{n} by --unsafe-fixes: look at --diff first"
    words = (
        ("", "safe", say("{n} by --fix, safely", "{n} 处 --fix 可安全修复", n=n["safe"])),
        (
            "open",
            "unsafe",
            say(unsafe, "{n} 处 --unsafe-fixes 可修复，请先看 --diff", n=n["unsafe"]),
        ),
        (
            "open",
            "drop",
            say("{n} can be set aside by --drop", "{n} 处 --drop 可移出", n=n["drop"]),
        ),
        ("warn", "hand", say("{n} by hand", "{n} 处需手工修改", n=n["hand"])),
    )
    return [(tone, said) for tone, kind, said in words if fixes[kind] or not total]


def _remarks(result: Result) -> list[tuple[str, Phrase]]:
    """What must be known beside the findings."""
    unreadable = result.unreadable
    found: list[tuple[str, Phrase]] = [
        ("bad", say("Could not be read: {l}", "无法读取：{l}", l=data(line, 400)))
        for line in unreadable[:_REMARKS]
    ]
    if result.partial:
        partial = data(result.partial.rstrip(".。"), 400)
        found.append(
            (
                "bad",
                say(
                    "Not all of it was looked at: {p}. The rest may hold more.",
                    "没有检查全部数据：{p}。其余部分可能还有问题。",
                    p=partial,
                ),
            )
        )
    if result.fixed or result.set_aside:
        n = {"n": count(result.fixed), "k": count(result.set_aside)}
        found.append(("", say("{n} fixed, {k} set aside", "已修复 {n} 处，已移出 {k} 条", **n)))
    if result.known:
        n = {"n": count(result.known)}
        known = say("Not shown: {n} known to the baseline", "未显示：基线中已有的 {n} 处", **n)
        found.append(("open", known))
    notes = [(file.path, note) for file in result.files for note in file.notes]
    for path, note in notes[:_REMARKS]:
        said = say("{p}: {n}", "{p}：{n}", p=data(path, 80), n=data(note, 300))
        found.append(("open", said))
    found += [("open", same(data(line, 300))) for line in result.skipped[:_REMARKS]]
    more = sum(max(0, len(one) - _REMARKS) for one in (unreadable, notes, result.skipped))
    if more:
        found.append(("open", say("and {n} more remarks", "另有 {n} 条说明", n=count(more))))
    if any(kind.path == "" for kind in kinds(result)):
        across = say("Some findings are between files.", "有些问题存在于文件之间。")
        found.append(("open", across))
    return found
