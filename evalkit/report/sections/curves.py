# SPDX-License-Identifier: Apache-2.0
"""What the probabilities of labels are worth: ROC, precision against recall, reliability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from markupsafe import Markup

from evalkit.core.measure import Measure
from evalkit.evaluation.result import Curves, Run
from evalkit.page.charts_curves import Line, line_sample, unit_square
from evalkit.page.markup import data, fill
from evalkit.page.numbers import amount, count
from evalkit.page.phrase import Phrase, Text, same
from evalkit.report.names import model_name
from evalkit.report.reading import measures_by
from evalkit.report.section import section

__all__ = ["curves", "read_off"]

_TENTHS = tuple(i / 10 for i in range(11))
_Point = tuple[float, float, float]
_Cells = list[list[Phrase | str]]


@section(order=52, en="Probabilities", zh="概率", applies=lambda run: bool(run.curves))
def curves(run: Run, text: Text) -> Markup:
    """Three charts a label, each with its numbers below; the first label is open."""
    order = _dashes(run)
    groups = []
    for label in dict.fromkeys(one.label for one in run.curves):
        here = sorted(
            (one for one in run.curves if one.label == label and one.model in order),
            key=lambda one: order[one.model],
        )
        if here:
            groups.append(
                {
                    "name": _title(run, label, text),
                    "figures": list(_figures(run, here, order, text)),
                }
            )
    return fill("evalkit.report.sections", "curves.html", text=text, groups=groups)


def _dashes(run: Run) -> dict[str, int]:
    """Model to its kind of line: the candidate's is solid."""
    first = [name for name in (run.candidate, run.base) if name is not None]
    names = dict.fromkeys([*first, *(card.name for card in run.models)])
    return {name: at for at, name in enumerate(names)}


def _title(run: Run, label: str | None, text: Text) -> Phrase:
    if label is None:
        return text("The most probable label of each answer", "每个回答中最可能的标签")
    shown = data(label, 40)
    if label == run.positive:
        return text("{l} against the rest (the positive label)", "{l} 对其余（正类）", l=shown)
    return text("{l} against the rest", "{l} 对其余", l=shown)


def _figures(
    run: Run, here: Sequence[Curves], order: dict[str, int], text: Text
) -> list[dict[str, object]]:
    found = []
    if any(one.roc for one in here):
        found.append(
            _ranked(
                run,
                here,
                order,
                lambda one: one.roc,
                metric="auroc",
                title=text("ROC: found against falsely raised", "ROC：找出率与误报率"),
                x=text("false positive rate", "误报率"),
                y=text("recall", "召回率"),
                diagonal="up",
                text=text,
            )
        )
    if any(one.pr for one in here):
        found.append(
            _ranked(
                run,
                here,
                order,
                lambda one: one.pr,
                metric="auprc",
                title=text("Precision against recall", "精确率与召回率"),
                x=text("recall", "召回率"),
                y=text("precision", "精确率"),
                diagonal="",
                text=text,
            )
        )
    if any(one.reliability for one in here):
        found.append(_reliability(run, here, order, text))
    return found


def _ranked(
    run: Run,
    here: Sequence[Curves],
    order: dict[str, int],
    points: Callable[[Curves], Sequence[_Point]],
    *,
    metric: str,
    title: Phrase,
    x: Phrase,
    y: Phrase,
    diagonal: str,
    text: Text,
) -> dict[str, object]:
    """A curve by threshold: drawn, and read off at tenths of its axis."""
    drawn = [one for one in here if points(one)]
    rising = metric == "auroc"
    rows: _Cells = []
    for tenth in _TENTHS:
        cells: list[Phrase | str] = [f"{tenth:.1f}"]
        for one in drawn:
            found = read_off(points(one), tenth, rising=rising)
            cells += ["–", "–"] if found is None else [f"{found[1]:.3f}", _threshold(found[2])]
        rows.append(cells)
    return {
        "title": title,
        "y": y,
        "svg": unit_square(
            [_line(run, one, points(one), order, label=one.label) for one in reversed(drawn)],
            title=title,
            x=x,
            y=y,
            diagonal=diagonal,
        ),
        "legend": [_legend(run, one, order, metric) for one in drawn],
        "heads": [x, *(head for one in drawn for head in (_of(run, one, y), _at(text)))],
        "rows": rows,
        "marked": any(_marked(run, one, points(one)) for one in drawn),
    }


