# SPDX-License-Identifier: Apache-2.0
"""What a judge said: of two answers which is better, or of one how good it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Literal

__all__ = ["IDENTICAL", "UNANSWERED", "Outcome", "Point", "Verdict", "pair_name"]

Outcome = Literal["win", "loss", "tie", "unreadable", "unasked"]
"""What one request to the judge says of the candidate.

unreadable  the judge answered, and its answer holds no verdict (a parse failure)
unasked     no answer of the judge: not asked for, or the request failed
"""

IDENTICAL = "the answers are identical: a tie, not asked"
UNANSWERED = "a judged model gave no answer: not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Of one question: the candidate's answer against the base's.

    Attributes:
        id: Of the question, as in `Row.id`.
        first: Said where the candidate's answer was shown first.
        second: Said where it was shown second; "unasked" where the suite asks one order only.
        outcome: 1 the candidate wins, 0.5 a tie, 0 it loses; a quarter more or less where a
            win and a tie are averaged (`ties: half`); NaN = cannot be said.
        why: The judge's reason; or why nothing was asked (`IDENTICAL`, `UNANSWERED`) or can be
            said. Hostile data: a judge repeats what it reads.
        candidate_chars: Length of the candidate's answer.
        base_chars: Length of the base's.
        repeat: Which of several answers to the same question, from 0.
    """

    id: str
    first: Outcome
    second: Outcome
    outcome: float = nan
    why: str = ""
    candidate_chars: int = 0
    base_chars: int = 0
    repeat: int = field(default=0, metadata={"rare": True})

    @property
    def said(self) -> tuple[Outcome, ...]:
        """What the judge was asked and answered: the orders that are not "unasked"."""
        return tuple(word for word in (self.first, self.second) if word != "unasked")

    @property
    def flipped(self) -> bool | None:
        """Whether the two orders disagree; None where not both were asked and read."""
        both = self.first, self.second
        if any(word in ("unasked", "unreadable") for word in both):
            return None
        return self.first != self.second


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Of one answer: how good the judge finds it.

    Attributes:
        id: Of the question.
        score: On the suite's scale; NaN = cannot be said.
        said: "read", "unreadable" or "unasked" (no answer to judge, or the request failed).
        why: As in `Verdict`.
        chars: Length of the answer.
        repeat: As in `Verdict`.
    """

    id: str
    score: float = nan
    said: Literal["read", "unreadable", "unasked"] = "unasked"
    why: str = ""
    chars: int = 0
    repeat: int = field(default=0, metadata={"rare": True})


def pair_name(candidate: str, base: str) -> str:
    """`tuned vs base`, as suites write it."""
    return f"{candidate} vs {base}"
