# SPDX-License-Identifier: Apache-2.0
"""A comparison as Markdown: what a run says, with how rows were paired and who changed sides."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.cli._compare_text import paired_line
from evalkit.core.markdown import quoted
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.evaluation.comparing.alignment import named
from evalkit.evaluation.comparing.comparison import Compared
from evalkit.report.markdown import run_markdown

__all__ = ["as_markdown"]

_HEADS = {
    "en": ("flips", "fixed", "broken", "both right", "both wrong", "first ones broken"),
    "zh": ("逐行变化", "改对", "变错", "都正确", "都错误", "最先变错的"),
}
_CELL = 200


def as_markdown(found: Compared, language: Language) -> str:
    """GitHub-flavoured Markdown that ends with a line feed; data does not mark it up."""
    return run_markdown(found.run, language=language, beside=[*_beside(found, language)])


def _beside(found: Compared, language: Language) -> Iterator[str]:
    yield quoted(paired_line(found, language))
    yield ""
    if not found.flips:
        return
    yield f"| {' | '.join(_HEADS[language])} |"
    yield f"|{'---|' * len(_HEADS[language])}"
    for one in found.flips:
        counts = (len(one.fixed), len(one.broken), one.both_right, one.both_wrong)
        cells = [
            f"{one.candidate} vs {one.base}",
            *(f"{n:,}" for n in counts),
            named(one.broken, language) if one.broken else "",
        ]
        yield f"| {' | '.join(quoted(excerpt(cell, _CELL)) for cell in cells)} |"
    yield ""
