# SPDX-License-Identifier: Apache-2.0
"""Opens a model by its specification: finds its provider, puts gate and retries before it."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.example import Example
from evalkit.core.exchange import Model, Reply, Request
from evalkit.core.registry import find
from evalkit.models._gate import Gate
from evalkit.models._provided import Provided
from evalkit.models._retry import Retrying
from evalkit.models.price import Rate, rate_of
from evalkit.models.spec import ModelSpec, prepared, provider

if TYPE_CHECKING:
    from evalkit.models._batch_route import BatchRoute

__all__ = ["OpenModel", "open_model"]


@dataclass(frozen=True, kw_only=True)
class OpenModel:
    """A model that can be asked.

    Attributes:
        name: In the suite or on the command line.
        spec: As written.
        identity: What answers, for the store's key.
        host: Where requests go, such as "api.openai.com"; None where they stay on this machine.
        logprobs: Whether it gives log probabilities, or probabilities of labels.
        answer: Request to Reply; raises RemoteError only for what should stop the run. What fails
            for one request is a Reply with `finish="error"`.
        concurrency: How many requests to have under way at most.
        capabilities: Of "logprobs", "tools", "seed", "batch", "response_format", "system".
        gate: Lets its requests through; shared by all names of one model on one server.
        batch: How to ask it by the batch route, where it has one.
        rate: What its answers cost, where that is known.
        folder: Where relative paths of the specification start.
        timed: As `answer` for a request that is prepared already, with the seconds that the last
            attempt took.
        asked: As `timed`, with what happens around each attempt: for `ask_all`.
        recorded: ISO date of the latest answer, where answers are replayed; "" where their record
            names no day.
        ready: To be awaited with all prepared requests that will be asked, before the first: starts
            what takes time, refuses what could not be answered. Optional: asking alone works.
        at_hand: All answers at once, of recorded ones: to the prepared requests and the number of
            the repeat. Nothing is sent, so nothing is stored either.
        notes: What a reader must know of the answers, pairs of English and Chinese sentences; may
            grow until they are given.
    """

    name: str
    spec: ModelSpec
    identity: str
    host: str | None
    logprobs: bool
    answer: Model
    concurrency: int = 1
    capabilities: frozenset[str] = frozenset()
    gate: Gate = field(default_factory=lambda: Gate(most=1))
    batch: BatchRoute | None = None
    rate: Rate | None = None
    folder: Path = field(default_factory=Path)
    timed: Callable[[Request], Awaitable[tuple[Reply, float]]] | None = None
    asked: Retrying | None = None
    recorded: str | None = None
    ready: Callable[[Sequence[Request]], Awaitable[None]] | None = None
    at_hand: Callable[[Sequence[Request], int], Awaitable[Sequence[Reply]]] | None = None
    notes: Sequence[tuple[str, str]] = ()

    def prepared(self, request: Request) -> Request:
        """The request with this model's own settings and treatment of system messages."""
        return prepared(self.spec, request, self.folder)


@asynccontextmanager
async def open_model(
    spec: ModelSpec,
    *,
    name: str,
    folder: Path,
    train: Sequence[Example] | None = None,
) -> AsyncIterator[OpenModel]:
    """Open a model for the length of the block; nothing is sent by opening.

    Args:
        spec: From `parse_spec`.
        name: For messages.
        folder: Where relative paths start: the suite's.
        train: Training examples, for classical baselines.

    Raises:
        UsageError: No such provider, no key, no training data.
        InputError: A file of the model is missing or broken.
        MissingExtraError: An optional package or the local model is needed.
    """
    file, rest = provider(spec)
    make = find("models", file)
    given = {"spec": spec, "folder": folder, "train": train, "name": name}
    wanted: dict[str, Any] = {
        key: given[key] for key in inspect.signature(make).parameters if key in given
    }
    async with make(rest, **wanted) as opened:
        it = opened if isinstance(opened, Provided) else Provided(answer=opened, identity=spec.use)
        concurrency = max(1, int(spec.options.get("concurrency", it.concurrency)))
        # A remote's gate is shared; one on this machine has no patience to find out.
        gate = it.gate or Gate(most=concurrency, start=concurrency)
        asked = Retrying(it.answer, gate)

        async def timed(request: Request) -> tuple[Reply, float]:
            outcome = await asked(request)
            return outcome.reply, outcome.seconds

        async def answer(request: Request) -> Reply:
            return (await timed(prepared(spec, request, folder)))[0]

        yield OpenModel(
            name=name,
            spec=spec,
            identity=it.identity,
            host=it.host,
            logprobs=it.logprobs,
            answer=answer,
            concurrency=concurrency,
            capabilities=it.capabilities,
            gate=gate,
            batch=it.batch,
            rate=rate_of(spec),
            folder=folder,
            timed=timed,
            asked=asked,
            recorded=it.recorded,
            ready=it.ready,
            at_hand=it.at_hand,
            notes=it.notes,
        )
