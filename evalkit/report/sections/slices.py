# SPDX-License-Identifier: Apache-2.0
"""For whom it is better, and for whom it is not."""

from __future__ import annotations

from math import isnan

from markupsafe import Markup

from evalkit.core.measure import Difference
from evalkit.evaluation.result import Run
from evalkit.evaluation.slices import worst_slices
from evalkit.page import charts
from evalkit.page.markup import fill
from evalkit.page.numbers import amount, bare, change, count, ends
from evalkit.page.phrase import Phrase, Text
from evalkit.report.names import metric_name, model_name, slice_name
from evalkit.report.reading import TOO_FEW, differences_by, measures_by
from evalkit.report.section import section

__all__ = ["slices"]


def _slices(run: Run) -> list[str]:
    found = [m.slice for m in run.measures if m.metric == run.primary and m.slice != "all"]
    return list(dict.fromkeys(found))


def _columns(run: Run) -> list[str]:
    """Base and candidate, then the other models."""
    first = [name for name in (run.base, run.candidate) if name is not None]
    return [*first, *(card.name for card in run.models if card.name not in first)]


@section(order=40, en="Slices", zh="分组", applies=lambda run: bool(_slices(run)))
def slices(run: Run, text: Text) -> Markup:
    """The primary metric of every slice, and an interval plot of its difference.

    The first table has every model and the comparison that decides; the other comparisons follow
    folded, each with its two models.
    """
    first = (run.candidate or "", run.base or "")
    sliced = [d for d in run.differences if d.metric == run.primary and d.slice != "all"]
    pairs = dict.fromkeys((d.candidate, d.base) for d in sliced)
    return fill(
        "evalkit.report.sections",
        "slices.html",
        text=text,
        primary=metric_name(run.primary),
        few=TOO_FEW,
        tables=[_table(run, text, first, _columns(run))]
        + [_table(run, text, pair, list(pair)) for pair in pairs if pair != first],
        worst=[
            text(
                "{s} ({d})", "{s}（{d}）", s=slice_name(d.slice), d=change(d.interval.value, d.unit)
            )
            for d in worst_slices(run.differences, run.candidate, run.base, run.primary)
        ],
    )


def _table(run: Run, text: Text, pair: tuple[str, str], columns: list[str]) -> dict[str, object]:
    """One comparison by slices, the first of the pair against the second."""
    by, differences = measures_by(run), differences_by(run)
    names = ["all", *_slices(run)]
    compared = [differences.get((*pair, run.primary, name)) for name in names]
    ends_ = [
        x
        for d in compared
        if d is not None and (d.slice == "all" or d.interval.n >= TOO_FEW)
        for x in (d.interval.value, d.interval.low, d.interval.high)
    ]
    unit = next((d.unit for d in compared if d is not None), "share")
    scale = charts.scale_for(ends_, unit, zero=True, ticks=4 if len(columns) <= 3 else 2)
    lines = []
    for name, d in zip(names, compared, strict=True):
        cells = [by.get((model, run.primary, name)) for model in columns]
        n = d.interval.n if d is not None else max((c.interval.n for c in cells if c), default=0)
        lines.append(
            {
                "name": slice_name(name),
                "all": name == "all",
                "n": count(n),
                "few": n < TOO_FEW,
                "cells": [amount(c.interval.value, c.unit) if c else "–" for c in cells],
                "ranges": [ends(c.interval, c.unit) if c else "" for c in cells],
                "difference": _line(d, scale, n) if d is not None else None,
                "honest": honest(d, text) if d is not None else "",
                "visible": _size(d),
                "q": "" if d is None or isnan(d.q) else f"{d.q:.2g}",
            }
        )
    a_, b_ = (model_name(run, name) for name in pair)
    any_ = any(d is not None for d in compared)
    return {
        "pair": text("{a} against {b}", "{a} 对 {b}", a=a_, b=b_)
        if any_
        else text("Slices", "分组"),
        "columns": [model_name(run, name) for name in columns],
        "compared": any_,
        "lines": lines,
        "axis": charts.axis(scale),
        "seen": any(line["visible"] for line in lines),
    }


def honest(found: Difference, text: Text) -> Phrase:
    """What a slice shows, in plain words: improved, got worse, or did not provably improve."""
    if found.interval.n < TOO_FEW:
        return text("too few to judge", "太少，不足以判断")
    if found.verdict in ("better", "not_worse"):
        return (
            text("improved", "有改进") if found.verdict == "better" else text("not worse", "不更差")
        )
    if found.verdict == "worse":
        return text("got worse", "变差")
    gain = found.interval.value if found.better == "higher" else -found.interval.value
    if gain <= 0:
        return text("did not improve", "没有改进")
    return text("no proven gain", "未见可靠的改进")


def _size(found: Difference | None) -> str:
    """The least difference that the slice shows, without a sign."""
    if found is None or isnan(found.visible):
        return ""
    return bare(found.visible, found.unit)


def _line(found: Difference, scale: charts.Scale, n: int) -> dict[str, object]:
    i = found.interval
    kind = {"better": "good", "worse": "bad"}.get(found.verdict, "flat")
    few = n < TOO_FEW
    return {
        "chart": charts.interval_strip(
            i.value, i.low, i.high, scale, kind="faint" if few else kind
        ),
        "value": change(i.value, found.unit),
        "range": ends(i, found.unit, signed=True),
        "kind": "flat" if few else kind,
    }
