# SPDX-License-Identifier: Apache-2.0
"""A model that is open with what it will be asked, and what it answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalkit.core.exchange import Reply, Request
from evalkit.evaluation.sampling import for_repeat, model_for_repeat
from evalkit.models.ask import Tally
from evalkit.models.open import OpenModel

__all__ = ["Asked", "Progress", "Ready", "joined"]

# Called with the model's name and how far it is.
Progress = Callable[[str, Tally], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one model answered.

    Attributes:
        replies: In the order of the questions, of the first repeat.
        seconds: Per reply; None for those from the store.
        cached: How many answers, over all repeats, came from the store.
        host: Where requests went; None for this machine.
        identity: The provider's identity, as in the store's keys.
        recorded: ISO date of the latest answer, where answers are replayed; "" where their record
            names no day.
        requests: As they were sent, in the order of the questions, of the first repeat.
        repeats: Shape (K, n): the replies of every repeat, the first included.
        batch: Whether they were asked by the batch route, which has prices of its own.
        notes: What a reader must know of the answers, pairs of English and Chinese sentences.
    """

    replies: Sequence[Reply]
    seconds: Sequence[float | None]
    cached: int
    host: str | None
    identity: str
    recorded: str | None = None
    requests: Sequence[Request] = ()
    repeats: Sequence[Sequence[Reply]] = ()
    batch: bool = False
    notes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A model that is open, and what it will be asked.

    Attributes:
        name: In the suite.
        model: Open.
        requests: Of the first repeat, as they will be sent.
        growth: Tokens by which the prompts may grow in all: of a judge's, whose prompts hold
            answers that are not there yet.
    """

    name: str
    model: OpenModel
    requests: Sequence[Request]
    growth: int = 0

    def of_repeat(self, k: int) -> tuple[OpenModel, Sequence[Request]]:
        """The model and the requests of repeat k, counted from 0."""
        model = model_for_repeat(self.model, k)
        return model, [model.prepared(for_repeat(request, k)) for request in self.requests]


def joined(before: Asked | None, more: Asked) -> Asked:
    """What a model was asked in two goes, of one repeat, as one."""
    if before is None:
        return more
    replies = [*before.replies, *more.replies]
    return replace(
        more,
        replies=replies,
        seconds=[*before.seconds, *more.seconds],
        cached=before.cached + more.cached,
        requests=[*before.requests, *more.requests],
        repeats=[replies],
        notes=tuple(dict.fromkeys((*before.notes, *more.notes))),
    )
