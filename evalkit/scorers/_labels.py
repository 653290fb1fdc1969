# SPDX-License-Identifier: Apache-2.0
"""Reading a label out of a text: the text is the label, or it names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from evalkit.scorers._normalise import normalise, unquoted
from evalkit.scorers._occurs import named

__all__ = ["OTHER", "Synonyms", "labels_named", "read_label", "synonym_pairs"]

OTHER = "(other)"

Synonyms = Mapping[str, str | Sequence[str]]
"""Label to other names of it."""


def read_label(text: str, labels: Sequence[str], synonyms: Synonyms | None = None) -> str | None:
    """The label that a text is, or None.

    Equal as it stands first; then equal when normalised (case, width, trailing punctuation, outer
    quotes), unless two labels become equal so; then a synonym.

    Args:
        text: Such as " Refund.".
        labels: The set.
        synonyms: Label to other names of it.
    """
    stripped = text.strip()
    for label in labels:
        if label.strip() == stripped:
            return label
    found = _normal_forms(tuple(labels), synonym_pairs(synonyms))
    return found.get(unquoted(normalise(text)))


def labels_named(
    text: str, labels: Sequence[str], synonyms: Synonyms | None = None
) -> tuple[str, ...]:
    """The labels that a text names, in the order of the set; whole words, Chinese anywhere.

    A name within a longer one ("refund" in "no refund", where both are labels) does not count.
    """
    forms = _normal_forms(tuple(labels), synonym_pairs(synonyms))
    met = {forms[name] for name in named(normalise(text), tuple(forms))}
    return tuple(label for label in labels if label in met)


def synonym_pairs(synonyms: Synonyms | None) -> tuple[tuple[str, str], ...]:
    """Other names and their labels, in order."""
    return tuple(
        (name, label)
        for label, given in (synonyms or {}).items()
        for name in ([given] if isinstance(given, str) else given)
    )


@cache
def _normal_forms(
    labels: tuple[str, ...], names: tuple[tuple[str, str], ...]
) -> dict[str, str | None]:
    """Normal form to label; None where it could be two."""
    found: dict[str, str | None] = {}
    for label in labels:
        form = unquoted(normalise(label))
        found[form] = None if form in found else label
    for name, label in names:
        found.setdefault(unquoted(normalise(name)), label)
    return found
