# SPDX-License-Identifier: Apache-2.0
"""Lines in the unit square as SVG: ROC, precision against recall, said against happened.

Every line has a dash of its own beside its colour, and the table of its points stands below the
figure; nothing is scripted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup

from evalkit.page.phrase import Phrase

__all__ = ["DASHES", "Line", "line_sample", "unit_square"]

DASHES = ("", "7 4", "2 3", "10 3 2 3", "1 4", "12 5")
"""Of the first line, the second ...; at most six models are compared."""

_SIZE = 240.0  # of the square, in pixels of the view box
_LEFT, _TOP = 38.0, 8.0
_WIDTH, _HEIGHT = _LEFT + _SIZE + 12, _TOP + _SIZE + 38
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart.

    Attributes:
        name: Plain text: whose it is; hostile.
        kind: Class of its colour: "base", "candidate" or "other".
        points: (x, y), each in [0, 1]; points that are not finite are left out.
        dash: Its place in `DASHES`.
        dots: Draw each point too: for few points with counts.
        marked: A point to mark, such as a frozen threshold's; None = none.
    """

    name: str
    kind: str
    points: Sequence[tuple[float, float]]
    dash: int = 0
    dots: bool = False
    marked: tuple[float, float] | None = None


def unit_square(
    lines: Sequence[Line], *, title: Phrase, x: Phrase, y: Phrase, diagonal: str = ""
) -> Markup:
    """A square chart with both axes from 0 to 1, gridded by quarters.

    Args:
        lines: Drawn in order, the last on top.
        title: What it shows, for screen readers.
        x: Name of the axis below.
        y: Of the one to the left, written above the chart.
        diagonal: "up" or "" (none): where chance, or honest probabilities, would lie.
    """
    marks = [_grid()]
    if diagonal:
        marks.append(
            Markup('<path class="chance" d="M{} {}L{} {}"/>').format(*_at(0, 0), *_at(1, 1))
        )
    marks += map(_drawn, lines)
    return Markup(
        '<svg class="curve" role="img" viewBox="0 0 {w:g} {h:g}" aria-label="{en}" data-en="{en}" '
        'data-zh="{zh}">{marks}{axes}</svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        en=f"{title.plain('en')}; {y.plain('en')} / {x.plain('en')}",
        zh=f"{title.plain('zh')}；{y.plain('zh')} / {x.plain('zh')}",
        marks=Markup().join(marks),
        axes=_axes(x),
    )


def line_sample(kind: str, dash: int) -> Markup:
    """A short piece of a line, for the legend; hidden from screen readers."""
    return Markup(
        '<svg class="sample {}" aria-hidden="true" width="28" height="10">'
        '<path d="M1 5H27"{}/></svg>'
    ).format(kind, _dashed(dash))


def _drawn(line: Line) -> Markup:
    points = _thinned([p for p in line.points if isfinite(p[0]) and isfinite(p[1])])
    parts = [Markup("<title>{}</title>").format(line.name)]
    if len(points) > 1:
        path = "L".join(f"{x:g} {y:g}" for x, y in points)
        parts.append(Markup('<path d="M{}"{}/>').format(path, _dashed(line.dash)))
    if line.dots or len(points) == 1:
        parts += [Markup('<circle cx="{:g}" cy="{:g}" r="3.5"/>').format(*p) for p in points]
    if line.marked is not None and all(map(isfinite, line.marked)):
        parts.append(
            Markup('<circle class="marked" cx="{:g}" cy="{:g}" r="6"/>').format(*_at(*line.marked))
        )
    return Markup('<g class="line {}">{}</g>').format(line.kind, Markup().join(parts))


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """In pixels to a tenth, without points that stand where the one before does or on its way."""
    found: list[tuple[float, float]] = []
    for point in points:
        placed = _at(*point)
        if found and placed == found[-1]:
            continue
        if len(found) > 1 and _straight(found[-2], found[-1], placed):
            found[-1] = placed
        else:
            found.append(placed)
    return found


def _straight(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]


def _at(x: float, y: float) -> tuple[float, float]:
    along, down = (min(1.0, max(0.0, v)) for v in (x, 1 - y))
    return round(_LEFT + _SIZE * along, 1), round(_TOP + _SIZE * down, 1)


def _grid() -> Markup:
    steps = []
    for tick in _TICKS:
        (x, y), kind = _at(tick, tick), "grid" if tick else "edge"
        steps.append(
            Markup('<path class="{}" d="M{:g} {:g}V{:g}M{:g} {:g}H{:g}"/>').format(
                kind, x, _TOP, _TOP + _SIZE, _LEFT, y, _LEFT + _SIZE
            )
        )
    return Markup().join(steps)


def _axes(x: Phrase) -> Markup:
    """Numbers along both axes and the name of the one below."""
    texts = []
    for tick in _TICKS:
        along, down = _at(tick, tick)
        texts.append(
            Markup('<text x="{:g}" y="{:g}" text-anchor="middle">{:g}</text>').format(
                along, _TOP + _SIZE + 16, tick
            )
        )
        texts.append(
            Markup('<text x="{:g}" y="{:g}" text-anchor="end">{:g}</text>').format(
                _LEFT - 6, down + 4, tick
            )
        )
    middle, below = _LEFT + _SIZE / 2, _HEIGHT - 4
    for language, name in (("en", x.plain("en")), ("zh", x.plain("zh"))):
        texts.append(
            Markup('<text class="{}" x="{:g}" y="{:g}" text-anchor="middle">{}</text>').format(
                language, middle, below, name
            )
        )
    return Markup().join(texts)


def _dashed(dash: int) -> Markup:
    pattern = DASHES[dash % len(DASHES)]
    return Markup(' stroke-dasharray="{}"').format(pattern) if pattern else Markup()
