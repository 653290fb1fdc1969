# SPDX-License-Identifier: Apache-2.0
"""From examples and jobs to tokens, epochs, steps and money. No clock, no screen, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evalkit.core.example import Example
from evalkit.estimation.batches import batch, steps
from evalkit.estimation.cost import Cost, cost
from evalkit.estimation.counting import Counted, Counter, of_one_method
from evalkit.estimation.duration import duration
from evalkit.estimation.epochs import epochs
from evalkit.estimation.facts import Estimate, Job, LongRow
from evalkit.estimation.validation import validation as validation_of

__all__ = ["Estimate", "Job", "LongRow", "estimate", "estimates"]

_TIMED = ("sft", "completion")  # that the timings on record are of


def estimate(
    rows: Iterable[Example],
    job: Job,
    *,
    paths: Sequence[str] = (),
    validation: Iterable[Example] | None = None,
    validation_paths: Sequence[str] = (),
) -> Estimate:
    """What a training job takes; arguments as for `estimates`."""
    (found,) = estimates(
        rows, [job], paths=paths, validation=validation, validation_paths=validation_paths
    )
    return found


def estimates(
    rows: Iterable[Example],
    jobs: Sequence[Job],
    *,
    paths: Sequence[str] = (),
    validation: Iterable[Example] | None = None,
    validation_paths: Sequence[str] = (),
) -> list[Estimate]:
    """Tokens, epochs, steps and money of several jobs; rows are read once and not kept.

    OpenAI does not publish how it bills preference pairs. Both sides of a pair are trained on, so
    both are taken as billed: the prompt with the preferred answer, and the prompt with the other.

    Args:
        rows: Examples of the training files; records without a conversation are counted apart.
        jobs: What is to be trained, and how.
        paths: Training files to name even if they have no example.
        validation: Examples of the validation files; None = there are none.
        validation_paths: Validation files to name even if they have no example.

    Returns:
        One estimate for each job, in their order.

    Raises:
        UsageError: A provider does not take the epochs or the batch size that are asked for, there
            is no tokenizer of the name given, or files are for different methods of training.
        InputError: A tokenizer's file cannot be read.
        MissingExtraError: What reads a tokenizer's file is not installed.
    """
    for job in jobs:
        _refused_now(job)
    training = Counter(jobs, paths)
    held = None if validation is None else Counter(jobs, validation_paths)
    training.take(rows)
    if held is not None and validation is not None:
        held.take(validation)
    if any(job.method is None for job in jobs):
        of_one_method(training.rows, None if held is None else held.rows)
    return [
        _estimate(job, training.result(job), None if held is None else held.result(job))
        for job in jobs
    ]


def _refused_now(job: Job) -> None:
    """Say what is refused before anything is read."""
    rules = job.training
    epochs(1, rules.epochs, job.epochs, most=rules.max_epochs)
    batch(1, rules.batch, job.batch_size, most=rules.max_batch_size)


def _estimate(job: Job, counted: Counted, held: Counted | None) -> Estimate:
    rows, sums, bills, counting = counted
    rules = job.training
    chosen = epochs(rows.examples, rules.epochs, job.epochs, most=rules.max_epochs)
    size = batch(rows.examples, rules.batch, job.batch_size, most=rules.max_batch_size)
    checked = None if held is None else validation_of(held, job, chosen.number)
    method = job.method or next(iter(_most(sums.methods)), "sft")
    billed = bills.billed * chosen.number
    return Estimate(
        job=job,
        method=method,
        files=tuple(rows.files.items()),
        examples=rows.examples,
        billed_per_epoch=bills.billed,
        cookbook_per_epoch=bills.cookbook,
        loss_per_epoch=bills.learned,
        epochs=chosen,
        batch=size,
        steps=steps(rows.examples - bills.dropped, size.size, chosen.number),
        padding_per_epoch=bills.padding,
        validation=checked,
        cost=_cost(job, method, billed + (checked.billed or 0 if checked else 0)),
        duration=duration(billed, rules, job.model.name) if method in _TIMED else None,
        counting=counting,
        formats=tuple(_most(rows.formats)),
        example=sums.example(),
        roles=sums.roles(),
        turns=sums.turns(),
        shares=sums.shares(),
        outliers=sums.outliers(),
        longest=sums.longest,
        over_long=bills.over_long,
        cut_rows=tuple(bills.cut_rows),
        lost=bills.lost,
        unlearned=bills.unlearned,
        with_tools=sums.with_tools,
        with_images=sums.with_images,
        images=sums.images,
        images_unknown=sums.images_unknown,
        with_media=sums.with_media,
        left_out=rows.left_out,
        left_out_rows=tuple(rows.left_out_rows),
        prompt_tokens=sums.prompt_tokens(),
        answer_tokens=sums.answer_tokens(),
        system_tokens=sums.system_tokens(),
        methods=dict(sums.methods),
    )


def _most(counts: Mapping[str, int]) -> list[str]:
    """Names, most frequent first, equally frequent ones by name."""
    return sorted(counts, key=lambda name: (-counts[name], name))


def _cost(job: Job, method: str, tokens: int) -> Cost | None:
    """None where no price by tokens is known: reinforcement is billed by time or not at all."""
    price = job.model.training_by(method, tier=job.tier)
    if price is not None and method == "rft" and price.method != "rft":
        return None
    return cost(tokens, price)
