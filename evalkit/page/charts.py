# SPDX-License-Identifier: Apache-2.0
"""Small SVG charts that live in table cells: the numbers stand beside them as text.

Positions along x are percentages and sizes are pixels, so that a chart takes the width of its cell
while dots stay round and lines stay thin. Colours come from classes (report.css) and
`currentColor`; nothing is scripted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from markupsafe import Markup

from evalkit.page.numbers import bare
from evalkit.page.phrase import Phrase

__all__ = [
    "Part",
    "Scale",
    "axis",
    "histogram",
    "interval_strip",
    "level",
    "scale_for",
    "share_bar",
    "span",
]

_STEPS = (1, 2, 2.5, 5, 10)
_ODD = Markup(' class="odd"')  # left out on narrow screens


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis.

    Attributes:
        low: Left end, in the unit of the values.
        high: Right end, above `low`.
        step: Between ticks.
        unit: As in `Measure`, for the labels.
        zero: Whether 0 is a line of its own: of differences.
    """

    low: float
    high: float
    step: float
    unit: str
    zero: bool = False

    def at(self, value: float) -> str:
        """Where a value stands, such as "42.5%", kept within the axis."""
        share = (value - self.low) / (self.high - self.low)
        return f"{100 * min(1.0, max(0.0, share)):.2f}%"

    @property
    def ticks(self) -> tuple[float, ...]:
        """Values of the grid lines."""
        first, last = ceil(self.low / self.step - 1e-9), floor(self.high / self.step + 1e-9)
        return tuple(i * self.step for i in range(first, last + 1))


def scale_for(values: Iterable[float], unit: str, *, zero: bool = False, ticks: int = 4) -> Scale:
    """An axis with round ends that holds every finite value, about `ticks` steps long.

    Args:
        values: Points and ends of intervals; NaN is skipped.
        unit: Of the values.
        zero: The axis is one of differences: it holds 0.
        ticks: Steps wanted.
    """
    known = [v for v in values if isfinite(v)] + ([0.0] if zero else [])
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if high - low < 1e-9:
        pad = abs(high) * 0.1 or 0.1
        low, high = low - pad, high + pad
    raw = (high - low) / ticks
    magnitude = 10.0 ** floor(log10(raw))
    step = magnitude * next(s for s in _STEPS if s * magnitude >= raw * (1 - 1e-9))
    low, high = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    if unit == "share" and not zero:
        low, high = max(0.0, low), min(1.0, max(high, low + step))
    return Scale(low, high, step, unit, zero)


def interval_strip(
    value: float, low: float, high: float, scale: Scale, *, kind: str = "flat"
) -> Markup:
    """One row of an interval plot: grid, the interval as a bar, the value as a dot.

    Args:
        value: Point; NaN draws the grid alone.
        low: End of the interval; NaN draws the dot alone.
        high: Likewise.
        scale: Shared by the rows of the plot.
        kind: Class of its colour: "good", "bad", "flat", "candidate", "base".
    """
    signed = scale.zero
    shown = bare(value, scale.unit, signed=signed)
    interval = isfinite(low) and isfinite(high)
    if interval:
        l, h = (bare(x, scale.unit, signed=signed) for x in (low, high))  # noqa: E741
        shown = f"{shown} [{l}, {h}]"
    marks = []
    if interval:
        marks.append(
            Markup('<line class="ci" x1="{}" x2="{}" y1="50%" y2="50%"/>').format(
                scale.at(low), scale.at(high)
            )
        )
    if isfinite(value):
        marks.append(Markup('<circle cx="{}" cy="50%" r="4.5"/>').format(scale.at(value)))
    return Markup('<svg class="strip {}" role="img"><title>{}</title>{}{}</svg>').format(
        kind, shown, _grid(scale), Markup().join(marks)
    )


