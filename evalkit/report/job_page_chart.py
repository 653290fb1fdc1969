# SPDX-License-Identifier: Apache-2.0
"""Curves over the steps of a training as SVG, in the dress of the other curves of a report.

A quantity that swings from step to step is drawn twice: pale as it is, strong as its running mean.
Both axes have round numbers; the table of the points stands below the figure; nothing is scripted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from evalkit.page.charts import Scale, scale_for
from evalkit.page.charts_curves import DASHES
from evalkit.page.phrase import Phrase

__all__ = ["StepLine", "step_chart"]

_WIDTH, _HEIGHT = 320.0, 190.0  # of the plot, in pixels of the view box
_LEFT, _TOP, _RIGHT, _BELOW = 44.0, 8.0, 12.0, 38.0
_COLUMNS = 320  # a line has at most two points in each


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One quantity over the steps.

    Attributes:
        name: Plain text in the language that the page opens in.
        kind: Class of its colour: "base", "candidate" or "other".
        steps: Shape (n,), ascending.
        values: Shape (n,), finite.
        means: Running means, shape (n,); None = the values are drawn strong themselves.
        dash: Its place in `DASHES`.
        dots: Draw each point.
        marked: A point to mark with a circle.
    """

    name: str
    kind: str
    steps: Sequence[int]
    values: Sequence[float]
    means: Sequence[float] | None = None
    dash: int = 0
    dots: bool = False
    marked: tuple[float, float] | None = None


def step_chart(
    lines: Sequence[StepLine], *, unit: str, title: Phrase, x: Phrase, since: int | None = None
) -> Markup:
    """A chart of lines over the steps.

    Args:
        lines: Drawn in order, the last on top.
        unit: "share" gives per cents.
        title: What it shows, for screen readers.
        x: Name of the axis below.
        since: A step to mark by an upright line.
    """
    over = scale_for([s for one in lines for s in (one.steps[0], one.steps[-1])], "steps")
    last = max(one.steps[-1] for one in lines)
    if last > over.low:  # the axis ends where the training does
        over = replace(over, high=float(last))
    up = scale_for([v for one in lines for v in one.values], unit)
    plot = _Plot(over, up)
    parts = [plot.grid()]
    if since is not None:
        along = plot.at(since, up.low)[0]
        parts.append(
            Markup('<path class="chance" d="M{:g} {:g}V{:g}"/>').format(along, _TOP, _TOP + _HEIGHT)
        )
    parts += [plot.pale(one) for one in lines if one.means is not None]
    parts += [plot.strong(one) for one in lines]
    return Markup(
        '<svg class="curve" role="img" viewBox="0 0 {w:g} {h:g}" aria-label="{en}" data-en="{en}" '
        'data-zh="{zh}">{marks}{axes}</svg>'
    ).format(
        w=_LEFT + _WIDTH + _RIGHT,
        h=_TOP + _HEIGHT + _BELOW,
        en=title.plain("en"),
        zh=title.plain("zh"),
        marks=Markup().join(parts),
        axes=plot.axes(x),
    )


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where values stand."""

    over: Scale
    up: Scale

    def at(self, step: float, value: float) -> tuple[float, float]:
        """In pixels to a tenth, kept within the plot."""
        along = (step - self.over.low) / (self.over.high - self.over.low)
        high = (value - self.up.low) / (self.up.high - self.up.low)
        along, high = (min(1.0, max(0.0, one)) for one in (along, high))
        return round(_LEFT + _WIDTH * along, 1), round(_TOP + _HEIGHT * (1 - high), 1)

    def pale(self, line: StepLine) -> Markup:
        """The values as they are, below everything else."""
        return Markup('<g class="line {}" opacity=".28">{}</g>').format(
            line.kind, self._path(line.steps, line.values, 0)
        )

    def strong(self, line: StepLine) -> Markup:
        """The means, or the values where there are no means."""
        drawn = line.values if line.means is None else line.means
        parts = [Markup("<title>{}</title>").format(line.name)]
        if len(drawn) > 1:
            parts.append(self._path(line.steps, drawn, line.dash))
        if line.dots or len(drawn) == 1:
            parts += [
                Markup('<circle cx="{:g}" cy="{:g}" r="3"/>').format(*self.at(step, value))
                for step, value in zip(line.steps, drawn, strict=True)
            ]
        if line.marked is not None:
            parts.append(
                Markup('<circle class="marked" cx="{:g}" cy="{:g}" r="6"/>').format(
                    *self.at(*line.marked)
                )
            )
        return Markup('<g class="line {}">{}</g>').format(line.kind, Markup().join(parts))

    def _path(self, steps: Sequence[int], values: Sequence[float], dash: int) -> Markup:
        points = _thinned([self.at(s, v) for s, v in zip(steps, values, strict=True)])
        pattern = DASHES[dash % len(DASHES)]
        return Markup('<path d="M{}"{}/>').format(
            "L".join(f"{x:g} {y:g}" for x, y in points),
            Markup(' stroke-dasharray="{}"').format(pattern) if pattern else Markup(),
        )

    def grid(self) -> Markup:
        """Lines at round numbers, and the two edges."""
        rows = Markup().join(
            Markup('<path d="M{:g} {:g}H{:g}"/>').format(
                _LEFT, self.at(self.over.low, tick)[1], _LEFT + _WIDTH
            )
            for tick in self.up.ticks
        )
        edges = Markup('<path class="edge" d="M{:g} {:g}V{:g}H{:g}"/>').format(
            _LEFT, _TOP, _TOP + _HEIGHT, _LEFT + _WIDTH
        )
        return rows + edges

    def axes(self, x: Phrase) -> Markup:
        """Numbers along both axes and the name of the one below."""
        texts = [
            Markup('<text x="{:g}" y="{:g}" text-anchor="end">{}</text>').format(
                _LEFT - 6, self.at(self.over.low, tick)[1] + 4, _label(tick, self.up.unit)
            )
            for tick in self.up.ticks
        ]
        texts += [
            Markup('<text x="{:g}" y="{:g}" text-anchor="{}">{:,.0f}</text>').format(
                self.at(tick, self.up.low)[0],
                _TOP + _HEIGHT + 16,
                "end" if tick > self.over.high - self.over.step / 4 else "middle",
                tick,
            )
            for tick in self.over.ticks
            if tick == int(tick)
        ]
        texts += [
            Markup('<text class="{}" x="{:g}" y="{:g}" text-anchor="middle">{}</text>').format(
                language, _LEFT + _WIDTH / 2, _TOP + _HEIGHT + _BELOW - 4, x.plain(language)
            )
            for language in ("en", "zh")
        ]
        return Markup().join(texts)


def _label(value: float, unit: str) -> str:
    return f"{round(100 * value, 6):g}%" if unit == "share" else f"{round(value, 10):g}"


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most two points a column of pixels: the highest and the lowest, in their order."""
    if len(points) <= 2 * _COLUMNS:
        return list(points)
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int((point[0] - _LEFT) * _COLUMNS / _WIDTH), []).append(point)
    found: list[tuple[float, float]] = []
    for held in columns.values():
        ends = {min(held, key=lambda p: p[1]), max(held, key=lambda p: p[1])}
        found += [point for point in dict.fromkeys(held) if point in ends]
    return found
