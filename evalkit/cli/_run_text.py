# SPDX-License-Identifier: Apache-2.0
"""A run on the terminal."""

from __future__ import annotations

from math import isnan

import click

from evalkit.cli._judge_text import judge_lines
from evalkit.core.measure import Difference, Measure
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.forgetting.forgotten import Forgotten
from evalkit.evaluation.gates.words import number_of
from evalkit.evaluation.result import Run
from evalkit.evaluation.slices import worst_slices
from evalkit.evaluation.wording import amount, change, gate_line, headline, range_of

__all__ = ["as_text"]

_COLOURS = {"ship": "green", "dont_ship": "red", "not_proven": "yellow", "measured": "blue"}
_MARKS = {
    "pass": ("pass", "通过", "green"),
    "fail": ("FAIL", "未过", "red"),
    "undecided": ("open", "未定", "yellow"),
}
_WORDS = {
    "metric": ("metric", "指标"),
    "slice": ("slice", "分组"),
    "rows": ("rows", "行"),
    "difference": ("difference", "差值"),
    "gates": ("Gates", "门槛"),
    "fixed": ("{f:,} fixed, {b:,} broken of {n:,} rows", "{n:,} 行中改对 {f:,} 行，变错 {b:,} 行"),
    "leaked": ("{k} held-out rows also stand in the training file", "{k} 行测试数据也在训练文件中"),
    "visible": ("This set can see {v} points or more", "这组数据能看出 {v} 个百分点以上的差别"),
    "colon": (": ", "："),
    "worst": ("lost most", "下降最多"),
    "sees": ("sees", "可看出"),
    "forgetting": ("Forgetting, {d} ({n} rows)", "遗忘检查：{d}（{n} 行）"),
    "no_range": ("{m} of {c}: {w}", "{c} 的 {m}：{w}"),
    "few": ("too few to judge", "太少，无法判断"),
}
_FEW = 20
_FOUND = {
    "better": ("better", "更好"),
    "worse": ("worse", "更差"),
    "not_worse": ("not worse", "不更差"),
    "undecided": ("undecided", "未定"),
}


def as_text(run: Run, language: Language) -> str:
    """The verdict first, then measures, slices and gates."""
    at = 0 if language == "en" else 1

    def say(key: str, **values: object) -> str:
        return _WORDS[key][at].format(**values)

    lines = [click.style(headline(run, language), fg=_COLOURS[run.decision], bold=True)]
    first = next((d for d in run.differences if d.metric == run.primary and d.slice == "all"), None)
    if first is not None:
        lines.append(f"  {run.primary}: {change(first, language)}")
        if first.fixed is not None:
            lines.append("  " + say("fixed", f=first.fixed, b=first.broken, n=first.interval.n))
    if not isnan(run.visible) and first is not None and first.unit == "share":
        lines.append("  " + say("visible", v=f"{run.visible * 100:.1f}"))
    if run.leaked:
        lines.append(click.style("  " + say("leaked", k=run.leaked), fg="yellow"))
    lines += [f"  {en if language == 'en' else zh}" for en, zh in run.notes]
    names = [model.name for model in run.models]
    lines += ["", *_table([say("metric"), *names], _metric_rows(run, names))]
    lines += [f"  {line}" for line in _without_range(run, names, language)]
    for part in (
        _slice_lines(run, names, language),
        judge_lines(run, language),
        [] if run.forgetting is None else _forgetting_lines(run.forgetting, language),
        _gate_lines(run, language),
    ):
        lines += ["", *part] if part else []
    return "\n".join(lines)


def _metric_rows(run: Run, names: list[str]) -> list[list[str]]:
    known = dict.fromkeys(x.metric for x in run.measures)
    of_positive = f"[{run.positive}]" if run.positive is not None else "]["
    shown = [m for m in known if "[" not in m or m.endswith(of_positive)]
    return [
        [printable(metric), *(_cell(_measure(run, name, metric, "all")) for name in names)]
        for metric in shown
    ]


