# SPDX-License-Identifier: Apache-2.0
"""A run becomes one HTML file: pure, so the same run gives the same bytes."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.evaluation.result import Run
from evalkit.page.phrase import Text
from evalkit.page.shell import page
from evalkit.report.rows_data import rows_data
from evalkit.report.section import Section, sections
from evalkit.report.verdict_words import decision_word

__all__ = ["build_report"]


def build_report(run: Run, *, language: Language = "en") -> str:
    """The whole self-contained HTML file.

    Args:
        run: What is shown; its texts are hostile data and are only ever shown as text.
        language: The one that the file opens in; both are in it.

    Returns:
        Deterministic text without lone surrogates, ready to be written as UTF-8.
    """
    text = Text(language)
    parts = sections(run)
    word = decision_word(run.decision)
    suite = excerpt(run.suite, 80)
    return page(
        {"en": f"{word.plain('en')} · {suite}", "zh": f"{word.plain('zh')} · {suite}"},
        Markup("\n").join(_wrapped(part, run, text) for part in parts),
        rows_data(run),
        language,
        links=Markup().join(
            Markup('<a href="#{}">{}</a>').format(part.name, part.title) for part in parts
        ),
    )


def _wrapped(part: Section, run: Run, text: Text) -> Markup:
    body = part.render(run, text)
    if not part.headed:
        return Markup('<section id="{}">{}</section>').format(part.name, body)
    return Markup(
        '<section id="{0}" aria-labelledby="{0}-title"><h2 id="{0}-title">{1}</h2>{2}</section>'
    ).format(part.name, part.title, body)
