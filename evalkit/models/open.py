# SPDX-License-Identifier: Apache-2.0
"""Opens a model by its specification: finds its provider and wraps it in rate and retries."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.core.example import Example
from evalkit.core.exchange import Model, Reply, Request
from evalkit.core.registry import find
from evalkit.models._provided import Provided
from evalkit.models._retry import retrying
from evalkit.models._throttle import throttled
from evalkit.models.spec import ModelSpec, prepared, provider

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
        concurrency: How many requests to have under way.
        folder: Where relative paths of the specification start.
        timed: As `answer` for a request that is prepared already, with the seconds that the last
            attempt took.
        recorded: ISO date of the latest answer, where answers are replayed.
        ready: To be awaited with all prepared requests that will be asked, before the first: starts
            what takes time, refuses what could not be answered. Optional: asking alone works.
    """

    name: str
    spec: ModelSpec
    identity: str
    host: str | None
    logprobs: bool
    answer: Model
    concurrency: int = 1
    folder: Path = field(default_factory=Path)
    timed: Callable[[Request], Awaitable[tuple[Reply, float]]] | None = None
    recorded: str | None = None
    ready: Callable[[Sequence[Request]], Awaitable[None]] | None = None

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
        timed = retrying(throttled(it.answer, concurrency=concurrency))

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
            folder=folder,
            timed=timed,
            recorded=it.recorded,
            ready=it.ready,
        )
