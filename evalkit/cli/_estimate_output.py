# SPDX-License-Identifier: Apache-2.0
"""How `evalkit estimate` shows what it found, and how it holds a budget against it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._terminal import colours, draws_blocks, to_file
from evalkit.core.errors import UsageError
from evalkit.core.printable import printable

if TYPE_CHECKING:
    from evalkit.estimation.outlook import Estimation, Outlook
    from evalkit.estimation.question import Question

__all__ = ["form_of", "held_to", "shown", "written"]

_SUFFIXES = {
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
}
_WIDE = 100  # columns of a text that goes to a file
_NARROW = 60
_COLOURS: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "soft": {"dim": True},
}


def form_of(form: str | None, path: str | None) -> str:
    """The output that is meant: as asked for, or as the file's name says.

    Raises:
        UsageError: A page for the terminal.
    """
    form = form or (_SUFFIXES.get(Path(path).suffix.lower()) if path else None) or "text"
    if form == "html" and not to_file(path) and sys.stdout.isatty():
        raise UsageError("--output-format html writes a page", "name it: -o estimate.html")
    return form


def shown(result: Estimation, form: str, path: str | None) -> str:
    """The answer in a form, for a file or for the terminal."""
    if form == "json":
        return json.dumps(result.to_dict(), ensure_ascii=False, indent=1)
    if form == "markdown":
        return result.to_markdown()
    if form == "html":
        from evalkit.report.estimate_page import estimate_page

        return estimate_page(result)
    from evalkit.estimation.text import as_text

    if to_file(path):
        return as_text(result, width=_WIDE)
    width = max(_NARROW, shutil.get_terminal_size().columns)
    return as_text(result, width=width, style=_coloured, ascii_only=not draws_blocks())


def written(text: str, path: str | None) -> None:
    """Print the text, or put it into a file, whole or not at all."""
    if not to_file(path):
        click.echo(text, color=colours())
        return
    from evalkit.core.atomic import write_text

    write_text(str(path), text + "\n")


def held_to(budget: Decimal, result: Estimation, question: Question) -> int:
    """The budget as a gate: 0 = it holds, 1 = it does not.

    Of several models it holds if one that reads the rows and still takes jobs stays within.

    Raises:
        UsageError: Nothing is over it, and what could be within has no known price.
    """
    from evalkit.estimation.budget import held

    able = [one for one in result if _counts(one)] if result.compared else [*result]
    verdicts = {
        id(one): held(one.cost, budget, more=_asked_for(one, question), doubtful=bool(one.doubts))
        for one in able
    }
    if "within" in verdicts.values():
        return 0
    if "over" not in verdicts.values():
        hint = "leave --budget out, or choose another model: --target all shows them"
        if result.estimate.left_out:
            hint = (
                "mend the records that are not counted: evalkit lint says what is wrong with them"
            )
        raise UsageError(f"the budget cannot be held: {_why_not(able, question)}", hint)
    over = next(one for one in able if verdicts[id(one)] == "over")
    chinese = result.language == "zh"
    if result.compared and chinese:
        line = f"超出预算：接受这些数据的模型没有一个在 ${budget} 以内"
    elif result.compared:
        line = f"over budget: no model that takes the rows stays within ${budget}"
    elif chinese:
        line = f"超出预算：{_sum(over, question)} 大于 ${budget}"
    else:
        line = f"over budget: {_sum(over, question)} is more than ${budget}"
    click.echo(line, err=True)
    return 1


def _why_not(able: Sequence[Outlook], question: Question) -> str:
    """Why no sum can be held against a budget, of the first few models."""
    if not able:
        return "no model on record takes these rows"
    whys = []
    for one in able[:3]:
        cost = one.cost
        reasons = [doubt.said.plain("en") for doubt in one.doubts]
        if cost is None and not any(doubt.kind == "time" for doubt in one.doubts):
            reasons.append("its training price is not on record")
        elif cost is not None and cost.currency != "USD":
            reasons.append(f"its price is in {cost.currency}, which is not converted")
        if None in _asked_for(one, question):
            reasons.append("the price of hosting or of the evaluation is not on record")
        whys.append(f"{printable(one.model.name)}: {', '.join(reasons)}")
    return "; ".join(dict.fromkeys(whys))


def _counts(outlook: Outlook) -> bool:
    end = outlook.closing
    return outlook.offer.reads and (end is None or end.state not in ("no-jobs", "gone"))


def _asked_for(outlook: Outlook, question: Question) -> list[str | None]:
    """Sums beside training that the user asked for; those in other currencies are not known."""
    more: list[str | None] = []
    if question.hosting_days is not None:
        price = outlook.hosting.price
        dollars = price is None or price.currency == "USD"
        more.append(outlook.hosting.total if dollars else None)
    if outlook.evaluation is not None and outlook.evaluation.rows_of in ("asked", "file"):
        cost = outlook.evaluation.cost
        more.append(cost.total if cost.currency == "USD" else None)
    return more


def _sum(outlook: Outlook, question: Question) -> str:
    from evalkit.estimation.cost import money

    parts = [Decimal(one) for one in _asked_for(outlook, question) if one is not None]
    if outlook.cost is not None and outlook.cost.currency == "USD":
        parts.append(Decimal(outlook.cost.amount))
    return f"${money(sum(parts, Decimal(0)))}"


def _coloured(text: str, tone: str) -> str:
    return click.style(text, **_COLOURS[tone]) if colours() else text
