# SPDX-License-Identifier: Apache-2.0
"""The seam: what a provider of training can do, and how to say that it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evalkit.core.errors import UsageError
from evalkit.core.registry import find, names
from evalkit.jobs.job import Checkpoint, Event, Job, Order, RemoteFile, TrainingFile, TunedModel

__all__ = ["ACTS", "CannotError", "Provider", "Where", "lacking", "open_provider"]

# What a provider may lack; `lacks` maps some of them to the reason, one line each.
ACTS = (
    "preference", "rft", "validation", "metadata", "seed", "suffix", "cancel", "pause", "resume",
    "events", "checkpoints", "results", "files", "tuned-models",
)  # fmt: skip


_NOWHERE = "http://127.0.0.1:9/v1"  # no provider's address, so that no key is asked for


class CannotError(UsageError):
    """The provider has no such thing in its public API; the hint says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """How to reach a provider.

    Attributes:
        url: Base URL; None = the target's, or what its environment variable says.
        key_env: Variable that holds the key; None = the target's usual one.
        folder: Where this machine keeps its part: records, and local training.
        seconds: For one answer.
    """

    url: str | None = None
    key_env: str | None = None
    folder: Path = Path(".evalkit/jobs")
    seconds: float = 60.0


class Provider(Protocol):
    """A provider whose connection is open.

    No method asks twice by itself. Each raises `core.errors.RemoteError` (with `status`,
    `retryable`) where the remote refuses or is not there, and `CannotError` where its public API
    has no such thing: the same as its `lacks` says beforehand.
    """

    @property
    def name(self) -> str:
        """The target's name."""

    @property
    def host(self) -> str | None:
        """Where data goes; None = it stays on this machine."""

    @property
    def lacks(self) -> Mapping[str, str]:
        """What of `ACTS` it cannot do, each with the reason as one line."""

    def files(self) -> AsyncIterator[RemoteFile]:
        """Files for training, newest first."""

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        """Send a file under that name; large ones by parts where the provider has a way."""

    async def file(self, file: str) -> RemoteFile:
        """A file as it stands."""

    def content(self, file: str) -> AsyncIterator[bytes]:
        """The bytes of a file (training, validation or result), in pieces."""

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        """Start the job; costs money. `order.key` goes into its metadata where there is any.

        Args:
            order: What to train.
            train: The provider's id of the training file.
            validation: Likewise.
        """

    def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:
        """Jobs of the account, newest first.

        Args:
            key: Only those of that order (by metadata); where the provider keeps no metadata
                ("metadata" in `lacks`) all jobs come, and the caller compares files, model and
                suffix.
        """

    async def job(self, job: str) -> Job:
        """The job as it stands."""

    def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Events, oldest first, those after the one of that id."""

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:
        """Checkpoints that can be asked, by step."""

    async def cancel(self, job: str) -> Job:
        """Stop it for good."""

    async def pause(self, job: str) -> Job:
        """Stop it until `resume`."""

    async def resume(self, job: str) -> Job:
        """Go on."""

    def tuned(self) -> AsyncIterator[TunedModel]:
        """Tuned models of the account that still answer."""


class Opens(Protocol):
    """What a file in `providers/` defines under its own name."""

    def __call__(self, where: Where) -> AbstractAsyncContextManager[Provider]:
        """Open the connection for the length of a block; nothing is sent by opening.

        Raises:
            UsageError: No key or no address.
            MissingExtraError: A package is missing.
        """


async def lacking(target: str) -> Mapping[str, str]:
    """What of `ACTS` a target cannot do, for which no key is needed; nothing is sent.

    Raises:
        UsageError: As `open_provider`.
        MissingExtraError: A package is missing.
    """
    async with open_provider(target, Where(url=_NOWHERE)) as provider:
        return provider.lacks


@asynccontextmanager
async def open_provider(target: str, where: Where) -> AsyncIterator[Provider]:
    """Open a target's provider for the length of the block.

    Raises:
        UsageError: The target has no public way to train; the message lists those that have.
    """
    if target.replace("_", "-") not in names("jobs"):
        raise UsageError(
            f"evalkit cannot train at `{target}`: no public API for jobs is known of it",
            f"it can at: {', '.join(names('jobs'))}; for others `evalkit prepare` prints the steps",
        )
    opens: Any = find("jobs", target)
    async with opens(where) as provider:
        yield provider
