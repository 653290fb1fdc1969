# SPDX-License-Identifier: Apache-2.0
"""One line of what an estimate says, and the few words that many lines share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from evalkit.core.location import Location
from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.estimation.cost import spoken
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import Source

__all__ = ["NOTHING", "Fact", "dated", "in_both", "places", "row_of", "usd"]

NOTHING = same("")
_NAMED = 3  # rows that a line names


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the table.

    Attributes:
        label: Of what.
        value: What; what came from data in it is printable.
        basis: What it rests on, or what should be known with it: a line below it.
        tone: "" = as it is, "warn" = look at it, "bad" = something is lost or fails.
    """

    label: Phrase
    value: Phrase
    basis: Phrase = NOTHING
    tone: Literal["", "warn", "bad"] = ""


def row_of(*parts: Phrase) -> Phrase:
    """Phrases with commas between them; empty ones are left out."""
    return joined(list(parts), en=", ", zh="，")


def in_both(words: Mapping[Language, str]) -> Phrase:
    """What is said in both languages as a mapping; data in it is made printable."""
    english = printable(words.get("en", ""))
    return say("{a}", "{b}", a=english, b=printable(words.get("zh", english)))


def usd(amount: Decimal | str, currency: str = "USD") -> str:
    """A sum for people, such as "$1,241.00"."""
    return spoken(amount, currency)


def dated(source: Source, today: date) -> Phrase:
    """`as of 2025-11-01, 385 days old: OpenAI pricing page`; the age only where it is old."""
    age = NOTHING
    if source.old(today):
        age = say(", {n} days old", "，已过 {n} 天", n=f"{(today - source.as_of).days:,}")
    return say(
        "as of {d}{age}: {s}",
        "截至 {d}{age}：{s}",
        d=source.as_of.isoformat(),
        age=age,
        s=printable(source.source),
    )


def places(locations: Iterable[Location], number: int, named: int = _NAMED) -> Phrase:
    """`a.jsonl:3, a.jsonl:9, …`.

    Args:
        locations: The first of them.
        number: Of all.
        named: So many are named at most.
    """
    first: Sequence[Location] = list(locations)[:named]
    shown = joined([same(printable(str(one))) for one in first], en=", ", zh="、")
    if number <= len(first):
        return shown
    more, every = f"{number - len(first):,}", f"{number:,}"
    return say("{s}, {n} more", "{s} 等共 {all} 处", s=shown, n=more, all=every)
