# SPDX-License-Identifier: Apache-2.0
"""What a provider yields: a model and the facts about it that the layers above go by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from evalkit.core.exchange import Model, Request

__all__ = ["Provided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """An opened model.

    Attributes:
        answer: One attempt at one request; raises RemoteError and its kinds in `_faults`.
        identity: What answers, for the store's key: without credentials, ports that change, or
            names that the user gave.
        host: Where requests go; None where they stay on this machine.
        logprobs: Whether it gives log probabilities, or probabilities of labels.
        concurrency: How many requests at once do it good.
        recorded: ISO date of the latest answer, where answers are replayed.
        ready: Awaited once with all that will be asked, before the first: starts what takes time,
            refuses what could not be answered.
    """

    answer: Model
    identity: str
    host: str | None = None
    logprobs: bool = False
    concurrency: int = 1
    recorded: str | None = None
    ready: Callable[[Sequence[Request]], Awaitable[None]] | None = None
