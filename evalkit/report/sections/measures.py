# SPDX-License-Identifier: Apache-2.0
"""Every metric of every model with its interval, and what candidate and base differ by."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from markupsafe import Markup

from evalkit.core.measure import Difference, Measure
from evalkit.evaluation.result import Run
from evalkit.page import charts
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, change, count, ends
from evalkit.page.phrase import Phrase, Text, capital, same
from evalkit.report.names import difference_word, label_name, metric_name, metric_note, model_name
from evalkit.report.reading import differences_by, measures_by
from evalkit.report.section import section

__all__ = ["measures"]


@section(order=30, en="Measures", zh="指标", applies=lambda run: bool(run.measures))
def measures(run: Run, text: Text) -> Markup:
    """Interval plot of the primary metric by model; then a table of metrics by model."""
    names = list(dict.fromkeys(m.metric for m in run.measures if m.slice == "all"))
    whole = [name for name in names if "[" not in name]
    by_label = [name for name in names if "[" in name]
    return fill(
        "evalkit.report.sections",
        "measures.html",
        text=text,
        primary=capital(metric_name(run.primary)),
        note=metric_note(run.primary),
        plot=_plot(run),
        models=[model_name(run, card.name) for card in run.models],
        lines=[_line(run, name) for name in whole],
        by_label=[
            (
                capital(metric_name(stem)),
                metric_note(stem),
                [_line(run, n, short=True) for n in group],
            )
            for stem, group in _stems(by_label).items()
        ],
        compared=run.base is not None,
        base=model_name(run, run.base),
        candidate=model_name(run, run.candidate),
        pairs=_pairs(run, text),
        methods=_methods(run),
    )


def _plot(run: Run) -> tuple[list[tuple[Phrase, Markup, Phrase, str, str]], Markup]:
    """A row for each model: name, chart, value, range, rows; and the axis below."""
    by = measures_by(run)
    found = [(card, by.get((card.name, run.primary, "all"))) for card in run.models]
    known = [(card, m) for card, m in found if m is not None]
    unit = known[0][1].unit if known else "share"
    scale = charts.scale_for(
        [x for _, m in known for x in (m.interval.value, m.interval.low, m.interval.high)], unit
    )
    rows = []
    for card, m in known:
        i = m.interval
        kind = "base" if card.name == run.base else "flat"
        kind = "candidate" if card.name == run.candidate else kind
        chart = charts.interval_strip(i.value, i.low, i.high, scale, kind=kind)
        name = model_name(run, card.name)
        rows.append((name, chart, amount(i.value, unit), ends(i, unit), count(i.n)))
    return rows, charts.axis(scale)


def _stems(names: Sequence[str]) -> dict[str, list[str]]:
    """Stem to names, such as recall to recall[refund] and so on; recall comes first."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.partition("[")[0], []).append(name)
    return dict(sorted(found.items(), key=lambda pair: pair[0] != "recall"))


def _line(run: Run, metric: str, *, short: bool = False) -> dict[str, object]:
    by = measures_by(run)
    found = [by.get((card.name, metric, "all")) for card in run.models]
    key = (run.candidate or "", run.base or "", metric, "all")
    return {
        "name": label_name(metric) if short else capital(metric_name(metric)),
        "note": same("") if short else metric_note(metric),
        "primary": metric == run.primary,
        "cells": [_cell(m) for m in found],
        "difference": _difference(differences_by(run).get(key)),
    }


def _cell(found: Measure | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "value": amount(found.interval.value, found.unit),
        "range": ends(found.interval, found.unit),
        "why": data(found.interval.why, 120) if found.interval.why else "",
        "undefined": not isfinite(found.interval.value),
    }


def _difference(found: Difference | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "value": change(found.interval.value, found.unit),
        "range": ends(found.interval, found.unit, signed=True),
        "kind": {"better": "good", "worse": "bad"}.get(found.verdict, "flat"),
        "word": difference_word(found),
    }


def _pairs(run: Run, text: Text) -> list[tuple[Phrase, Phrase, dict[str, object] | None, Phrase]]:
    """Other compared pairs, on the primary metric: models, difference, rows that changed sides."""
    return [
        (model_name(run, d.candidate), model_name(run, d.base), _difference(d), _flips(d, text))
        for d in run.differences
        if d.metric == run.primary
        and d.slice == "all"
        and (d.candidate, d.base) != (run.candidate, run.base)
    ]


def _flips(found: Difference, text: Text) -> Phrase:
    if found.fixed is None or found.broken is None:
        return same("")
    return text(
        "{f} fixed, {b} broken",
        "改对 {f}，变错 {b}",
        f=count(found.fixed),
        b=count(found.broken),
    )


def _methods(run: Run) -> Sequence[tuple[Phrase, Markup, Markup, str, str]]:
    """Metric, method and signature, rows counted and left out; once where models agree."""
    found: dict[tuple[str, str, str, int, int], None] = {}
    for m in run.measures:
        if m.slice == "all":
            i = m.interval
            found[m.metric, i.method, m.signature, i.n, i.left_out] = None
    return [
        (metric_name(metric), data(method), data(signature), count(n), count(left))
        for metric, method, signature, n, left in found
    ]
