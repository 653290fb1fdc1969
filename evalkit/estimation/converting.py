# SPDX-License-Identifier: Apache-2.0
"""Whether rows that a provider does not read can be converted for it."""

from __future__ import annotations

from collections.abc import Iterable

from evalkit.core.errors import UsageError
from evalkit.core.registry import names
from evalkit.data.recognise import layout
from evalkit.data.wanted_layout import layout_for

__all__ = ["converts"]

_OWN_LAYOUTS = frozenset({"preference", "rft"})


def converts(
    target: str, formats: Iterable[str], *, answered: bool = True, method: str | None = None
) -> bool:
    """Whether `evalkit convert --to TARGET` can write rows of these layouts.

    Args:
        target: Its name.
        formats: Names of the rows' layouts.
        answered: Whether the rows have answers to learn from.
        method: What they are to train; None = whatever the new layout does: of verdicts, say, only
            the good answers may be left.
    """
    known = names("formats")
    try:
        for name in formats:
            old = layout(name) if name in known else None
            new = layout_for(target, old, answered=answered)
            if method in _OWN_LAYOUTS and new.method != method:
                return False
    except UsageError:
        return False
    return True
