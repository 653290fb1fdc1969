# SPDX-License-Identifier: Apache-2.0
"""An estimate as tables for notebooks; everything in them is escaped, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from evalkit.core.printable import printable
from evalkit.estimation.outlook import Estimation
from evalkit.estimation.own_model import name_of
from evalkit.estimation.text import closing_line, others_line
from evalkit.estimation.text_facts import about, facts, files_of
from evalkit.estimation.text_notes import notes
from evalkit.estimation.text_table import cells, heads

__all__ = ["as_html"]

_CELL = Markup('<td style="text-align:{}">{}</td>')
_SMALL = Markup('<br><small style="opacity:.7">{}</small>')


def as_html(result: Estimation) -> str:
    """A table of one model's figures, or of several models side by side."""
    lines = list(_compared(result) if result.compared else _single(result))
    return str(Markup("\n").join(lines))


def _single(result: Estimation) -> Iterator[Markup]:
    outlook, language = result.outlooks[0], result.language
    if outlook.closing is not None:
        ending = closing_line(outlook.model.name, outlook.closing, (), language=language)
        yield Markup("<p><strong>{}</strong></p>").format(printable(ending))
        if outlook.others:
            others = others_line(outlook.others, files_of(outlook.estimate), language)
            yield Markup("<p>{}</p>").format(printable(others))
    rows = []
    for fact in facts(outlook, result):
        below = _SMALL.format(fact.basis.plain(language)) if fact.basis else Markup()
        value = escape(fact.value.plain(language)) + below
        rows.append([("left", escape(fact.label.plain(language))), ("left", value)])
    name = name_of(outlook.model).plain(language)
    caption = f"{files_of(outlook.estimate)} → {name} ({outlook.model.target})"
    yield _table(printable(caption), [], rows)
    yield Markup("<p>{}</p>").format(about(outlook.estimate).plain(language))


def _compared(result: Estimation) -> Iterator[Markup]:
    language, kept = result.language, heads(result)
    rows = []
    for outlook in result:
        found = cells(outlook, result)
        rows.append([("right" if one.right else "left", escape(found[one.key])) for one in kept])
    names = [escape(one.head.plain(language)) for one in kept]
    yield _table(files_of(result.outlooks[0].estimate), names, rows)
    for note in notes(result):
        yield Markup("<p>{}</p>").format(note.plain(language))


def _table(
    caption: str, head: Sequence[Markup], rows: Sequence[Sequence[tuple[str, Markup]]]
) -> Markup:
    top = Markup()
    if head:
        cells_ = Markup().join(Markup("<th>{}</th>").format(name) for name in head)
        top = Markup("<tr>{}</tr>").format(cells_)
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup().join(_CELL.format(side, cell) for side, cell in row))
        for row in rows
    )
    return Markup("<table><caption>{}</caption>\n{}{}\n</table>").format(caption, top, body)
