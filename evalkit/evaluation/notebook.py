# SPDX-License-Identifier: Apache-2.0
"""A run in a notebook: the verdict, the measures and the gates as a small table.

The colours are the notebook's own, so that it can be read on light and on dark; all that is of the
data is escaped, and there is no script, no style sheet, no picture and no link in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.evaluation.result import Run
from evalkit.evaluation.wording import amount, change, gate_line, headline, range_of

__all__ = ["html_of"]

_MOST = 30  # of rows of a table, and of notes
_LONGEST = 300
_CELL = "text-align:left;padding:.15em 1em .15em 0;vertical-align:top"
_LINE = "border-bottom:1px solid currentColor;opacity:.65"
_MARKS = {"ship": "✔", "dont_ship": "✘", "not_proven": "?", "measured": "•"}
_GATES = {"pass": "✔", "fail": "✘", "undecided": "?"}
_WORDS = {
    "row": ("row", "行"),
    "rows": ("rows", "行"),
    "metric": ("metric", "指标"),
    "pair": ("pair", "比较"),
    "difference": ("difference", "差值"),
    "gates": ("gates", "门槛"),
    "flips": ("{f} fixed, {b} broken of {n} rows", "{n} 行中改对 {f} 行，变错 {b} 行"),
    "more": ("… and {n} more", "… 另有 {n} 项"),
}


def html_of(run: Run, language: Language) -> str:
    """A piece of HTML, safe whatever the data holds."""
    return f'<div class="evalkit-run" lang="{language}">{"".join(_parts(run, language))}</div>'


def _parts(run: Run, language: Language) -> Iterator[str]:
    at = 0 if language == "en" else 1
    yield f"<p><strong>{_MARKS[run.decision]} {_safe(headline(run, language))}</strong><br>"
    many = f"{len(run.rows):,} {_WORDS['row' if len(run.rows) == 1 else 'rows'][at]}"
    yield f"{_safe(run.suite)} · {many}</p>"
    compared = [d for d in run.differences if d.metric == run.primary and d.slice == "all"]
    models = [model.name for model in run.models]
    yield _table([_WORDS["metric"][at], *models], list(_measures(run, models)), at)
    if compared:
        rows = []
        for d in compared:
            flips = ""
            if d.fixed is not None and d.broken is not None:
                flips = _WORDS["flips"][at].format(f=d.fixed, b=d.broken, n=d.interval.n)
            rows.append([f"{d.candidate} vs {d.base}", change(d, language), flips])
        difference = f"{_WORDS['difference'][at]} ({run.primary})"
        yield _table([_WORDS["pair"][at], difference, ""], rows, at)
    if run.gates:
        gates = [[_GATES[g.verdict], g.gate, gate_line(g, language)] for g in run.gates]
        yield _table(["", _WORDS["gates"][at], ""], gates, at)
    if run.notes:
        shown = "".join(f"<li>{_safe(note[at])}</li>" for note in run.notes[:_MOST])
        yield f"<ul>{shown}{_more(len(run.notes), at, 'li')}</ul>"


def _measures(run: Run, models: Sequence[str]) -> Iterator[list[str]]:
    known = {(m.model, m.metric): m for m in run.measures if m.slice == "all"}
    of_positive = f"[{run.positive}]" if run.positive is not None else "]["
    for metric in dict.fromkeys(m.metric for m in run.measures):
        if "[" in metric and not metric.endswith(of_positive):
            continue
        cells = []
        for model in models:
            one = known.get((model, metric))
            ends = range_of(one.interval, one.unit) if one else ""
            value = amount(one.interval.value, one.unit) if one else ""
            cells.append(f"{value} ({ends})" if ends else value)
        yield [metric, *cells]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], at: int) -> str:
    names = "".join(f'<th style="{_CELL};{_LINE}">{_safe(name)}</th>' for name in head)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows[:_MOST])
    if more := _more(len(rows), at, "td"):
        body += f"<tr>{more}</tr>"
    return f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str]) -> str:
    return "".join(f'<td style="{_CELL}">{_safe(cell)}</td>' for cell in row)


def _more(count: int, at: int, tag: str) -> str:
    left = count - _MOST
    return f"<{tag}>{_WORDS['more'][at].format(n=left)}</{tag}>" if left > 0 else ""


def _safe(text: str) -> str:
    return escape(excerpt(text, _LONGEST))
