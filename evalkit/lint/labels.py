# SPDX-License-Identifier: Apache-2.0
"""Whether the answers of a file are labels, and which labels there are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Self

from evalkit.core.example import Example
from evalkit.lint.kinds import Kind, Kinds
from evalkit.lint.texts import answer

__all__ = ["LONGEST", "Labels", "bare", "singular"]

LONGEST = 48  # characters of a label
_EDGES = " \t\r\n\"'`“”‘’.,;:!?。，、；：！？…「」『』()[]（）【】"


def bare(text: str) -> str:
    """A label without what people vary: case, width, joints, punctuation around it."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip(_EDGES)
    return _joints().sub("", plain) or text


@cache
def _joints() -> re.Pattern[str]:
    return re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")


def singular(word: str) -> str:
    """A bare label without its plural s; "" where it has none (4 letters and more: not `news`)."""
    if len(word) < 5 or not word.isascii() or not word.endswith("s") or word.endswith("ss"):
        return ""
    return f"{word[:-3]}y" if word.endswith("ies") else word[:-1]


class Labels(Kinds):
    """The answers of a file, as far as they may be labels.

    Attributes:
        long: Answers that are too long for a label.
    """

    __slots__ = ("long",)

    def __init__(self) -> None:
        super().__init__()
        self.long = 0

    def look_at(self, example: Example) -> None:
        """Take the answer of an example, if it has one."""
        last = answer(example)
        if last is None:
            return
        text: str = last.content
        if len(text) > LONGEST:
            self.long += 1
        elif text and not text.isspace():  # an empty answer is no label
            self.add(text, example.location)

    @property
    def rows(self) -> int:
        """Answers, long ones too."""
        return self.total + self.long

    def spelled(self) -> list[list[Kind]]:
        """The labels, each with its spellings, the most frequent first; none if there are none.

        Answers are labels where they are short, and fewer kinds of them than a third of the rows
        (the rule of OpenAI's `prepare_data`, openai 0.28.1, validators.py).
        """
        if self.overflowed or 3 * self.long >= self.rows:
            return []
        groups: dict[str, list[Kind]] = {}
        for kind in self.items():
            groups.setdefault(bare(kind.text), []).append(kind)
        for plural in [word for word in groups if singular(word) in groups]:
            groups[singular(plural)] += groups.pop(plural)
        if 3 * (len(groups) + self.long) >= self.rows:
            return []
        return [sorted(one, key=lambda kind: (-kind.number, kind.text)) for one in groups.values()]

    def found(self) -> list[Kind]:
        """The labels, spellings of one as one, the most frequent first; none if there are none."""
        every = map(_as_one, self.spelled())
        return sorted(every, key=lambda kind: (-kind.number, kind.text))

    def _take(self, part: Self) -> None:
        super()._take(part)
        self.long += part.long

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        return f"{self.long}\n".encode() + super().to_bytes()


def _as_one(spellings: Sequence[Kind]) -> Kind:
    usual = max(spellings, key=lambda kind: (kind.number, kind.text))
    first = min(spellings, key=lambda kind: (kind.first.line or 0, kind.first.number or 0)).first
    return Kind(usual.text, sum(kind.number for kind in spellings), first)
