# SPDX-License-Identifier: Apache-2.0
"""Reading a label out of a text, strictly: the text is the label, or it is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from evalkit.scorers._normalise import normalise, unquoted

__all__ = ["OTHER", "read_label"]

OTHER = "(other)"


def read_label(
    text: str,
    labels: Sequence[str],
    synonyms: Mapping[str, str | Sequence[str]] | None = None,
) -> str | None:
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
    names = tuple(
        (name, label)
        for label, given in (synonyms or {}).items()
        for name in ([given] if isinstance(given, str) else given)
    )
    return _normal_forms(tuple(labels), names).get(unquoted(normalise(text)))


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
