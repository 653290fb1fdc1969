# SPDX-License-Identifier: Apache-2.0
"""The frame of pages about data: parts with anchors under one title, in the shell of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.page.markup import fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text
from evalkit.page.shell import page

__all__ = ["Choice", "Part", "data_page", "finder"]


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a page.

    Attributes:
        name: Its anchor, such as "lengths"; different from those of the other parts.
        title: Its heading, and the link at the top.
        body: What stands below the heading.
        headed: False where the body brings its own heading.
        parts: Sections in it, under headings of the next level; they have no links at the top.
    """

    name: str
    title: Phrase
    body: Markup
    headed: bool = True
    parts: tuple[Part, ...] = ()


def data_page(
    title: Phrase, parts: Sequence[Part], *, language: Language = "en", finds: bool = False
) -> str:
    """The whole self-contained HTML file: nothing is fetched, both languages are in it.

    Args:
        title: Of the document.
        parts: From top to bottom; what is data in them is escaped already.
        language: The one that the file opens in.
        finds: Whether the page has entries to be searched (`finder`).

    Returns:
        Deterministic text without lone surrogates, ready to be written as UTF-8.
    """
    return page(
        {"en": title.plain("en"), "zh": title.plain("zh")},
        Markup("\n").join(_section(part) for part in parts),
        None,
        language,
        links=Markup().join(
            Markup('<a href="#{}">{}</a>').format(part.name, part.title) for part in parts
        ),
        finds=finds,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to narrow down the entries of a page.

    Attributes:
        key: Entries say theirs in `data-<key>`; lower-case letters.
        name: Of what.
        options: Value and what it is called; the first choice, all, comes by itself.
    """

    key: str
    name: Phrase
    options: Sequence[tuple[str, Phrase]]


def finder(text: Text, number: int, noun: Phrase, choices: Sequence[Choice] = ()) -> Markup:
    """The search of a page: entries carry `data-find`, those around them `data-group`.

    Without script it does not show, and all entries do. A choice between fewer than two things is
    left out.

    Args:
        text: How the page speaks.
        number: Of entries on the page.
        noun: What they are, in the plural.
        choices: From left to right.
    """
    return fill(
        "evalkit.report",
        "data_finder.html",
        text=text,
        number=count(number),
        noun=noun,
        choices=[one for one in choices if len(one.options) > 1],
    )


def _section(part: Part) -> Markup:
    inner = Markup("\n").join(_subsection(one) for one in part.parts)
    if not part.headed:
        return Markup('<section id="{}">{}{}</section>').format(part.name, part.body, inner)
    return Markup(
        '<section id="{0}" aria-labelledby="{0}-title"><h2 id="{0}-title">{1}</h2>{2}{3}</section>'
    ).format(part.name, part.title, part.body, inner)


def _subsection(part: Part) -> Markup:
    return Markup('<div id="{}"><h3>{}</h3>{}</div>').format(part.name, part.title, part.body)
