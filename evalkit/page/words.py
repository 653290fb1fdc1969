# SPDX-License-Identifier: Apache-2.0
"""Which words of a text differ from another text, Chinese by the character."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from evalkit.core.printable import printable

__all__ = ["marked", "words"]

# Han, Kana and Hangul by the character; others by word, blank run or single mark.
_WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\\W\u3040-\u9fff\uac00-\ud7af]+|\\s+|."
)
_ALIKE = 0.4  # below this share of common words, marks are noise
_SHORT = 4  # words up to which everything that differs is marked
_LONGEST = 400


def words(text: str) -> list[str]:
    """The text cut so that joining the parts gives it back."""
    return _WORD.findall(text.replace("\n", "⏎"))


def marked(text: str, other: str, width: int = 160) -> Markup:
    """The text with the words that `other` does not have in that place in `<mark>`.

    Nothing is marked where the two are so unlike that marks say nothing, labels and other short
    texts apart.

    Args:
        text: To show; hostile.
        other: To compare with.
        width: Most characters to show.
    """
    cut = text if len(text) <= width else text[: width - 1] + "…"
    mine, theirs = words(cut)[:_LONGEST], words(other)[:_LONGEST]
    if cut is not text:
        mine, end = mine[:-1], mine[-1:]
    else:
        end = []
    blocks = SequenceMatcher(None, theirs, mine, autojunk=False).get_matching_blocks()
    common = {b.b + i for b in blocks for i in range(b.size)}
    full = sum(not w.isspace() for w in mine)
    shared = sum(not mine[i].isspace() for i in common)
    if full > _SHORT and shared < _ALIKE * full:
        common = set(range(len(mine)))
    shown = Markup().join(_runs(mine, common)) + Markup().join(map(escape, end))
    return Markup('<bdi class="d">{}</bdi>').format(shown)


def _runs(parts: list[str], common: set[int]) -> list[Markup]:
    """Escaped parts, neighbours that differ under one mark."""
    out: list[Markup] = []
    run: list[str] = []
    for i, part in enumerate([*parts, ""]):
        if i < len(parts) and i not in common:
            run.append(part)
            continue
        if run:
            out.append(Markup("<mark>{}</mark>").format(printable("".join(run))))
            run = []
        out.append(escape(printable(part)))
    return out
