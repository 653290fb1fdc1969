# SPDX-License-Identifier: Apache-2.0
"""What the provider has already: files by name and size, jobs by our key or by what they are of."""

from __future__ import annotations

from collections.abc import Collection

from evalkit.core.errors import RemoteError, UsageError
from evalkit.jobs.job import KEY, Job, Order, RemoteFile, TrainingFile
from evalkit.jobs.seam import Provider
from evalkit.targets.load import model_named

__all__ = ["file_there", "job_there"]

_DEAD = ("failed", "cancelled")
_METHODS = {"completion": "sft"}  # no provider tells the two apart


async def file_there(
    provider: Provider, file: TrainingFile, *, known: str | None = None
) -> RemoteFile | None:
    """The same bytes at the provider; None where they are not, or were found unfit.

    Args:
        provider: To ask.
        file: Ours.
        known: Its id, where a record has it.

    Raises:
        RemoteError: The provider could not be asked.
    """
    if known is not None:
        try:
            held = await provider.file(known)
        except RemoteError as fault:
            if fault.status != 404:
                raise
        else:
            if held.fault is None:
                return held
    if "files" in provider.lacks:
        return None
    async for held in provider.files():
        if _same(held, file):
            return held
    return None


def _same(held: RemoteFile, file: TrainingFile) -> bool:
    return held.name == file.remote_name and held.size in (None, file.size) and held.fault is None


async def job_there(
    provider: Provider,
    order: Order,
    *,
    train: str | None,
    validation: str | None,
    besides: Collection[str] = (),
) -> Job | None:
    """A job of that order that lives or has succeeded; the youngest of several.

    Where the provider keeps metadata, or ids are ours to choose, a job is known by our key.
    Elsewhere it is one of the same files, model and suffix whose method, seed and hyperparameters
    do not say otherwise.

    Args:
        provider: To ask.
        order: What was ordered.
        train: The provider's id of the training file; None = not known, so files tell nothing.
        validation: Likewise.
        besides: Ids of jobs that are known to be others.

    Raises:
        RemoteError: The provider could not be asked.
    """
    by_key = "metadata" not in provider.lacks
    by_files = train is not None and (validation is None) == (order.validation is None)
    async for job in provider.jobs(key=order.key):
        if job.id in besides or job.state in _DEAD:
            continue
        if by_key:
            if job.metadata.get(KEY) == order.key:
                return job
        elif order.key in job.id or (by_files and _alike(job, order, train, validation)):
            return job
    return None


def _alike(job: Job, order: Order, train: str | None, validation: str | None) -> bool:
    return (
        job.training_file == train
        and job.validation_file == validation
        and _model(job.model, order.target) == _model(order.model, order.target)
        and _same_suffix(job, order)
        and job.method in (None, _METHODS.get(order.method, order.method))
        and (order.seed is None or job.seed in (None, order.seed))
        and all(
            job.hyperparameters.get(name) in (None, value)
            for name, value in order.hyperparameters.items()
        )
    )


def _same_suffix(job: Job, order: Order) -> bool:
    if job.suffix is None and not {"suffix", "user_provided_suffix"} & job.document.keys():
        return True  # not said
    return (job.suffix or None) == (order.suffix or None)


def _model(name: str, target: str) -> str:
    """A name that is the same for a model with and without its date."""
    if ":" in name or ".ft-" in name:  # a tuned one
        return name
    try:
        return model_named(f"{target}/{name}").name
    except UsageError:
        return name
