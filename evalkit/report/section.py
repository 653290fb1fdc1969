# SPDX-License-Identifier: Apache-2.0
"""What a section of a report is: one file in sections/, one decorated function in it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from evalkit.core.errors import UsageError
from evalkit.core.registry import find, names
from evalkit.evaluation.result import Run
from evalkit.page.phrase import Phrase, Text, say

__all__ = ["Section", "section", "sections"]

Render = Callable[[Run, Text], Markup]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report.

    Attributes:
        name: Its anchor, such as "gates".
        order: Where it stands; ours are 10, 20, ... 90.
        title: Heading, and the link at the top.
        applies: Whether a run has anything for it.
        render: The markup below the heading.
        headed: False where it brings its own heading.
    """

    name: str
    order: int
    title: Phrase
    applies: Callable[[Run], bool]
    render: Render
    headed: bool = True


def section(
    *,
    order: int,
    en: str,
    zh: str,
    applies: Callable[[Run], bool] = lambda _: True,
    headed: bool = True,
) -> Callable[[Render], Section]:
    """Make a section of a function from a run to markup.

    Args:
        order: Where it stands.
        en: Heading in English.
        zh: In Chinese.
        applies: Whether a run has anything for it.
        headed: False where it brings its own heading.
    """

    def decorate(render: Render) -> Section:
        name = render.__name__.replace("_", "-")
        return Section(name, order, say(en, zh), applies, render, headed)

    return decorate


def sections(run: Run) -> list[Section]:
    """All that apply to a run, in order; a plug-in that does not load is one warning."""
    found = []
    for name in names("sections"):
        try:
            one: Section = find("sections", name)
        except UsageError as error:
            warnings.warn(error.message, stacklevel=2)
            continue
        if one.applies(run):
            found.append(one)
    return sorted(found, key=lambda one: (one.order, one.name))