def read_off(points: Sequence[_Point], at: float, *, rising: bool) -> _Point | None:
    """The best point of a curve for a wanted value of its x.

    Args:
        points: (x, y, threshold).
        at: Of a ROC the most false positives that are borne; of precision and recall the least
            recall that is wanted.
        rising: Whether it is a ROC.

    Returns:
        The point with the highest y; None where no threshold reaches it.
    """
    slack = 1e-9
    reached = [p for p in points if (p[0] <= at + slack if rising else p[0] >= at - slack)]
    return max(reached, key=lambda p: (p[1], -p[0] if rising else p[0]), default=None)


def _reliability(
    run: Run, here: Sequence[Curves], order: dict[str, int], text: Text
) -> dict[str, object]:
    """Bins of about as many answers each: what was said against what happened."""
    drawn = [one for one in here if one.reliability]
    title = text("Reliability: said against happened", "可靠性：所说与实际")
    x, y = text("probability said", "所说的概率"), text("share right", "实际比例")
    lines = [
        Line(
            name=one.model,
            kind=_kind(run, one.model),
            points=[(b.mean_probability, b.share_right) for b in one.reliability],
            dash=order[one.model],
            dots=True,
        )
        for one in reversed(drawn)  # the candidate on top
    ]
    rows: _Cells = [
        [
            model_name(run, one.model),
            f"{b.low:.3f} … {b.high:.3f}",
            f"{b.mean_probability:.3f}",
            f"{b.share_right:.3f}",
            count(b.n),
        ]
        for one in drawn
        for b in one.reliability
    ]
    return {
        "title": title,
        "y": y,
        "svg": unit_square(lines, title=title, x=x, y=y, diagonal="up"),
        "legend": [_legend(run, one, order, "ece") for one in drawn],
        "heads": [text("Model", "模型"), text("bin", "区间"), x, y, text("answers", "回答数")],
        "rows": rows,
        "marked": False,
    }


def _line(
    run: Run, one: Curves, points: Sequence[_Point], order: dict[str, int], *, label: str | None
) -> Line:
    return Line(
        name=one.model if label is None else f"{one.model}: {label}",
        kind=_kind(run, one.model),
        points=[(x, y) for x, y, _ in points],
        dash=order[one.model],
        marked=_marked(run, one, points),
    )


def _marked(run: Run, one: Curves, points: Sequence[_Point]) -> tuple[float, float] | None:
    """Where the model's frozen threshold stands on its curve."""
    frozen = run.thresholds.get(one.model)
    if frozen is None or not isfinite(frozen) or one.label != run.positive:
        return None
    above = [p for p in points if isfinite(p[2]) and p[2] >= frozen]
    return (above[-1][0], above[-1][1]) if above else None


def _legend(
    run: Run, one: Curves, order: dict[str, int], metric: str
) -> tuple[Markup, Phrase, Phrase]:
    """A piece of the line, the model, and the area (or error) where it was measured."""
    found = _measured(run, one, metric)
    value = same("")
    if found is not None and isfinite(found.interval.value):
        value = amount(found.interval.value, found.unit)
    kind = _kind(run, one.model)
    return line_sample(kind, order[one.model]), model_name(run, one.model), value


def _measured(run: Run, one: Curves, metric: str) -> Measure | None:
    """The measure that a curve belongs to: of its label, or of the one that stands for all."""
    by = measures_by(run)
    if found := by.get((one.model, f"{metric}[{one.label}]", "all")):
        return found
    whole = one.label is None if metric == "ece" else one.label in (run.positive, *_first(run))
    return by.get((one.model, metric, "all")) if whole else None


def _first(run: Run) -> list[str]:
    """Of two labels without a positive one the first in the alphabet stands for both."""
    return sorted(run.labels)[:1] if len(run.labels) == 2 and run.positive is None else []


def _kind(run: Run, model: str) -> str:
    return {run.base: "base", run.candidate: "candidate"}.get(model, "other")


def _of(run: Run, one: Curves, what: Phrase) -> Phrase:
    name = model_name(run, one.model)
    return Phrase(
        Markup("{}: {}").format(name.en, what.en), Markup("{}：{}").format(name.zh, what.zh)
    )


def _at(text: Text) -> Phrase:
    return text("threshold", "阈值")


def _threshold(value: float) -> str:
    return f"{value:.3g}" if isfinite(value) else "> 1"
