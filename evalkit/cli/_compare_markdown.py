# SPDX-License-Identifier: Apache-2.0
"""A comparison as Markdown, for pull requests and step summaries; the data cannot mark it up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from evalkit.cli._compare_text import paired_line, pairs_of
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.evaluation.comparing.alignment import named
from evalkit.evaluation.comparing.comparison import Compared
from evalkit.evaluation.result import Run
from evalkit.evaluation.wording import amount, gate_line, headline, range_of

__all__ = ["as_markdown"]

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_ICONS = {"pass": "✅", "fail": "❌", "undecided": "❔"}
_WORDS = {
    "metric": ("metric", "指标"),
    "pair": ("pair", "比较"),
    "difference": ("difference", "差值"),
    "verdict": ("verdict", "结论"),
    "gate": ("gate", "门槛"),
    "seen": ("seen", "结果"),
    "flips": ("flips", "逐行变化"),
    "fixed": ("fixed", "修好"),
    "broken": ("broken", "弄坏"),
    "both_right": ("both right", "都正确"),
    "both_wrong": ("both wrong", "都错误"),
    "first": ("first ones broken", "最先弄坏的"),
}


def as_markdown(found: Compared, language: Language) -> str:
    """Headline, how rows were paired, notes, measures, pairs, flips, gates."""
    return "\n".join(_lines(found, language)) + "\n"


def _lines(found: Compared, language: Language) -> Iterator[str]:
    at = 0 if language == "en" else 1
    words = {key: pair[at] for key, pair in _WORDS.items()}
    run = found.run
    yield f"### {_plain(headline(run, language))}"
    yield ""
    yield _plain(paired_line(found, language))
    if run.notes:
        yield ""
        yield from (f"- {_plain(note[at], 400)}" for note in run.notes)
    yield ""
    models = [model.name for model in run.models]
    yield from _table([words["metric"], *models], list(_measures(run, models)))
    if pairs := pairs_of(found, language):
        yield ""
        yield from _table([words["pair"], words["difference"], words["verdict"]], pairs)
    if found.flips:
        yield ""
        yield from _table(
            [words[k] for k in ("flips", "fixed", "broken", "both_right", "both_wrong", "first")],
            [
                [
                    f"{one.candidate} vs {one.base}",
                    f"{len(one.fixed):,}",
                    f"{len(one.broken):,}",
                    f"{one.both_right:,}",
                    f"{one.both_wrong:,}",
                    named(one.broken, language) if one.broken else "",
                ]
                for one in found.flips
            ],
        )
    if run.gates:
        yield ""
        yield from _table(
            ["", words["gate"], words["seen"]],
            [[_ICONS[g.verdict], g.gate, gate_line(g, language)] for g in run.gates],
        )


def _measures(run: Run, models: Sequence[str]) -> Iterator[list[str]]:
    known = {(m.model, m.metric): m for m in run.measures if m.slice == "all"}
    for metric in dict.fromkeys(m.metric for m in run.measures if "[" not in m.metric):
        cells = []
        for model in models:
            one = known.get((model, metric))
            ends = range_of(one.interval, one.unit) if one else ""
            value = amount(one.interval.value, one.unit) if one else ""
            cells.append(f"{value} ({ends})" if ends else value)
        yield [metric, *cells]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(_plain(cell) for cell in head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(_plain(cell) for cell in row) + " |"


def _plain(text: str, width: int = 200) -> str:
    """Text that stays text: nothing of it is read as a mark, a link, a mention or HTML."""
    marked = _MARKS.sub(r"\\\1", excerpt(text, width))
    return marked.replace("@", "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")
