# SPDX-License-Identifier: Apache-2.0
"""`evalkit.estimate`: what training takes, before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.api._read import Source, read
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.strings import language as spoken_language
from evalkit.data.read import DataSet, TableOptions

if TYPE_CHECKING:
    from evalkit.core.strings import Language
    from evalkit.estimation.outlook import Estimation, Fit

__all__ = ["estimate"]


def estimate(
    source: Source | Sequence[Source],
    *,
    model: str | Sequence[str] = (),
    target: str | Sequence[str] = (),
    validation: Source | Sequence[Source] = (),
    method: str | None = None,
    tier: str | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    sequence_length: int | None = None,
    packing: bool = True,
    evaluations: int | None = None,
    tokenizer: str | None = None,
    hosting_days: float | None = None,
    few_shot: int | None = None,
    few_shot_tokens: int | None = None,
    calls_per_month: int | None = None,
    evaluate: int | Source | Sequence[Source] | None = None,
    judge: str | None = None,
    repeats: int = 1,
    batch: bool = False,
    lint: bool = True,
    language: Language | None = None,
    today: date | str | None = None,
) -> Estimation:
    """What training on a data set takes, before anything is spent; nothing is sent anywhere.

    Args:
        source: What `read` or `from_frame` gives, or a path; several are trained on together.
        model: What is trained, such as "gpt-4.1-mini"; several are set side by side.
        target: Whose job it is: its first model. Several, or "all": every model of theirs that
            takes such rows, side by side.
        validation: What the job is validated with.
        method: "sft", "preference", "rft" or "completion"; told from the rows where not given.
        tier: Of a price that has several.
        epochs: Instead of the provider's rule.
        batch_size: Likewise.
        sequence_length: Tokens of a training sequence.
        packing: Whether short rows may share a sequence, where the provider lets one choose.
        evaluations: How often the job validates.
        tokenizer: A `tokenizer.json`, an encoding or a family to count by.
        hosting_days: How long the tuned model is kept up.
        few_shot: Examples that the base model would need in every prompt, for break-even.
        few_shot_tokens: Their tokens, instead.
        calls_per_month: Calls of the tuned model.
        evaluate: A number of held-out rows, or where they are.
        judge: Who compares the answers of the base and of the tuned model.
        repeats: Answers to each question.
        batch: Whether they are asked by the batch route.
        lint: Whether several targets are also asked for what stands against the rows; files only.
        language: "en" or "zh", in which the result shows itself; the locale's where not given.
        today: For dates and the age of figures: a date, or such as "2026-11-21".

    Returns:
        `estimate` and `cost` of the first model (the cheapest that can be trained); iterate it for
        all. It prints itself, shows itself in notebooks, and `to_dict()` is the JSON document of
        the command.

    Raises:
        InputError: As `read`; no row holds a conversation.
        UsageError: No such model, target, method, tokenizer, tier, judge or language; a number or a
            day that cannot be; files for different methods.
    """
    from evalkit.estimation.answer import Sources, answer
    from evalkit.estimation.question import Question

    day = _day(today)
    if language not in (None, "en", "zh"):
        raise UsageError(f"no language `{excerpt(str(language))}`", "known: en, zh")
    number: Any = evaluate
    rows: Any = number if isinstance(number, Integral) else None
    held_out = _sets(number or ()) if rows is None else ()
    question = Question(
        models=_names(model),
        targets=_names(target),
        method=method,
        epochs=epochs,
        batch_size=batch_size,
        sequence_length=sequence_length,
        packing=packing,
        evaluations=evaluations,
        tier=tier,
        tokenizer=tokenizer,
        few_shot=few_shot,
        few_shot_tokens=few_shot_tokens,
        calls_per_month=calls_per_month,
        hosting_days=hosting_days,
        evaluate=rows,
        judge=judge,
        repeats=repeats,
        batch=batch,
    )
    training = _sets(source)
    if not training:
        raise UsageError("nothing to estimate: no data set is named", "name a path")
    found = answer(
        Sources(training=training, validation=_sets(validation), held_out=held_out),
        question,
        today=day,
        language=spoken_language(language),
        fits=_fits(training, day) if lint and question.compares else None,
    )
    question.held_to(found.estimate.examples)
    return found


def _day(given: date | str | None) -> date:
    """The day that is meant: today where none is.

    Raises:
        UsageError: It is none.
    """
    if given is None:
        return datetime.now().astimezone().date()
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise UsageError(
            f"today: {excerpt(repr(given))} is no day", 'give a date, or such as "2026-11-21"'
        ) from None


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _sets(given: Source | Sequence[Source]) -> list[DataSet]:
    several = [given] if isinstance(given, DataSet | str | Path) else list(given)
    return [one if isinstance(one, DataSet) else read(one) for one in several]


def _fits(data: Sequence[DataSet], today: date) -> Mapping[str, Fit] | None:
    """What lint says of files; None where one is none, or was read in a way of its own."""
    if not all(Path(one.place).is_file() and one.key_map is None for one in data):
        return None
    tables = [one for one in data if one.columns]
    if len(tables) > 1 or any("{" in name for one in tables for name in one.columns.values()):
        return None
    from evalkit.lint.settings import Settings
    from evalkit.prepare.fitness import fits

    table = None
    if tables:
        (one,) = tables
        table = TableOptions(columns=one.columns, sheet=one.sheet, encoding=one.encoding)
    return fits([one.path for one in data], Settings(today=today, table=table))
