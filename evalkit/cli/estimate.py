# SPDX-License-Identifier: Apache-2.0
"""`evalkit estimate`: tokens, epochs, steps, money and dates of a training job."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._estimate_options import estimate_options
from evalkit.cli._files import DATA_FILE
from evalkit.cli._groups import GroupedCommand
from evalkit.core.errors import UsageError
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.estimation.question import Question

__all__ = ["estimate"]

_ASKED = (
    "method", "epochs", "batch_size", "sequence_length", "packing", "evaluations", "tier",
    "tokenizer", "few_shot", "few_shot_tokens", "calls_per_month", "hosting_days", "judge",
    "repeats", "batch",
)  # fmt: skip


@click.command(cls=GroupedCommand)
@click.argument("paths", nargs=-1, required=True, type=DATA_FILE, metavar="PATH...")
@estimate_options
def estimate(paths: tuple[str, ...], **given: Any) -> int:
    """Say what training on PATH... takes, before anything is spent.

    The tokens that are billed, the epochs and why, what is cut off, the cost with the date of its
    price, whether the model will still be there, and from how many calls on it pays. `--target all`
    sets every model that takes such rows side by side. Nothing is sent anywhere.

    Exit codes: 0 done, 1 over --budget, 2 could not do it.
    """
    from evalkit.cli._estimate_output import form_of, held_to, shown, written
    from evalkit.cli._estimate_rows import evaluated, fits_of, sources_of
    from evalkit.cli._reading import kept_apart, watched
    from evalkit.estimation.answer import answer
    from evalkit.estimation.text import left_out_line

    rows, held_out = evaluated(given["evaluate"])
    question = _question(given, rows)
    form = form_of(given["output_format"], given["output_file"])
    kept_apart(given["output_file"], (*paths, *given["validation"], held_out, given["tokenizer"]))
    sources = sources_of(paths, held_out, given)
    result = answer(
        sources,
        question,
        today=_today(),
        language=language(given["lang"]),
        fits=fits_of(paths, given) if question.compares and given["lint"] else None,
        watch=watched,
        told=lambda text: click.echo(text, err=True),
    )
    question.held_to(result.estimate.examples)
    if form == "json" and (line := left_out_line(result.estimate, result.language)):
        click.echo(line, err=True)
    written(shown(result, form, given["output_file"]), given["output_file"])
    return 0 if given["budget"] is None else held_to(given["budget"], result, question)


def _question(given: dict[str, Any], rows: int | None) -> Question:
    """What the options ask.

    Raises:
        UsageError: Two of them say the same.
    """
    from evalkit.cli._lint_settings import words
    from evalkit.estimation.question import Question

    if given["few_shot"] is not None and given["few_shot_tokens"] is not None:
        raise UsageError("--few-shot and --few-shot-tokens say the same", "leave one of them out")
    return Question(
        models=given["model"],
        targets=words(given["target"]),
        evaluate=rows,
        **{key: given[key] for key in _ASKED},
    )


def _today() -> date:
    return datetime.now().astimezone().date()
