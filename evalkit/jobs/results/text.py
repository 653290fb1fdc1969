# SPDX-License-Identifier: Apache-2.0
"""Results of a job for a terminal and for Markdown: a verdict, small curves, what was spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evalkit.core.markdown import quoted
from evalkit.core.printable import columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.profile_text import aligned
from evalkit.estimation.text_lines import wrapped
from evalkit.jobs.results.curves import smoothed
from evalkit.jobs.results.metrics_file import Metrics
from evalkit.jobs.results.results import Results
from evalkit.jobs.results.words import (
    best_lines,
    cells,
    column_name,
    headline,
    method_name,
    money_lines,
    remarks,
    sign_line,
)
from evalkit.page.phrase import Phrase, say

__all__ = ["as_markdown", "as_text", "spark"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_NARROW, _WIDE = 8, 32  # columns of a small curve
_HEADS = (
    say("", ""), say("first", "最初"), say("last", "最后"), say("lowest", "最低"),
    say("highest", "最高"), say("end mean", "末段平均"),
)  # fmt: skip
_SHORT = {
    "train_accuracy": say("training accuracy", "训练准确率"),
    "valid_loss": say("validation loss", "验证损失"),
    "valid_accuracy": say("validation accuracy", "验证准确率"),
    "full_valid_loss": say("full validation loss", "全集验证损失"),
    "full_valid_accuracy": say("full validation accuracy", "全集验证准确率"),
}
_FULL = 90  # columns from which on all figures are shown
_MARKS = {"bad": "!", "warn": "!", "open": "-", "good": "-", "": "-"}

Style = Callable[[str, str], str]  # a text, and "head", "bad", "warn" or "soft"


def _plain(text: str, tone: str) -> str:  # noqa: ARG001  (the shape of a style)
    return text


def as_text(
    results: Results,
    *,
    language: Language = "en",
    width: int = 80,
    style: Style = _plain,
    ascii_only: bool = False,
    reasons: Sequence[Phrase] = (),
) -> str:
    """Lines without a line feed at the end.

    Args:
        results: What to show; all texts in it are printed as `core.printable` has them.
        language: Of the words.
        width: Columns of the terminal.
        style: How to colour.
        ascii_only: Leave out the small curves, for terminals that cannot draw blocks.
        reasons: Why it failed, and what would have caught it.
    """
    told = [" · ".join(_about(results, language))]
    word, why = (one.plain(language) for one in headline(results))
    bad = results.job is not None and results.job.state in ("failed", "cancelled")
    told.append(style(f"{word} {why}".rstrip(), "bad" if bad else "head"))
    if lines := _measures(results, language, width, curves=not ascii_only):
        told += ["", style(lines[0], "head"), *lines[1:]]
    if money := [*_money(results, language)]:
        lines = aligned(money, width, right=range(1, len(money[0])))
        told += ["", style(lines[0], "head"), *lines[1:]]
    told.append("")
    for tone, line in _remarks(results, reasons):
        mark = _MARKS.get(tone, "-")
        said = line.plain(language)
        # A command is never broken: it is there to be copied.
        parts = [said] if "evalkit lint" in said else wrapped(said, width - 2)
        for at, part in enumerate(parts):
            text = f"{mark} {part}" if at == 0 else f"  {part}"
            told.append(style(text, tone) if tone in ("bad", "warn") else text)
    return "\n".join(told)


def as_markdown(
    results: Results, *, language: Language = "en", reasons: Sequence[Phrase] = ()
) -> str:
    """The same as GitHub-flavoured Markdown."""
    word, why = (one.plain(language) for one in headline(results))
    told = [f"## {quoted(f'{word} {why}'.rstrip())}", ""]
    told += [quoted(" · ".join(_about(results, language))), ""]
    for tone, line in _remarks(results, reasons):
        said = quoted(line.plain(language))
        told.append(f"- **{said}**" if tone in ("bad", "warn") else f"- {said}")
    for table in (
        [*_table(results, language)],
        [*_money(results, language)],
    ):
        if table:
            told += ["", *_rows(table)]
    return "\n".join(told)


def _rows(table: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *rest = table
    yield f"| {' | '.join(map(quoted, head))} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rest:
        yield f"| {' | '.join(map(quoted, row))} |"


def _about(results: Results, language: Language) -> Iterator[str]:
    yield printable(results.source)
    job = results.job
    if job is not None:
        yield printable(f"{job.model} ({job.target})")
        if job.method:
            yield method_name(job.method).plain(language)
        if job.tuned_model:
            yield printable(job.tuned_model)


def _remarks(results: Results, reasons: Sequence[Phrase]) -> Iterator[tuple[str, Phrase]]:
    for line in reasons:
        yield "bad", line
    yield "warn" if results.sign.found else "", sign_line(results)
    for line in best_lines(results):
        yield "", line
    yield from remarks(results)


def _measures(results: Results, language: Language, width: int, *, curves: bool) -> list[str]:
    """The table of measures, with as wide a curve beside it as there is room for."""
    table = [*_table(results, language)]
    if not table:
        return []
    if width < _FULL:  # the highest value tells least
        table = [[*row[:4], *row[5:]] for row in table]
    right = range(1, len(table[0]))
    while len(table[0]) > 2 and _wide(table) > width:  # a figure that is cut is another figure
        table = [[*row[:-2], row[-1]] for row in table]
        right = range(1, len(table[0]))
    lines = aligned(table, width, right=right)
    room = min(_WIDE, width - 2 - max(map(columns, lines)))
    if not curves or room < _NARROW or results.metrics is None:
        return lines
    drawn = ["", *(spark(results.metrics, one.meaning, room) for one in results.columns)]
    return aligned([[*row, curve] for row, curve in zip(table, drawn, strict=True)], width,
                   right=right)  # fmt: skip


def _wide(table: Sequence[Sequence[str]]) -> int:
    """Columns of the terminal that the whole table takes."""
    each = [max(map(columns, column)) for column in zip(*table, strict=True)]
    return sum(each) + 2 * (len(each) - 1)


def _table(results: Results, language: Language) -> Iterator[list[str]]:
    if not results.columns:
        return
    yield [head.plain(language) for head in _HEADS]
    for one in results.columns:
        name = _SHORT.get(one.meaning) or column_name(one.meaning)
        yield [name.plain(language), *cells(one)]


def _money(results: Results, language: Language) -> Iterator[list[str]]:
    lines = [*money_lines(results)]
    if not lines:
        return
    heads = say("", ""), say("estimated", "估算"), say("actual", "实际")
    rows = [[one.plain(language) for one in heads]]
    rows += [[name.plain(language), before, after] for name, before, after in lines]
    if all(before == "–" for _, before, _ in lines):  # a file alone has no estimate
        rows = [[name, after] for name, _, after in rows]
    yield from rows


def spark(metrics: Metrics, meaning: str, width: int = _WIDE) -> str:
    """A column as a row of blocks: its running mean in as many stretches of steps.

    Args:
        metrics: Where it is.
        meaning: Or name of the column.
        width: Columns of the terminal; a stretch without a value is a blank.
    """
    steps, values = metrics.series(meaning)
    if len(values) < 2:
        return ""
    means = smoothed(values, max(1, len(values) // 20))
    low, high = min(means), max(means)
    first, last = metrics.steps[0], metrics.steps[-1]
    held: dict[int, list[float]] = {}
    for step, mean in zip(steps, means, strict=True):
        at = min(width - 1, (step - first) * width // max(1, last - first))
        held.setdefault(at, []).append(mean)
    drawn = ""
    for at in range(width):
        if at not in held:
            drawn += " "
            continue
        mean = sum(held[at]) / len(held[at])
        share = (mean - low) / (high - low) if high > low else 0.0
        drawn += _BLOCKS[min(7, int(share * 8))]
    return drawn.rstrip()
