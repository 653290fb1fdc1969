# SPDX-License-Identifier: Apache-2.0
"""A comparison on the terminal: how rows were paired, the run, every pair, the flips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from evalkit.cli._run_text import as_text
from evalkit.core.measure import Verdict
from evalkit.core.printable import columns, excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.comparing.alignment import named
from evalkit.evaluation.comparing.comparison import Compared
from evalkit.evaluation.comparing.flips import Flips
from evalkit.evaluation.wording import change

__all__ = ["WORDS", "as_lines", "paired_line"]

WORDS: Mapping[str, tuple[str, str]] = {
    "id": ("paired by id", "按编号配对"),
    "messages": ("paired by what was asked", "按所提的问题配对"),
    "line": ("paired by line", "按行号配对"),
    "order": ("paired by order alone", "仅按顺序配对"),
    "rows": (
        "{n} in {k}, {by}; no model was asked",
        "{k} 组回答都有的行共 {n} 行，{by}；未调用模型",
    ),
    "apart": (
        "{k} sets of answers, nothing paired; no model was asked",
        "{k} 组回答，未配对；未调用模型",
    ),
    "pairs": ("Pairs", "各对比较"),
    "flips": ("Flips: {c} against {b}", "逐行变化：{c} 对 {b}"),
    "right": ("{m} right", "{m} 正确"),
    "wrong": ("{m} wrong", "{m} 错误"),
    "fixed": ("fixed", "改对"),
    "broken": ("broken", "变错"),
    "unscored": ("not scored in both: {n}", "未双双计分：{n}"),
    "first": ("{word}: {ids}", "{word}：{ids}"),
}
_VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    "better": ("better", "更好"),
    "worse": ("worse", "更差"),
    "not_worse": ("not worse", "不更差"),
    "undecided": ("undecided", "尚难分高下"),
}


def _say(key: str, language: Language, **values: object) -> str:
    return WORDS[key][0 if language == "en" else 1].format(**values)


def paired_line(found: Compared, language: Language) -> str:
    """`500 rows in both, paired by id; no model was asked`."""
    one = found.alignment
    if one.by == "none":
        return _say("apart", language, k=len(found.sets))
    n, k, by = f"{one.whole:,}", len(found.sets), _say(one.by, language)
    if language == "zh":
        return _say("rows", language, n=n, k=k, by=by)
    sets = "both" if k == 2 else f"all {k}"
    return _say("rows", language, n=f"{n} {'row' if one.whole == 1 else 'rows'}", k=sets, by=by)


def _pairs(found: Compared, language: Language) -> list[tuple[str, str, str]]:
    """The primary difference of every pair: who, by how much, in a word."""
    run = found.run
    return [
        (
            f"{d.candidate} vs {d.base}",
            change(d, language),
            _VERDICTS[d.verdict][0 if language == "en" else 1],
        )
        for d in run.differences
        if d.metric == run.primary and d.slice == "all"
    ]


def as_lines(found: Compared, language: Language) -> Iterator[str]:
    """Line by line; what is of the data is printable."""
    yield click.style(paired_line(found, language), dim=True)
    yield as_text(found.run, language)
    pairs = _pairs(found, language)
    if len(pairs) > 1:
        yield f"\n{_say('pairs', language)} ({found.run.primary})"
        yield from _aligned(pairs)
    for flips in found.flips:
        yield ""
        yield from _flips(flips, language)


def _flips(flips: Flips, language: Language) -> Iterator[str]:
    """Two by two, and the first rows that changed sides."""
    base, candidate = printable(flips.base), printable(flips.candidate)
    yield _say("flips", language, c=candidate, b=base)
    fixed, broken = _say("fixed", language), _say("broken", language)
    table = [
        ["", _say("right", language, m=candidate), _say("wrong", language, m=candidate)],
        [
            _say("right", language, m=base),
            f"{flips.both_right:,}",
            f"{len(flips.broken):,} {broken}",
        ],
        [_say("wrong", language, m=base), f"{len(flips.fixed):,} {fixed}", f"{flips.both_wrong:,}"],
    ]
    yield from _aligned(table)
    if flips.unscored:
        yield "  " + _say("unscored", language, n=f"{flips.unscored:,}")
    for word, ids in ((fixed, flips.fixed), (broken, flips.broken)):
        if ids:
            shown = excerpt(named(ids, language), 160)
            yield "  " + _say("first", language, word=word, ids=shown)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns by cells on the screen: a Chinese character takes two."""
    widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield ("  " + "  ".join(cells)).rstrip()
