# SPDX-License-Identifier: Apache-2.0
"""What options of a scorer must be beyond their kind, checked before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["Check", "check_options", "checked_by"]

_Scorer = TypeVar("_Scorer", bound=Callable[..., Any])
_NAME = "__evalkit_check__"

Check = Callable[[Mapping[str, Any], str], None]
"""Takes the options that are given and whose they are; raises UsageError."""


def checked_by(check: Check) -> Callable[[_Scorer], _Scorer]:
    """Decorator that says how the scorer's options are checked; the function stays as it is."""

    def marked(scorer: _Scorer) -> _Scorer:
        setattr(scorer, _NAME, check)
        return scorer

    return marked


def check_options(scorer: Callable[..., Any], options: Mapping[str, Any], where: str) -> None:
    """Check the options as the scorer says; one that says nothing takes what its signature takes.

    Args:
        scorer: Of any kind.
        options: Those that are given, of the right kind.
        where: For messages.

    Raises:
        UsageError: One of them means nothing.
    """
    check: Check | None = getattr(scorer, _NAME, None)
    if check is not None:
        check(options, where)
