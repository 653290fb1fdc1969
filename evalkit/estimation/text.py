# SPDX-License-Identifier: Apache-2.0
"""An estimate for people: a first line for a model with an end, then small tables; en and zh."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.closing import Closing, takes_jobs, trains_here
from evalkit.estimation.facts import Estimate
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.own_model import name_of
from evalkit.estimation.profile_text import Style
from evalkit.estimation.text_bars import histogram, lengths, outliers, share_lines
from evalkit.estimation.text_facts import about, facts, files_of
from evalkit.estimation.text_lines import shortened, wrapped
from evalkit.estimation.text_table import table_text
from evalkit.estimation.text_unsure import left_out
from evalkit.page.phrase import Phrase, say
from evalkit.targets.load import model_named, target_named, target_names

__all__ = ["also_at", "as_text", "closing_line", "left_out_line", "others_line", "plain"]

_PATHS = 16  # columns that paths have at least in the heading


def plain(text: str, tone: str) -> str:  # noqa: ARG001  (the shape of a style)
    """A style without colours."""
    return text


def as_text(
    result: Estimation,
    *,
    width: int = 80,
    style: Style = plain,
    ascii_only: bool = False,
) -> str:
    """Lines for a terminal, without a line feed at the end.

    Args:
        result: What to show, in its language.
        width: Columns of the terminal.
        style: How to colour.
        ascii_only: Draw bars with ASCII.
    """
    if result.compared:
        return "\n".join(table_text(result, width=width, style=style))
    return "\n".join(_one(result.outlooks[0], result, width, style, ascii_only=ascii_only))


def _one(
    outlook: Outlook, whole: Estimation, width: int, style: Style, *, ascii_only: bool
) -> list[str]:
    estimate, language, card = outlook.estimate, whole.language, outlook.model
    lines: list[str] = []
    if outlook.closing is not None:
        tone = "bad" if outlook.closing.state in ("no-jobs", "gone") else "warn"
        ending = closing_line(card.name, outlook.closing, (), language=language)
        lines += [style(line, tone) for line in wrapped(ending, width)]
        if outlook.others:
            names = others_line(outlook.others, files_of(estimate), language)
            lines += wrapped(names, width)
        lines.append("")
    arrow = "->" if ascii_only else "→"
    model = f" {arrow} {name_of(card).plain(language)} ({printable(card.target)})"
    paths = shortened(files_of(estimate), max(width - columns(model), _PATHS))
    lines.append(style(clipped(paths + model, width), "head"))
    lines += wrapped(about(estimate).plain(language), width)
    if elsewhere := also_at(outlook, whole):
        lines += [style(line, "soft") for line in wrapped(elsewhere.plain(language), width)]
    lines.append("")
    lines += _facts(outlook, whole, width, style)
    blocks = [
        lengths(estimate, language, width, style),
        [],
        share_lines(estimate, language, width, style, ascii_only=ascii_only),
        outliers(estimate, language, width, style),
    ]
    if estimate.example is not None:
        blocks[1] = histogram(estimate.example, language, width, style, ascii_only=ascii_only)
    for block in blocks:
        if block:
            lines += ["", *block]
    return lines


def _facts(outlook: Outlook, whole: Estimation, width: int, style: Style) -> list[str]:
    """The table: labels in one column, values in the other, what they rest on dimmed below."""
    language = whole.language
    found = list(facts(outlook, whole))
    labels = [fact.label.plain(language) for fact in found]
    left = max(map(columns, labels)) + 2
    lines = []
    for fact, label in zip(found, labels, strict=True):
        first, *more = wrapped(fact.value.plain(language), width - left)
        toned = [style(text, fact.tone) if fact.tone else text for text in (first, *more)]
        lines.append(f"{label}{' ' * (left - columns(label))}{toned[0]}")
        lines += [" " * left + text for text in toned[1:]]
        if fact.basis:
            rests = wrapped(fact.basis.plain(language), width - left)
            lines += [" " * left + style(text, "soft") for text in rests]
    return lines


def also_at(outlook: Outlook, whole: Estimation) -> Phrase | None:
    """Other providers that train the same model on the day; None where there are none."""
    card = outlook.model
    if trains_here(target_named(card.target)):
        return None
    short = card.name.rpartition("/")[2]
    found = []
    for name in target_names():
        if name == card.target:
            continue
        try:
            other = model_named(f"{name}/{short}")
        except UsageError:
            continue
        if takes_jobs(other, whole.today):
            found.append(name)
    if not found:
        return None
    return say(
        "also at: {n} (`--model {m} --target all` compares them)",
        "另见：{n}（`--model {m} --target all` 可作比较）",
        n=("、" if whole.language == "zh" else ", ").join(found),
        m=printable(short),
    )


def others_line(names: Sequence[str], files: str, language: Language) -> str:
    """Who else trains on such rows, and how to compare them."""
    return say(
        "still train and read this layout: {n} (`evalkit estimate {f} --target all` compares them)",
        "仍可训练且读取此格式：{n}（`evalkit estimate {f} --target all` 可作比较）",
        n=("、" if language == "zh" else ", ").join(names),
        f=files,
    ).plain(language)


def closing_line(
    name: str, end: Closing, others: Sequence[str], *, language: Language = "en"
) -> str:
    """What happens to the model and when; then who else trains."""
    line = _closing_zh(name, end) if language == "zh" else _closing_en(name, end)
    if others:
        names = ("、" if language == "zh" else ", ").join(others)
        line += (
            f"\n仍可训练且读取此格式：{names}"
            if language == "zh"
            else f"\nstill train and read this layout: {names}"
        )
    return line


def _closing_en(name: str, end: Closing) -> str:
    basis = f" (as of {end.as_of}: {printable(end.source)})"
    if end.state == "gone":
        instead = f"; named instead: {end.replacement}" if end.replacement else ""
        return (
            f"{name} is gone: its tuned versions stopped answering on {end.retires}{instead}{basis}"
        )
    parts = []
    if end.state == "new-customers-closed":
        idle = f" (of idle ones since {end.dormant_until})" if end.dormant_until else ""
        parts.append(f"no jobs of new customers since {end.new_customers_until}{idle}")
    if end.last_training:
        verb = "no training jobs since" if end.state == "no-jobs" else "no new training jobs from"
        parts.append(f"{verb} {end.last_training}{' on' if end.state != 'no-jobs' else ''}")
    if end.retires:
        parts.append(f"its tuned versions stop answering on {end.retires}")
    state = "trains no more" if end.state == "no-jobs" else "closes"
    instead = f"; named instead: {end.replacement}" if end.replacement else ""
    return f"{name} {state}: {', '.join(parts)}{instead}{basis}"


def _closing_zh(name: str, end: Closing) -> str:
    basis = f"（截至 {end.as_of}：{printable(end.source)}）"
    instead = f"；官方替代：{end.replacement}" if end.replacement else ""
    if end.state == "gone":
        return f"{name} 已停用：其微调模型于 {end.retires} 停止回答{instead}{basis}"
    parts = []
    if end.state == "new-customers-closed":
        idle = f"（闲置客户自 {end.dormant_until} 起）" if end.dormant_until else ""
        parts.append(f"自 {end.new_customers_until} 起不接受新客户的任务{idle}")
    if end.last_training:
        parts.append(f"自 {end.last_training} 起不再接受新的训练任务")
    if end.retires:
        parts.append(f"其微调模型于 {end.retires} 停止回答")
    state = "已不再训练" if end.state == "no-jobs" else "即将关闭"
    return f"{name} {state}：{'；'.join(parts)}{instead}{basis}"


def left_out_line(result: Estimate, language: Language = "en") -> str:
    """One line that names the records that were not counted; empty where there are none."""
    fact = left_out(result)
    if fact is None:
        return ""
    return say("{l}: {v} ({b})", "{l}：{v}（{b}）", l=fact.label, v=fact.value, b=fact.basis).plain(
        language
    )
