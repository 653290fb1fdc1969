# SPDX-License-Identifier: Apache-2.0
"""What all texts begin and end with: state of the rule on legacy prompts and completions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

from evalkit.core.accumulators import Firsts
from evalkit.core.location import Location

__all__ = ["Completions", "Prompts", "Texts"]

_KEPT = 64  # characters of a common beginning or end
_UPPER = bytes(range(65, 91))
_LOWER = bytes(range(97, 123))


class Texts:
    """Facts of a column of texts, exact for any sharding.

    Attributes:
        number: Texts.
        characters: Of all of them.
        upper: Upper-case letters.
        lower: Lower-case letters.
        prefix: What all begin with, the first 64 characters of it; None before the first text.
        suffix: What all end with, the last 64 characters of it.
        held: Which of the proposed ends stand in some text.
        unspaced: Those that do not begin with a blank, Chinese and Japanese ones apart.
    """

    PROPOSED: ClassVar[Sequence[str]] = ()
    LAST: ClassVar[str] = ""
    __slots__ = (
        "_inside", "_same", "characters", "held", "lower", "number", "prefix", "suffix",
        "unspaced", "upper",
    )  # fmt: skip

    def __init__(self) -> None:
        self.number = self.characters = self.upper = self.lower = 0
        self.prefix: str | None = None
        self.suffix: str | None = None
        self.held: set[str] = set()
        self.unspaced = Firsts()
        self._same: str | None = None  # a digest would do, but one text is no burden
        self._inside: dict[int, Firsts] = {}  # by how much of the end stands inside, too

    def add(self, text: str, location: Location) -> None:
        """One more text."""
        self.number += 1
        self.characters += len(text)
        upper, lower = _cases(text)
        self.upper += upper
        self.lower += lower
        self._narrow(text[:_KEPT], text[-_KEPT:], text)
        if text[:1] != " " and max(text[:16], default="") < "\u2e80":  # Chinese needs no blanks
            self.unspaced.add(location)
        for end in self.PROPOSED:
            if end not in self.held and end in text:
                self.held.add(end)
        if self.suffix and (again := _again(text, self.suffix)):
            self._inside.setdefault(again, Firsts()).add(location)

    def _narrow(self, start: str, end: str, text: str | None) -> None:
        if self.prefix is None or self.suffix is None:
            self.prefix, self.suffix, self._same = start, end, text
            return
        self.prefix = self.prefix[: _common(self.prefix, start)]
        known = len(self.suffix)
        same = _common(self.suffix[::-1], end[::-1])
        self.suffix = self.suffix[known - same :]
        if text != self._same:
            self._same = None
        if same < known:
            self._fold()

    def _fold(self) -> None:
        """Beyond the common end it does not matter how much more of an end stands inside."""
        most = len(self.suffix or "")
        for length in [length for length in self._inside if length > most]:
            beyond = self._inside.pop(length)
            if most:
                self._inside[most] = Firsts.merged([self._inside.get(most, Firsts()), beyond])

    @property
    def all_same(self) -> bool:
        """Whether there is but one text."""
        return self._same is not None

    @property
    def inside(self) -> Firsts:
        """Texts in which the common end stands once more, before the end."""
        return self._inside.get(len(self.suffix or ""), Firsts())

    @property
    def proposal(self) -> str:
        """An end that stands in no text."""
        return next((end for end in self.PROPOSED if end not in self.held), self.LAST)

    @property
    def upper_share(self) -> float:
        """Of the letters that have case; 0 where there are none."""
        return self.upper / (self.upper + self.lower) if self.upper else 0.0

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The facts of all."""
        whole = cls()
        for part in parts:
            whole._take(part)
        return whole

    def _take(self, part: Self) -> None:
        if part.prefix is None or part.suffix is None:
            return
        self.number += part.number
        self.characters += part.characters
        self.upper += part.upper
        self.lower += part.lower
        self.held |= part.held
        self.unspaced = Firsts.merged([self.unspaced, part.unspaced])
        for length, places in part._inside.items():
            self._inside[length] = Firsts.merged([self._inside.get(length, Firsts()), places])
        self._narrow(part.prefix, part.suffix, part._same)
        self._fold()

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with places moved, for a part of a file that was read by itself."""
        whole = self.merged([self])
        whole.unspaced = self.unspaced.shifted(lines, numbers)
        for length, firsts in self._inside.items():
            whole._inside[length] = firsts.shifted(lines, numbers)  # noqa: SLF001
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        inside = [(length, self._inside[length].to_bytes()) for length in sorted(self._inside)]
        facts = (
            self.number, self.characters, self.upper, self.lower, self.prefix, self.suffix,
            self._same, sorted(self.held), self.unspaced.to_bytes(), inside,
        )  # fmt: skip
        return repr(facts).encode("utf-8", "surrogatepass")


class Prompts(Texts):
    """Separators that `prepare_data` proposes for the end of prompts (openai 0.28.1)."""

    PROPOSED = (
        " ->", "\n\n###\n\n", "\n\n===\n\n", "\n\n---\n\n", "\n\n===>\n\n", "\n\n--->\n\n", "\n",
    )  # fmt: skip
    LAST = "\n\n### =>\n\n"
    __slots__ = ()

    @property
    def proposal(self) -> str:
        """The first that stands in no prompt; ` ->` only where no prompt has a line break."""
        fits = self.PROPOSED[:-1] if "\n" not in self.held else self.PROPOSED[1:-1]
        return next((end for end in fits if end not in self.held), self.LAST)


class Completions(Texts):
    """Ends that `prepare_data` proposes for completions (openai 0.28.1)."""

    PROPOSED = ("\n", ".", " END", "***", "+++", "&&&", "$$$", "@@@", "%%%")
    LAST = " [END]"
    __slots__ = ()


def _cases(text: str) -> tuple[int, int]:
    """Letters in upper and in lower case."""
    if text.isascii():
        raw = text.encode()
        return (
            len(raw) - len(raw.translate(None, _UPPER)),
            len(raw) - len(raw.translate(None, _LOWER)),
        )
    return sum(map(str.isupper, text)), sum(map(str.islower, text))


def _common(one: str, other: str) -> int:
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return next(at for at in range(length) if one[at] != other[at])


def _again(text: str, suffix: str) -> int:
    """How much of the end of `suffix` stands in the text before its end as well."""
    for length in range(1, len(suffix) + 1):
        if suffix[-length:] not in text[:-length]:
            return length - 1
    return len(suffix)
