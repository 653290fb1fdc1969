# SPDX-License-Identifier: Apache-2.0
"""The answer of `evalkit rows-needed` on the terminal, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from evalkit.cli._rows_needed_plan import Column, Plan, Table
from evalkit.core.printable import printable
from evalkit.core.strings import Language

__all__ = ["as_text"]

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("How many examples do I need?", "需要多少条样本？"),
    "title_rows": ("What can {n:,} examples show?", "{n:,} 条样本能看出什么？"),
    "title_row": ("What can 1 example show?", "1 条样本能看出什么？"),
    "promise": (
        "Power {power}, false alarms {alpha}, paired by example.",
        "检出把握 {power}，误报 {alpha}，逐条配对比较。",
    ),
    "design": (
        "Rows belong together: {design:.2f} of them tell as much as 1 independent row.",
        "样本成组：每 {design:.2f} 行的信息量相当于 1 行独立样本。",
    ),
    "pilot": (
        "From {run}: {candidate} - {base} on {metric} over {n:,} pairs{flips}: {value}.",
        "依据 {run}：{candidate} - {base}，指标 {metric}，{n:,} 对{flips}：{value}。",
    ),
    "flips": (", {b} fixed, {c} broken", "，改对 {b} 行，变错 {c} 行"),
    "better": (
        "To show that one model is better (or worse)",
        "证明一个模型更好（或更差）",
    ),
    "not_worse": (
        "To show that a model as good is not worse by a margin",
        "证明一个同样好的模型没有差到超过容许幅度",
    ),
    "width": ("To know one model's accuracy to within ±", "把单个模型的准确率估到 ± 以内"),
    "win_rate": ("To tell a judged win rate from 50 %", "把评审胜率与 50 % 区分开"),
    "head_better": ("true difference", "真实差值"),
    "head_not_worse": ("margin", "容许幅度"),
    "head_width": ("±", "±"),
    "head_win_rate": ("win rate", "胜率"),
    "seen_better": ("least difference", "能看出的最小差值"),
    "seen_not_worse": ("least margin", "能证明的最小幅度"),
    "seen_width": ("±", "±"),
    "seen_win_rate": ("least win rate", "能看出的最小胜率"),
    "disagreement": ("the two disagree on", "两个模型结果不一致的行占"),
    "baseline": ("the base has", "基线准确率"),
    "accuracy": ("its accuracy is", "其准确率为"),
    "ties": ("ties", "平局占"),
    "sd": ("differences have the standard deviation", "差值的标准差为"),
    "pilot_columns": ("the two disagree on", "两个模型结果不一致的行占"),
    "seen": ("{v} (seen there)", "{v}（该次运行所见）"),
    "careful": ("{v} (at most, 95 %)", "{v}（至多，95 %）"),
    "points": ("{v} points", "{v} 个百分点"),
    "point": ("{v} point", "{v} 个百分点"),
    "none": ("never", "做不到"),
    "blind": ("nothing", "看不出"),
    "tip_pilot": (
        "Which column is yours? Ask 100 rows of both models, then: evalkit rows-needed --from RUN",
        "该看哪一列？先用 100 行试跑两个模型，再运行：evalkit rows-needed --from RUN",
    ),
    "tip_column": (
        "Is it {v}? Ask 100 rows of both models, then: evalkit rows-needed --from RUN",
        "真的是 {v} 吗？先用 100 行试跑两个模型，再运行：evalkit rows-needed --from RUN",
    ),
    "tip_rows": (
        "What do the rows at hand show? evalkit rows-needed --rows 500",
        "手上的样本能看出什么？evalkit rows-needed --rows 500",
    ),
    "tip_seen": (
        "What a pilot saw is rough: plan with the second column where rows are cheap.",
        "试跑所见只是粗略估计：样本便宜时请按第二列准备。",
    ),
    "guess": (
        "The disagreement is guessed from the accuracy: half of what chance would give.",
        "不一致程度由准确率推测：取随机情形的一半。",
    ),
}


def as_text(plan: Plan, language: Language) -> Iterator[str]:
    """Lines, with colours."""
    at = 0 if language == "en" else 1

    def say(key: str, **values: object) -> str:
        return _WORDS[key][at].format(**values)

    title = say("title")
    if plan.rows is not None:
        title = say("title_row" if plan.rows == 1 else "title_rows", n=plan.rows)
    yield click.style(title, bold=True)
    yield say("promise", power=_percent(plan.terms.power), alpha=_percent(plan.terms.alpha))
    if plan.terms.design > 1:
        yield say("design", design=plan.terms.design)
    yield from _pilot(plan, at)
    for table in plan.tables:
        yield ""
        yield click.style(say(table.question), fg="cyan")
        yield from _table(plan, table, at)
    yield ""
    if plan.pilot is not None:
        if plan.pilot.careful is not None:
            yield say("tip_seen")
        return
    if any(c.what == "baseline" for t in plan.tables for c in t.columns):
        yield say("guess")
    yield _tip(plan, at)
    if plan.rows is None:
        yield say("tip_rows")


def _tip(plan: Plan, at: int) -> str:
    """That a pilot knows better than the assumptions, or than the one that was given."""
    assumed = {column.value for table in plan.tables for column in table.columns}
    if len(assumed) > 1:
        return _WORDS["tip_pilot"][at]
    (value,) = assumed
    shown = f"{value:.4g}" if plan.unit != "share" else _percent(value)
    return _WORDS["tip_column"][at].format(v=shown)


def _pilot(plan: Plan, at: int) -> Iterator[str]:
    if plan.pilot is None:
        return
    of = plan.pilot.difference
    flips = ""
    if of.fixed is not None:
        flips = _WORDS["flips"][at].format(b=of.fixed, c=of.broken)
    sign = "+" if of.interval.value > 0 else ""
    yield _WORDS["pilot"][at].format(
        run=printable(plan.pilot.folder),
        candidate=printable(of.candidate),
        base=printable(of.base),
        metric=printable(of.metric),
        n=of.interval.n,
        flips=flips,
        value=sign + _size(of.interval.value, plan, at),
    )


def _table(plan: Plan, table: Table, at: int) -> Iterator[str]:
    """A line of assumptions, one of headings, then the numbers, flush right."""
    first = table.columns[0].what
    group = "pilot_columns" if first in ("seen", "careful") else first
    heads = [_column(column, at) for column in table.columns]
    corner = _WORDS[f"{'head' if plan.rows is None else 'seen'}_{table.question}"][at]
    if plan.rows is None:
        names = [
            _percent(size) if table.question == "win_rate" else _size(size, plan, at)
            for size in table.sizes
        ]
        body = [[_rows(cell, at) for cell in line] for line in table.cells]
    else:
        names = [""]
        body = [[_seen(cell, table, plan, at) for cell in line] for line in table.cells]
    widths = [max(map(_width, (head, *cells))) for head, *cells in zip(heads, *body, strict=True)]
    margin = max(map(_width, (corner, *names)))
    yield f"  {_left('', margin)}  {click.style(_WORDS[group][at], dim=True)}"
    if plan.rows is not None:
        yield _line("", margin, heads, widths)
        yield _line(corner, margin, body[0], widths)
        return
    yield _line(corner, margin, heads, widths)
    for name, cells in zip(names, body, strict=True):
        yield _line(name, margin, cells, widths)


def _line(name: str, margin: int, cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = "  ".join(
        " " * (w - _width(cell)) + cell for cell, w in zip(cells, widths, strict=True)
    )
    return f"  {_left(name, margin)}  {shown}".rstrip()


def _column(column: Column, at: int) -> str:
    if column.what in ("seen", "careful"):
        return _WORDS[column.what][at].format(v=_percent(column.value))
    return f"{column.value:.4g}" if column.what == "sd" else _percent(column.value)


def _rows(cell: float | None, at: int) -> str:
    return _WORDS["none"][at] if cell is None else f"{int(cell):,}"


def _seen(cell: float | None, table: Table, plan: Plan, at: int) -> str:
    if cell is None:
        return _WORDS["blind"][at]
    return _percent(0.5 + cell) if table.question == "win_rate" else _size(cell, plan, at)


def _size(value: float, plan: Plan, at: int) -> str:
    if plan.unit != "share":
        return f"{value:.3g}"
    shown = f"{value * 100:.1f}".removesuffix(".0")
    return _WORDS["point" if shown == "1" else "points"][at].format(v=shown)


def _percent(value: float) -> str:
    return f"{value * 100:.1f}".removesuffix(".0") + " %"


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