def axis(scale: Scale) -> Markup:
    """The labels of the axis, for the foot of an interval plot; hidden from screen readers."""
    labels = []
    for tick in scale.ticks:
        share = (tick - scale.low) / (scale.high - scale.low)
        anchor = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        labels.append(
            Markup('<text x="{}" y="14" text-anchor="{}"{}>{}</text>').format(
                scale.at(tick),
                anchor,
                _ODD if round(tick / scale.step) % 2 else "",
                _tick(tick, scale),
            )
        )
    return Markup('<svg class="axis" aria-hidden="true" height="18">{}</svg>').format(
        Markup().join(labels)
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole.

    Attributes:
        count: How many.
        kind: Class of its colour.
        title: What it is, plain text.
    """

    count: int
    kind: str
    title: str


def share_bar(parts: Sequence[Part]) -> Markup:
    """One bar cut into its parts, each with a title; parts of nothing are left out.

    Args:
        parts: In order from left to right.
    """
    total = sum(part.count for part in parts)
    pieces, done = [], 0
    for part in parts:
        if part.count:
            pieces.append(
                Markup(
                    '<rect class="{}" x="{:.3f}%" width="{:.3f}%" height="100%">'
                    "<title>{}: {}</title></rect>"
                ).format(
                    part.kind, 100 * done / total, 100 * part.count / total, part.title, part.count
                )
            )
        done += part.count
    name = ", ".join(f"{part.title}: {part.count}" for part in parts)
    return Markup('<svg class="bar" role="img" aria-label="{}">{}</svg>').format(
        name, Markup().join(pieces)
    )


def level(share: float) -> Markup:
    """A bar as long as a share of the cell; hidden from screen readers: the number is beside it.

    Args:
        share: In [0, 1].
    """
    return Markup(
        '<svg class="level" aria-hidden="true"><rect width="{:.2f}%" height="100%"/></svg>'
    ).format(100 * share)


def histogram(bins: Sequence[tuple[int, int, int]], name: Phrase) -> Markup:
    """Columns of equal width whatever their bins span, each with a title, and edges below.

    Args:
        bins: Lower edge, upper edge (not in it) and count; touching, ascending.
        name: What is counted, for screen readers.
    """
    most = max((count for _, _, count in bins), default=0) or 1
    width = 100 / max(1, len(bins))
    columns = [
        Markup('<rect x="{:.3f}%" width="{:.3f}%" y="{:.2f}%" height="{:.2f}%">{}</rect>').format(
            at * width,
            width,
            100 - 100 * count / most,
            100 * count / most,
            Markup("<title>{}: {:,}</title>").format(span(low, high), count),
        )
        for at, (low, high, count) in enumerate(bins)
        if count
    ]
    chart = Markup(
        '<svg class="hist" role="img" aria-label="{0}" data-en="{0}" data-zh="{1}">'
        '{2}<line x1="0" x2="100%" y1="100%" y2="100%"/></svg>'
    ).format(name.plain("en"), name.plain("zh"), Markup().join(columns))
    if all(high == low + 1 for low, high, _ in bins):
        return chart + _labels([low for low, _, _ in bins], inside=True)
    edges = [*(low for low, _, _ in bins), *(high for _, high, _ in bins[-1:])]
    return chart + _labels(edges, inside=False)


def span(low: int, high: int) -> str:
    """A column of a histogram in words: its lower edge up to the last value in it."""
    return f"{low:,}" if high == low + 1 else f"{low:,} … {high - 1:,}"


def _labels(values: Sequence[int], *, inside: bool) -> Markup:
    """About six labels: of values below their columns, or of edges between these."""
    cells = len(values) if inside else max(1, len(values) - 1)
    every = ceil(cells / 6)
    labels = []
    for at in range(0, len(values), every):
        place = 100 * (at + 0.5 * inside) / cells
        anchor = "start" if place == 0 else "end" if place == 100 else "middle"
        labels.append(
            Markup('<text x="{:.2f}%" y="14" text-anchor="{}"{}>{:,}</text>').format(
                place, anchor, _ODD if at // every % 2 else "", values[at]
            )
        )
    return Markup('<svg class="axis" aria-hidden="true" height="18">{}</svg>').format(
        Markup().join(labels)
    )


def _grid(scale: Scale) -> Markup:
    return Markup().join(
        Markup('<line class="{}" x1="{}" x2="{}" y1="0" y2="100%"/>').format(
            "zero" if scale.zero and abs(tick) < scale.step / 2 else "grid",
            scale.at(tick),
            scale.at(tick),
        )
        for tick in scale.ticks
    )


def _tick(value: float, scale: Scale) -> str:
    if scale.unit != "share":
        return f"{value:g}" if not scale.zero or value <= 0 else f"+{value:g}"
    text = f"{round(value * 100, 6):g}"
    text = text.replace("-", "−") if value < 0 else f"+{text}" if scale.zero and value > 0 else text
    return text if scale.zero else f"{text}%"
