# SPDX-License-Identifier: Apache-2.0
"""Where words occur in a text: whole words, except in scripts that put no blanks between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evalkit.scorers._tokenise import is_cjk

__all__ = ["named", "occurs", "places"]


def occurs(word: str, text: str) -> bool:
    """Whether the word stands in the text as a whole word."""
    return next(iter(places(word, text)), None) is not None


def places(word: str, text: str) -> Iterable[tuple[int, int]]:
    """Begin and end of each time that the word stands in the text."""
    start = text.find(word)
    while start >= 0 and word:
        end = start + len(word)
        if not _joined(text, start) and not _joined(text, end):
            yield start, end
        start = text.find(word, start + 1)


def named(text: str, names: Sequence[str]) -> list[str]:
    """The names that a text holds, in the order of `names`; one within a longer one does not count.

    "not refund" holds "not refund", and not "refund" as well, unless that stands there by itself.
    """
    spans = sorted(
        ((start, end, name) for name in dict.fromkeys(names) for start, end in places(name, text)),
        key=lambda span: (span[0], -span[1]),
    )
    found, reached = set(), -1
    for _, end, name in spans:  # what ends no later than one that began before lies within it
        if end > reached:
            found.add(name)
            reached = end
    return [name for name in names if name in found]


def _joined(text: str, at: int) -> bool:
    """Whether a word goes on across this place."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return _letter(before) and _letter(after)


def _letter(character: str) -> bool:
    return (character.isalnum() or character == "_") and not is_cjk(character)
