# SPDX-License-Identifier: Apache-2.0
"""What the numbers of a scorer mean: their unit, which direction is good, and whether 0 or 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from evalkit.core.measure import Better

__all__ = ["Scale", "scale", "scale_of"]

_Scorer = TypeVar("_Scorer", bound=Callable[..., Any])
_NAME = "__evalkit_scale__"


@dataclass(frozen=True, slots=True)
class Scale:
    """What the numbers of a scorer mean.

    Attributes:
        unit: "share" for numbers in [0, 1], else "score" or a unit such as "characters".
        better: Which direction is good.
        binary: Every known value is 0 or 1, so that two models are compared by Tango's interval.
    """

    unit: str = "score"
    better: Better = "higher"
    binary: bool = False


def scale(
    unit: str = "share", *, better: Better = "higher", binary: bool = False
) -> Callable[[_Scorer], _Scorer]:
    """Decorator that says what the numbers of a scorer mean; the function stays as it is."""

    def marked(scorer: _Scorer) -> _Scorer:
        setattr(scorer, _NAME, Scale(unit, better, binary))
        return scorer

    return marked


def scale_of(scorer: Callable[..., Any]) -> Scale:
    """What was declared; of a function annotated `-> bool` it is 0 or 1; else any number."""
    declared = getattr(scorer, _NAME, None)
    if isinstance(declared, Scale):
        return declared
    told = getattr(scorer, "__annotations__", {}).get("return")
    return Scale("share", binary=True) if told in (bool, "bool") else Scale()
