# SPDX-License-Identifier: Apache-2.0
"""The curves of a training job on its page: losses, accuracies, what else was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evalkit.jobs.results.curves import smoothed
from evalkit.jobs.results.metrics_file import MEANINGS, Metrics
from evalkit.jobs.results.results import Results
from evalkit.jobs.results.words import column_name, figure
from evalkit.page.charts_curves import line_sample
from evalkit.page.markup import fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, say
from evalkit.report.job_page_chart import StepLine, step_chart

__all__ = ["curves_body"]

_SWINGS = 30  # values from which on a running mean is drawn
_ROWS = 100  # of a table
_OTHERS = 4  # charts of columns that we have no name for


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A column and how it is drawn."""

    meaning: str
    kind: str
    dash: int
    width: int  # of the running mean, 0 = none


def curves_body(results: Results, text: Text) -> Markup | None:
    """The charts with their tables; None where nothing was measured twice."""
    metrics = results.metrics
    if metrics is None:
        return None
    figures = []
    loss = ("train_loss", "valid_loss", "full_valid_loss")
    if found := _figure(results, metrics, loss, say("Loss", "损失"), "", text, marks=True):
        figures.append(found)
    accuracy = ("train_accuracy", "valid_accuracy", "full_valid_accuracy")
    title = say("Token accuracy", "token 准确率")
    if found := _figure(results, metrics, accuracy, title, "share", text):
        figures.append(found)
    if metrics.classification:
        title = say("Classification on the validation set", "验证集上的分类指标")
        named = metrics.classification[:6]
        if found := _figure(results, metrics, named, title, "share", text):
            figures.append(found)
    known = {name for names in MEANINGS.values() for name in names}
    others = [
        one.meaning
        for one in results.columns
        if one.meaning not in MEANINGS
        and one.meaning not in known
        and one.meaning not in metrics.classification
        and one.n > 1
        and not one.meaning.startswith(("training_", "validation_"))
    ]
    more = (_figure(results, metrics, (n,), column_name(n), "", text) for n in others[:_OTHERS])
    figures += filter(None, more)
    if not figures:
        return None
    note = say(
        "Pale: as measured at each step. Strong: the running mean of as many values as the legend "
        "says, half of them before a step and half after it.",
        "浅色：每步的测量值。深色：滑动平均，窗口大小见图例，前后各半。",
    )
    return fill("evalkit.report", "job_curves.html", text=text, note=note, figures=figures)


def _figure(
    results: Results,
    metrics: Metrics,
    meanings: Sequence[str],
    title: Phrase,
    unit: str,
    text: Text,
    *,
    marks: bool = False,
) -> dict[str, object] | None:
    drawn = _drawn(metrics, meanings)
    if not drawn:
        return None
    best, sign = (results.best, results.sign) if marks else (None, None)
    since = sign.since if sign is not None and sign.found else None
    lines, legend = [], []
    for one in drawn:
        steps, values = metrics.series(one.meaning)
        means = smoothed(values, one.width) if one.width else None
        name = column_name(one.meaning)
        shown = means if means is not None else values
        marked = None
        if best is not None and best.by == one.meaning and best.step in steps:
            marked = (float(best.step), shown[steps.index(best.step)])
        lines.append(
            StepLine(
                name=text.plain(name),
                kind=one.kind,
                steps=steps,
                values=values,
                means=means,
                dash=one.dash,
                dots=len(values) <= 12,
                marked=marked,
            )
        )
        if one.width:
            name = say("{n}, mean of {w}", "{n}，{w} 个值的平均", n=name, w=one.width)
        legend.append((line_sample(one.kind, one.dash), name))
    said = []
    if best is not None and any(line.marked for line in lines):
        said.append(say("circle: lowest, step {n}", "圆圈：最低，第 {n} 步", n=count(best.step)))
    if since is not None:
        said.append(
            say("dotted line: over-fitting from here", "虚线：自此起过拟合", n=count(since))
        )
    x = say("step", "步")
    whole = say("{t} over {n} steps", "{n} 步中的{t}", t=title, n=count(metrics.steps[-1]))
    return {
        "title": title,
        "svg": step_chart(lines, unit=unit, title=whole, x=x, since=since),
        "legend": legend,
        "marks": said,
        "heads": [x, *(column_name(one.meaning) for one in drawn)],
        **_table(metrics, drawn),
    }


def _drawn(metrics: Metrics, meanings: Sequence[str]) -> list[_Drawn]:
    found = []
    for at, meaning in enumerate(meanings):
        n = len(metrics.series(meaning).values)
        if n == 0:
            continue
        known = {"train": "base", "valid": "candidate", "full": "other"}
        kind = known.get(meaning.partition("_")[0], "candidate" if at == 0 else "other")
        dash = 0 if kind == "candidate" or len(meanings) == 1 else at
        dash = {"base": 0, "candidate": 1}.get(kind, at) if meaning in MEANINGS else dash
        found.append(_Drawn(meaning, kind, dash, _odd(n // 20) if n >= _SWINGS else 0))
    return found


def _odd(width: int) -> int:
    return max(3, width | 1)


def _table(metrics: Metrics, drawn: Sequence[_Drawn]) -> dict[str, object]:
    """Rows by step; of many steps those that are evenly apart, and the first and the last."""
    series = [dict(zip(*metrics.series(one.meaning), strict=True)) for one in drawn]
    steps = sorted({step for one in series for step in one})
    note = None
    if len(steps) > _ROWS:
        n = len(steps)
        # Sparse columns must show something: their own steps go first.
        rare = sorted({s for one in series if len(one) <= _ROWS // 2 for s in one})[: _ROWS // 2]
        left = _ROWS - len(rare)
        even = [steps[round(i * (n - 1) / (left - 1))] for i in range(left)]
        steps = sorted({*rare, *even})
        note = say(
            "{k} of {n} steps; the file has all of them.",
            "共 {n} 步，此处列出 {k} 步；全部数据见文件。",
            k=count(len(steps)),
            n=count(n),
        )
    rows = [
        [count(step), *(figure(one[step]) if step in one else "–" for one in series)]
        for step in steps
    ]
    return {"rows": rows, "note": note}
