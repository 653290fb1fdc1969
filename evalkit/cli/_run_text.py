# SPDX-License-Identifier: Apache-2.0
"""A run on the terminal and as JSON."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Any

import click

from evalkit.core.measure import Measure
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.result import Run
from evalkit.evaluation.wording import amount, change, gate_line, headline, range_of, run_verdict

__all__ = ["as_json", "as_text"]

_COLOURS = {"ship": "green", "dont_ship": "red", "not_proven": "yellow", "measured": "blue"}
_MARKS = {"pass": ("pass", "green"), "fail": ("FAIL", "red"), "undecided": ("open", "yellow")}
_WORDS = {
    "metric": ("metric", "指标"),
    "slice": ("slice", "切片"),
    "rows": ("rows", "行"),
    "difference": ("difference", "差值"),
    "gates": ("Gates", "门槛"),
    "fixed": ("{f} fixed, {b} broken of {n} rows", "{n} 行中修好 {f} 行，弄坏 {b} 行"),
    "leaked": ("{k} held-out rows also stand in the training file", "{k} 行测试数据也在训练文件中"),
    "visible": ("This set can see {v} points or more", "这组数据能看出 {v} 个百分点以上的差别"),
    "few": ("too few to judge", "太少，无法判断"),
}
_FEW = 20


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
    slices = list(dict.fromkeys(d.slice for d in run.differences if d.slice != "all"))
    if slices:
        lines += [
            "",
            *_table(
                [say("slice"), say("rows"), *names, say("difference")],
                _slice_rows(run, names, slices, language, say("few")),
            ),
        ]
    if run.gates:
        passed = sum(gate.verdict == "pass" for gate in run.gates)
        lines += ["", f"{say('gates')} {passed}/{len(run.gates)}"]
        for gate in run.gates:
            mark, colour = _MARKS[gate.verdict]
            lines.append(
                f"  {click.style(mark, fg=colour)}  {printable(gate.gate)}: "
                f"{gate_line(gate, language)}"
            )
    return "\n".join(lines)


def _metric_rows(run: Run, names: list[str]) -> list[list[str]]:
    shown = [m for m in dict.fromkeys(x.metric for x in run.measures) if "[" not in m]
    return [
        [metric, *(_cell(_measure(run, name, metric, "all")) for name in names)] for metric in shown
    ]


def _slice_rows(
    run: Run, names: list[str], slices: list[str], language: Language, few: str
) -> list[list[str]]:
    rows = []
    for where in slices:
        found = next(d for d in run.differences if d.metric == run.primary and d.slice == where)
        n = found.interval.n
        rows.append(
            [
                excerpt(where, 30),
                str(n),
                *(_cell(_measure(run, name, run.primary, where)) for name in names),
                few if n < _FEW else f"{change(found, language)} {found.verdict}",
            ]
        )
    return rows


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


def as_json(run: Run, *, language: Language, folder: Path | None, page: Path | None) -> Any:
    """The machine contract of `evalkit run` (schemas/run-output.schema.json)."""

    def number(value: float) -> float | None:
        return None if isnan(value) else value

    return {
        "schema": 1,
        "suite": run.suite,
        "verdict": run_verdict(run),
        "decision": run.decision,
        "primary": run.primary,
        "base": run.base,
        "candidate": run.candidate,
        "rows": len(run.rows),
        "leaked": run.leaked,
        "models": {
            m.name: {
                "spec": m.spec,
                "host": m.host,
                "requests": m.requests,
                "cached": m.cached,
                "errors": m.errors,
                "cost": m.cost,
                "cost_per_1000": m.cost_per_1000,
                "currency": m.currency,
                "price_as_of": m.price_as_of,
            }
            for m in run.models
        },
        "measures": [
            {
                "model": m.model,
                "metric": m.metric,
                "slice": m.slice,
                "value": number(m.interval.value),
                "low": number(m.interval.low),
                "high": number(m.interval.high),
                "confidence": m.interval.confidence,
                "n": m.interval.n,
                "left_out": m.interval.left_out,
                "unit": m.unit,
                "method": m.interval.method,
                "signature": m.signature,
            }
            for m in run.measures
        ],
        "differences": [
            {
                "metric": d.metric,
                "base": d.base,
                "candidate": d.candidate,
                "slice": d.slice,
                "value": number(d.interval.value),
                "low": number(d.interval.low),
                "high": number(d.interval.high),
                "confidence": d.interval.confidence,
                "p": number(d.interval.p),
                "n": d.interval.n,
                "method": d.interval.method,
                "verdict": d.verdict,
                "needed": d.needed,
                "fixed": d.fixed,
                "broken": d.broken,
            }
            for d in run.differences
        ],
        "gates": [
            {
                "gate": g.gate,
                "verdict": g.verdict,
                "value": number(g.interval.value),
                "needs": g.needs.get(language, ""),
                "needed": g.needed,
            }
            for g in run.gates
        ],
        "report": str(page) if page else None,
        "run_dir": str(folder) if folder else None,
    }
