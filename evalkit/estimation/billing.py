# SPDX-License-Identifier: Apache-2.0
"""What of an example is billed and learned: cut at the model's limit, left out, or padded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evalkit.core.location import Location
from evalkit.estimation.facts import Job, LongRow
from evalkit.tokens.layout import Layout, TrainingTokens

__all__ = ["Bill", "Bills", "Terms", "bill"]

_SHOWN = 20  # rows that are kept by name; the counts are complete


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms an example is billed.

    Attributes:
        limit: Tokens of a training example; None = not known: nothing is over-long.
        cut: What becomes of an over-long one: "end" = it loses its end, "drop" = it is left out,
            "refuse" = the job fails. "refuse" and None (not known) bill it whole.
        padded_to: Tokens that each example is billed as at least; None = it is not padded.
    """

    limit: int | None = None
    cut: Literal["end", "drop", "refuse"] | None = "end"
    padded_to: int | None = None

    @classmethod
    def of(cls, job: Job) -> Terms:
        """Those of a job."""
        return cls(job.limit, job.training.cut, job.padded_to)


@dataclass(frozen=True, slots=True)
class Bill:
    """One example in one epoch.

    Attributes:
        whole: Its tokens, nothing cut off.
        billed: Tokens billed, padding included.
        cookbook: The cookbook's figure, at most the limit, as its script does.
        learned: Tokens that the loss is computed on.
        padding: Of the billed tokens, those that are padding.
        over: Whether it is over the limit.
    """

    whole: TrainingTokens
    billed: int
    cookbook: int
    learned: int
    padding: int = 0
    over: bool = False

    @property
    def lost(self) -> int:
        """Tokens of answers that are cut off, or left out, and never learned."""
        return self.whole.learned - self.learned


def bill(layout: Layout, terms: Terms, whole: TrainingTokens | None = None) -> Bill:
    """The bill of an example.

    OpenAI "removes tokens from the end of the training example" (its guide, copy of 2024-12): from
    the answer. An example is over-long if its billed tokens are more than the limit.

    Args:
        layout: Where its tokens lie.
        terms: Of the provider.
        whole: `layout.tokens`, where that is known already.
    """
    if whole is None:
        whole = layout.tokens
    limit = terms.limit
    billed, cookbook, learned = whole.billed, whole.cookbook, whole.learned
    over = limit is not None and billed > limit
    if limit is not None and (over or cookbook > limit):
        cookbook = min(limit, cookbook)
        if terms.cut == "end":
            billed, learned = min(limit, billed), layout.learned_within(limit)
        elif terms.cut == "drop" and over:
            return Bill(whole, 0, cookbook, 0, over=True)
    padding = max(0, (terms.padded_to or 0) - billed)
    return Bill(whole, billed + padding, cookbook, learned, padding, over)


class Bills:
    """What the examples of a set add up to on some terms.

    Attributes:
        billed: Tokens, over-long examples cut, padding included.
        cookbook: Tokens as the cookbook's script estimates them.
        learned: Tokens that the loss is computed on.
        padding: Of the billed ones.
        over_long: Examples over the limit.
        lost: Answer tokens that are cut off or left out.
        unlearned: Examples from which nothing is left to learn for that reason.
        dropped: Examples that are left out.
        cut_rows: The first over-long ones.
    """

    __slots__ = (
        "_terms", "billed", "cookbook", "cut_rows", "dropped", "learned", "lost", "over_long",
        "padding", "unlearned",
    )  # fmt: skip

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.billed = self.cookbook = self.learned = self.padding = 0
        self.over_long = self.lost = self.unlearned = self.dropped = 0
        self.cut_rows: list[LongRow] = []

    def take(
        self,
        locations: Sequence[Location],
        sides: Sequence[Sequence[Layout]],
        wholes: Sequence[Sequence[TrainingTokens]],
    ) -> None:
        """Take examples.

        Args:
            locations: Where they stand.
            sides: Layouts of the conversation of each, or of both of a pair: each is a sequence
                by itself.
            wholes: Their `tokens`.
        """
        terms = self._terms
        most = terms.limit
        if most is None:
            most = sys.maxsize
        for location, layouts, tokens in zip(locations, sides, wholes, strict=True):
            if terms.padded_to is None and len(tokens) == 1:
                (whole,) = tokens
                if whole.billed <= most and whole.cookbook <= most:  # as mostly
                    self.billed += whole.billed
                    self.cookbook += whole.cookbook
                    self.learned += whole.learned
                    continue
            self._add(
                location,
                [bill(one, terms, whole) for one, whole in zip(layouts, tokens, strict=True)],
            )

    def _add(self, location: Location, bills: Sequence[Bill]) -> None:
        self.cookbook += sum(one.cookbook for one in bills)
        over = [one for one in bills if one.over]
        if over and self._terms.cut == "drop":  # a pair is dropped with both its sides
            self.dropped += 1
            learned = 0
        else:
            learned = sum(one.learned for one in bills)
            self.billed += sum(one.billed for one in bills)
            self.padding += sum(one.padding for one in bills)
            self.learned += learned
        if over:
            lost = sum(one.whole.learned for one in bills) - learned
            self.over_long += 1
            self.lost += lost
            self.unlearned += lost > 0 and learned == 0
            if len(self.cut_rows) < _SHOWN:
                longest = max(one.whole.billed for one in over)
                self.cut_rows.append(
                    LongRow(location=location, tokens=longest, lost=lost, learned=learned)
                )
