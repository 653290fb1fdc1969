# SPDX-License-Identifier: Apache-2.0
"""Draw the pictures of docs/explanation/ with the report's own charts; `--check` only compares."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from evalkit.page.charts import Part, Scale, axis, interval_strip, share_bar
from evalkit.statistics.paired_binary import mcnemar_midp, tango
from evalkit.statistics.power import visible_binary
from evalkit.statistics.proportion import wilson

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images" / "statistics"
WIDTH, LEFT, CHART, ROW = 748, 236, 300, 34
# The report's colours, light and dark; an image has no page to take them from.
STYLE = """
svg{overflow:visible}text{font:13px system-ui,sans-serif;fill:#1d2430}.soft,.axis text{fill:#5b6472}
.axis text{font-size:11.5px}.strip line{stroke:currentColor}.strip .grid{stroke:#dfe3e8}
.strip .zero{stroke:#5b6472;stroke-dasharray:2 2}.strip .ci{stroke-width:3;stroke-linecap:round}
.strip circle{fill:currentColor}.good{color:#106b45;fill:#106b45}.bad{color:#b3222f;fill:#b3222f}
.flat{color:#5b6472;fill:#c9ced6}.strip.flat circle{fill:#5b6472}
@media(prefers-color-scheme:dark){text{fill:#e8ebf0}.soft,.axis text{fill:#a3acba}
.strip .grid{stroke:#333b47}.strip .zero{stroke:#a3acba}.good{color:#63d29e;fill:#63d29e}
.bad{color:#ff9191;fill:#ff9191}.flat{color:#a3acba;fill:#4a5361}.strip.flat circle{fill:#a3acba}}
""".replace("\n", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a picture: what it is, its chart, what is seen."""

    name: str
    chart: Markup
    said: str


def _within(chart: Markup, *, top: int, height: int) -> Markup:
    """A chart of the report, which takes the size of its cell, at a place of the picture."""
    place = Markup('<svg x="{}" y="{}" width="{}" height="{}" ').format(LEFT, top, CHART, height)
    return place + chart.removeprefix("<svg ").replace(' height="18"', "", 1)


def picture(title: str, rows: Sequence[Row], scale: Scale | None) -> str:
    """The picture; a bar has no axis."""
    height = 8 + ROW * len(rows) + (26 if scale else 4)
    body = []
    for at, row in enumerate(rows):
        top = 8 + ROW * at
        tall = ROW - 8 if scale else 14
        body.append(
            Markup('<text x="8" y="{1}">{0}</text><text x="{2}" y="{1}">{3}</text>').format(
                row.name, top + 18, LEFT + CHART + 18, row.said
            )
            + _within(row.chart, top=top + (0 if scale else 7), height=tall)
        )
    if scale:
        body.append(_within(axis(scale), top=8 + ROW * len(rows), height=18))
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" '
            'height="{1}" role="img"><title>{2}</title><style>{3}</style>{4}</svg>\n'
        ).format(WIDTH, height, title, Markup(STYLE), Markup("\n").join(body))  # noqa: S704 -- ours
    )


def intervals() -> str:
    """One model: how much a share of right answers says."""
    scale = Scale(0.6, 1.0, 0.1, "share")
    rows = []
    for right, n in ((20, 20), (18, 20), (90, 100), (900, 1000)):
        found = wilson(right, n)
        chart = interval_strip(found.value, found.low, found.high, scale, kind="good")
        said = f"{100 * found.low:.1f} to {100 * found.high:.1f} %"
        rows.append(Row(name=f"{right} of {n} right", chart=chart, said=said))
    return picture("What a share of right answers says", rows, scale)


PAIRS = ((15, 0), (30, 15), (75, 60))


def _difference(fixed: int, broken: int, n: int) -> tuple[float, float, float, str, str]:
    low, high = tango(fixed, broken, n)
    better = low > 0 and mcnemar_midp(fixed, broken) < 0.05
    worse = high < 0 and mcnemar_midp(fixed, broken) < 0.05
    word = "better" if better else "worse" if worse else "undecided"
    kind = {"better": "good", "worse": "bad"}.get(word, "flat")
    return (fixed - broken) / n, low, high, word, kind


def pairs() -> str:
    """Two models, the same averages, different rows."""
    scale = Scale(-0.1, 0.15, 0.05, "share", zero=True)
    rows = []
    for fixed, broken in PAIRS:
        value, low, high, word, kind = _difference(fixed, broken, 300)
        rows.append(
            Row(
                name=f"{fixed} fixed, {broken} broken of 300",
                chart=interval_strip(value, low, high, scale, kind=kind),
                said=f"{word}: {100 * low:+.1f} to {100 * high:+.1f}".replace("-", "−"),
            )
        )
    return picture("The same 5 points, in three ways", rows, scale)


def rows_of_pairs() -> str:
    """The rows behind it."""
    rows = []
    for fixed, broken in PAIRS:
        parts = (
            Part(fixed, "good", "fixed"),
            Part(300 - fixed - broken, "flat", "the same"),
            Part(broken, "bad", "broken"),
        )
        said = f"{fixed + broken} rows differ"
        rows.append(Row(name=f"{fixed} fixed, {broken} broken", chart=share_bar(parts), said=said))
    return picture("The rows on which two models differ", rows, None)


def verdicts() -> str:
    """What an interval says, with a margin of 2 points."""
    scale = Scale(-0.1, 0.1, 0.05, "share", zero=True)
    rows = []
    for fixed, broken, n in ((60, 30, 600), (24, 20, 1500), (22, 20, 200), (20, 55, 600)):
        value, low, high, word, kind = _difference(fixed, broken, n)
        bound = tango(fixed, broken, n, confidence=0.9)[0]
        if word == "undecided" and bound > -0.02:
            word, kind = "not worse by 2 points", "good"
        name = f"{fixed} fixed, {broken} broken of {n:,}"
        chart = interval_strip(value, low, high, scale, kind=kind)
        rows.append(Row(name=name, chart=chart, said=word))
    return picture("Four verdicts", rows, scale)


def sees() -> str:
    """The least difference that so many rows show four times in five."""
    scale = Scale(0.0, 0.3, 0.05, "share", zero=True)
    rows = []
    for n in (30, 100, 300, 1000, 3000):
        least = visible_binary(0.15, n)
        chart = interval_strip(least, 0.0, least, scale, kind="flat")
        said = f"{100 * least:.1f} points or more"
        rows.append(Row(name=f"{n:,} rows", chart=chart, said=said))
    return picture("What a set can see", rows, scale)


PICTURES = {
    "intervals.svg": intervals,
    "pairs.svg": pairs,
    "pairs-rows.svg": rows_of_pairs,
    "verdicts.svg": verdicts,
    "sees.svg": sees,
}


def main() -> int:
    """Draw, or with `--check` name what is not current."""
    stale = 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        path, text = FOLDER / name, draw()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale = 1
        if "--check" in sys.argv:
            print(f"docs/images/statistics/{name} is not current: python tools/make_pictures.py")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    return stale and int("--check" in sys.argv)


if __name__ == "__main__":
    raise SystemExit(main())
