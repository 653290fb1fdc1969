# SPDX-License-Identifier: Apache-2.0
"""What a layout of recorded answers is: one file of this folder, one value in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evalkit.models.recordings._recorded import Recorded

__all__ = ["Layout", "Value", "Values"]

# Where it stands, such as "answers.jsonl:3", and what stands there.
Value = tuple[str, Mapping[str, Any]]
Values = Iterable[Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one tool writes down what a model answered.

    Attributes:
        name: Such as "openai-batch".
        whose: As its users call it, for messages.
        tells: Whether the first value of a file is of this layout; the sharper ones are asked
            first, so it need not exclude the others.
        rows: The answers of a file, in its order, errors among them with `finish="error"`; raises
            ValueError, without data in its text, for a value that is none of its kind.
        order: Where it stands among those that are asked; ours are 0, and 9 for what takes any id
            and text.
        exact: Whether its messages are those that were sent, so that nothing else may stand for
            them.
    """

    name: str
    whose: str
    tells: Callable[[Mapping[str, Any]], bool]
    rows: Callable[[Values], Iterator[Recorded]]
    order: int = 0
    exact: bool = False
