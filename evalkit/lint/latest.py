# SPDX-License-Identifier: Apache-2.0
"""Remembers what was made of the example that is looked at: several rules ask in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Generic, TypeVar

from evalkit.core.example import Example

__all__ = ["Latest"]

Made = TypeVar("Made")


class Latest(Generic[Made]):
    """Decorator: a function of an example that is not run twice in a row for the same one.

    The value is shared by all who ask: it must not be changed.
    """

    def __init__(self, function: Callable[[Example], Made]) -> None:
        self.function = function
        self._memo: tuple[Example | None, Made | None] = (None, None)
        update_wrapper(self, function)

    def __call__(self, example: Example) -> Made:
        """What the function makes of the example."""
        known, made = self._memo  # one read: another thread may put its own there
        if known is example and made is not None:
            return made
        made = self.function(example)
        self._memo = (example, made)
        return made
