# SPDX-License-Identifier: Apache-2.0
"""`evalkit job checkpoints`: states of the model on the way that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_options import JOB, ChosenJob, chosen_job, echo_json, job_options
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.job import Checkpoint
    from evalkit.jobs.results.curves import BestCheckpoint

__all__ = ["command"]

_NONE = (
    "{j} has no checkpoints that can be asked (yet)",
    "{j} （暂）没有可调用的检查点",
)
_HEADS = (
    ("step", "步"),
    ("training loss", "训练损失"),
    ("validation loss", "验证损失"),
    ("model", "模型"),
    ("", ""),
)


@click.command(name="checkpoints")
@JOB
@job_options
def command(job: str, *, output_format: str, lang: str | None, **given: Any) -> int:
    """List the checkpoints of JOB with their losses, the best one marked.

    The best one has the lowest loss on the whole validation set, else on its batches; of equal ones
    the earliest.
    """
    from evalkit.evaluation._loop import finished
    from evalkit.jobs.results.curves import best_checkpoint

    chosen, spoken = chosen_job(job, given), language(lang)
    found = finished(lambda: _fetched(chosen))
    best = best_checkpoint(found)
    if output_format == "json":
        echo_json(_document(found, best))
    elif not found:
        click.echo(_NONE[0 if spoken == "en" else 1].format(j=excerpt(chosen.job, 80)))
    else:
        click.echo("\n".join(_lines(found, best, spoken)))
    return 0


async def _fetched(chosen: ChosenJob) -> tuple[Checkpoint, ...]:
    from evalkit.jobs.pace import Pace
    from evalkit.jobs.seam import CannotError, open_provider

    async with open_provider(chosen.target, chosen.where) as provider:
        if why := provider.lacks.get("checkpoints"):
            raise CannotError(
                f"{chosen.target} lists no checkpoints: {why}",
                "`evalkit job show` has the tuned model's name",
            )
        return await Pace().insist(lambda: provider.checkpoints(chosen.job))


def _lines(found: Sequence[Checkpoint], best: BestCheckpoint | None, spoken: Language) -> list[str]:
    from evalkit.estimation.profile_text import aligned

    at = 0 if spoken == "en" else 1
    table = [[head[at] for head in _HEADS]]
    for one in found:
        train, valid = one.metrics.get("train_loss"), _valid(one)
        mark = ""
        if best is not None and best.checkpoint.id == one.id:
            mark = ("best", "最佳")[at]
        table.append([f"{one.step:,}", _loss(train), _loss(valid), printable(one.model), mark])
    return aligned(table, 400, right=(0, 1, 2))


def _valid(one: Checkpoint) -> float | None:
    return one.metrics.get("full_valid_loss", one.metrics.get("valid_loss"))


def _loss(value: float | None) -> str:
    from evalkit.jobs.results.words import figure

    return "–" if value is None else figure(value)


def _document(found: Sequence[Checkpoint], best: BestCheckpoint | None) -> dict[str, Any]:
    return {
        "schema": 1,
        "checkpoints": [
            {
                "id": one.id,
                "step": one.step,
                "model": one.model,
                "created": one.created,
                "metrics": dict(one.metrics),
                "best": best is not None and best.checkpoint.id == one.id,
            }
            for one in found
        ],
    }
