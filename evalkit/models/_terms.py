# SPDX-License-Identifier: Apache-2.0
"""Under which terms a model is asked, and what comes out of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from evalkit.core.exchange import Reply
from evalkit.models.budget import Budget

__all__ = ["Answered", "IfMaybePaid", "Standing", "Tally", "Terms"]

IfMaybePaid = Literal["ask-again", "skip", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for a whole run.

    Attributes:
        if_maybe_paid: What to do with requests that were sent and not answered (a crash, a
            time-out or a deadline), so that nobody knows whether they were billed: ask again, leave
            out, or end before the first.
        budget: What may be spent; None = no limit.
        deadline: `time.monotonic()` after which nothing is waited for; None = none.
        stop: Once it is set nothing new goes out; what is under way is finished and kept.
    """

    if_maybe_paid: IfMaybePaid = "ask-again"
    budget: Budget | None = None
    deadline: float | None = None
    stop: asyncio.Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far the asking is.

    Attributes:
        done: Questions that have their answer, errors and those from the store among them.
        of: All.
        stored: Of those done, answered by the store or by an equal question.
        errors: Of those done.
        under_way: Requests that are out.
        prompt_tokens: Of what was asked now.
        completion_tokens: Likewise.
        cost: Of what was asked now; None where a price or a count is not known.
        closed_for: Seconds for which the server still wants nothing.
    """

    done: int
    of: int
    stored: int
    errors: int
    under_way: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None
    closed_for: float


class Answered(NamedTuple):
    """One answer.

    Attributes:
        reply: The answer, or the error as one.
        seconds: That the model took; None where not known.
        stored: Whether it came from the store, or from an equal question.
    """

    reply: Reply
    seconds: float | None
    stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a store knows of some questions.

    Attributes:
        total: How many questions.
        distinct: How many different ones: equal ones are asked once.
        stored: Of the different ones, answered.
        failed: Of the different ones, ended in an error, to be asked again.
        maybe_paid: Of the different ones, sent and not answered (a crash, a time-out or a
            deadline): perhaps billed.
        in_batch: Of the different ones without an answer, in a batch that is on its way: they need
            not be sent again.
    """

    total: int
    distinct: int
    stored: int
    failed: int
    maybe_paid: int
    in_batch: int = 0
