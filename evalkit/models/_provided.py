# SPDX-License-Identifier: Apache-2.0
"""What a provider yields: a model and the facts about it that the layers above go by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.core.exchange import Model, Reply, Request
from evalkit.models._gate import Gate

if TYPE_CHECKING:
    from evalkit.models._batch_route import BatchRoute

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
        recorded: ISO date of the latest answer, where answers are replayed; "" where their record
            names no day.
        ready: Awaited once with all that will be asked, before the first: starts what takes time,
            refuses what could not be answered.
        capabilities: Of the names in `_capabilities.CAPABILITIES`.
        gate: Of remote models; it hears the headers of every answer, good or bad.
        batch: The half-price way, where the provider has one.
        at_hand: All answers at once, of recorded ones: to the requests and the number of the
            repeat. Nothing is sent, so nothing is stored either.
        notes: What a reader must know of the answers, pairs of English and Chinese sentences; may
            grow until they are given.
    """

    answer: Model
    identity: str
    host: str | None = None
    logprobs: bool = False
    concurrency: int = 1
    recorded: str | None = None
    ready: Callable[[Sequence[Request]], Awaitable[None]] | None = None
    capabilities: frozenset[str] = frozenset()
    gate: Gate | None = None
    batch: BatchRoute | None = None
    at_hand: Callable[[Sequence[Request], int], Awaitable[Sequence[Reply]]] | None = None
    notes: Sequence[tuple[str, str]] = ()