def _without_range(run: Run, names: list[str], language: Language) -> list[str]:
    """Why the primary metric has no range, where it has none."""
    found: dict[str, list[str]] = {}
    for name in names:
        one = _measure(run, name, run.primary, "all")
        if one is None or isnan(one.interval.value) or not isnan(one.interval.low):
            continue
        if one.interval.why and one.interval.method != "by definition":
            found.setdefault(one.interval.why, []).append(excerpt(name, 30))
    say = _WORDS["no_range"][language == "zh"]
    comma = "、" if language == "zh" else ", "
    return [
        say.format(m=printable(run.primary), c=comma.join(models), w=printable(why))
        for why, models in found.items()
    ]


def _slice_lines(run: Run, names: list[str], language: Language) -> list[str]:
    """A slice table of every pair, and where the candidate lost most; nothing without slices."""
    at = 0 if language == "en" else 1
    pairs = list(dict.fromkeys((d.candidate, d.base) for d in run.differences))
    lines: list[str] = []
    for candidate, base in pairs:
        ours = [d for d in run.differences if (d.candidate, d.base) == (candidate, base)]
        sliced = [d for d in ours if d.metric == run.primary and d.slice != "all"]
        if not sliced:
            continue
        if lines:
            lines.append("")
        if len(pairs) > 1:
            lines.append(f"  {printable(candidate)} vs {printable(base)}")
        heads = [_WORDS[key][at] for key in ("slice", "rows")]
        tails = [_WORDS[key][at] for key in ("difference", "sees")]
        rows = [_slice_row(run, names, found, language) for found in sliced]
        lines += _table([*heads, *names, *tails, "q"], rows)
        worst = worst_slices(ours, candidate, base, run.primary)
        if worst:
            told = ", ".join(f"{printable(d.slice)} {change(d, language)}" for d in worst)
            lines.append(f"  {_WORDS['worst'][at]}{_WORDS['colon'][at]}{told}")
    return lines


def _gate_lines(run: Run, language: Language) -> list[str]:
    if not run.gates:
        return []
    passed = sum(gate.verdict == "pass" for gate in run.gates)
    lines = [f"{_WORDS['gates'][language == 'zh']} {passed}/{len(run.gates)}"]
    for gate in run.gates:
        *marks, colour = _MARKS[gate.verdict]
        mark = marks[language == "zh"]
        lines.append(
            f"  {click.style(mark, fg=colour)}  {printable(gate.gate)}: {gate_line(gate, language)}"
        )
    return lines


def _slice_row(run: Run, names: list[str], found: Difference, language: Language) -> list[str]:
    at = 0 if language == "en" else 1
    n = found.interval.n
    return [
        excerpt(found.slice, 30),
        str(n),
        *(_cell(_measure(run, name, run.primary, found.slice)) for name in names),
        _WORDS["few"][at] if n < _FEW else f"{change(found, language)} {_FOUND[found.verdict][at]}",
        "" if isnan(found.visible) else number_of(found.visible, found.unit),
        "" if isnan(found.q) else f"{found.q:.2g}",
    ]


def _forgetting_lines(found: Forgotten, language: Language) -> list[str]:
    """The general set: its name, then the difference of each pair."""
    at = 0 if language == "en" else 1
    head = _WORDS["forgetting"][at].format(d=printable(found.data), n=f"{found.rows:,}")
    return [
        head,
        *(
            f"  {found.primary} {printable(d.candidate)} - {printable(d.base)}"
            f"{_WORDS['colon'][at]}{change(d, language)} {d.verdict}"
            for d in found.differences
        ),
    ]


def _measure(run: Run, model: str, metric: str, where: str) -> Measure | None:
    return next(
        (m for m in run.measures if (m.model, m.metric, m.slice) == (model, metric, where)),
        None,
    )


def _cell(found: Measure | None) -> str:
    if found is None:
        return ""
    ends = range_of(found.interval, found.unit)
    value = amount(found.interval.value, found.unit)
    return f"{value} ({ends})" if ends else value


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Columns aligned by cells on the screen: a Chinese character takes two."""
    from rich.cells import cell_len

    widths = [max(cell_len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(row: list[str]) -> str:
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        return ("  " + "  ".join(cells)).rstrip()

    return [click.style(line(head), dim=True), *map(line, rows)]
