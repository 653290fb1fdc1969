# SPDX-License-Identifier: Apache-2.0
"""Which label was taken for which, by model, and what changed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from evalkit.evaluation.confusion_difference import counts_apart
from evalkit.evaluation.result import Confusion, Run
from evalkit.page.markup import data, fill
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.names import metric_name, model_name
from evalkit.report.section import section

__all__ = ["confusion"]

_NARROW = 10  # columns up to which two matrices stand beside each other
_MOST_CHANGES = 5
_SHADES = 8  # classes h0 ... h8 of the style sheet
_SPECIAL = {"(other)": ("other", "其他"), "(none)": ("none", "无")}


@section(order=50, en="Confusion", zh="混淆", applies=lambda run: bool(run.confusions))
def confusion(run: Run, text: Text) -> Markup:
    """Matrices of the compared models side by side with their difference; others folded away."""
    groups = []
    for metric in dict.fromkeys(c.metric for c in run.confusions):
        here = {c.model: c for c in run.confusions if c.metric == metric}
        shown = [here[n] for n in (run.base, run.candidate) if n in here]
        tables = [(model_name(run, c.model), _matrix(c)) for c in shown]
        if len(shown) == 2:
            title = text(
                "{a} minus {b}",
                "{a} 减 {b}",
                a=model_name(run, run.candidate),
                b=model_name(run, run.base),
            )
            if found := _difference(*shown):
                tables.append((title, found))
        others = [(model_name(run, c.model), _matrix(c)) for c in here.values() if c not in shown]
        changes = _changes(*shown, text=text) if len(shown) == 2 else []
        wide = any(len(c.columns) > _NARROW for c in here.values())
        groups.append((metric_name(metric), metric == run.primary, tables, others, changes, wide))
    return fill("evalkit.report.sections", "confusion.html", text=text, groups=groups)


def _head(columns: Sequence[str]) -> list[Phrase | Markup]:
    return [say(*_SPECIAL[c]) if c in _SPECIAL else data(c, 24) for c in columns]


def _used(counts: Sequence[Sequence[int]], columns: Sequence[str], labels: int) -> list[int]:
    """Columns to show: every label, and "(other)" or "(none)" where something is in it."""
    return [j for j in range(len(columns)) if j < labels or any(row[j] for row in counts)]


def _matrix(found: Confusion) -> dict[str, object]:
    kept = _used(found.counts, found.columns, len(found.labels))
    rows = []
    for i, (label, counts) in enumerate(zip(found.labels, found.counts, strict=True)):
        total = sum(counts)
        cells = []
        for j in kept:
            n = counts[j]
            shade = -(-n * _SHADES // total) if n else 0
            cells.append((str(n), f"h{shade}{' hit' if i == j else ' miss' if n else ''}"))
        rows.append((data(label, 24), cells, str(total)))
    return {"columns": _head([found.columns[j] for j in kept]), "rows": rows, "totals": True}


def _difference(base: Confusion, candidate: Confusion) -> dict[str, object] | None:
    """Candidate's counts minus base's: more on the diagonal is good, more beside it is bad."""
    apart = counts_apart(base, candidate)
    if apart is None:
        return None
    both = [
        [a + b for a, b in zip(x, y, strict=True)]
        for x, y in zip(base.counts, candidate.counts, strict=True)
    ]
    kept = _used(both, base.columns, len(base.labels))
    rows = []
    for i, label in enumerate(base.labels):
        cells = []
        for j in kept:
            d = apart[i][j]
            good = (d > 0) == (i == j)
            shown = f"+{d}" if d > 0 else f"−{-d}" if d else "0"
            cells.append((shown, ("good" if good else "bad") if d else "h0"))
        rows.append((data(label, 24), cells, ""))
    return {"columns": _head([base.columns[j] for j in kept]), "rows": rows, "totals": False}


def _changes(base: Confusion, candidate: Confusion, *, text: Text) -> list[Phrase]:
    """The mistakes that became most and least frequent, by label, in words."""
    apart = counts_apart(base, candidate)
    if apart is None:
        return []
    cells = [(d, i, j) for i, row in enumerate(apart) for j, d in enumerate(row) if d and i != j]
    cells.sort(key=lambda cell: (-abs(cell[0]), -cell[0], cell[1:]))
    return [
        text(
            "{x} taken for {y}: {a} before, {b} now",
            "{x} 被判为 {y}：之前 {a}，现在 {b}",
            x=data(base.labels[i], 24),
            y=_head([base.columns[j]])[0],
            a=base.counts[i][j],
            b=candidate.counts[i][j],
        )
        for _, i, j in cells[:_MOST_CHANGES]
    ]
