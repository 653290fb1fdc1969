# SPDX-License-Identifier: Apache-2.0
"""The rows of an order: what lint says of them for the target, and what training on them takes."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.jobs.checks.bounds import METHOD_WORDS
from evalkit.jobs.job import TrainingFile
from evalkit.jobs.refusals import RefusedError
from evalkit.jobs.services import service
from evalkit.lint.engine import check
from evalkit.lint.result import FileReport, Result
from evalkit.lint.settings import Settings
from evalkit.targets.card import ModelCard
from evalkit.targets.load import target_named, target_names

if TYPE_CHECKING:
    from evalkit.estimation.outlook import Outlook

__all__ = ["estimated", "linted", "summary_of", "training_file", "within"]

_SHOWN = 10  # findings in a refusal
_KEPT = 20  # of each rule
_BLOCK = 1 << 20
# A validation file may be small.
_NOT_FOR_VALIDATION = ("too-few-examples", "few-examples")

Watch = Callable[[int], None]


def training_file(path: Path) -> TrainingFile:
    """A file with its digest and size.

    Raises:
        InputError: It cannot be read, or is empty.
    """
    digest, size = hashlib.sha256(), 0
    shown = printable(str(path))
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise InputError(
            f"cannot read {shown}: {error.strerror}", "name the file of the training rows"
        ) from error
    if not size:
        raise InputError(f"{shown} is empty", "there is nothing to train on")
    return TrainingFile(path=path, sha256=digest.hexdigest(), size=size)


def linted(
    train: Path,
    validation: Path | None,
    *,
    target: str,
    card: ModelCard | None,
    method: str | None,
    settings: Settings,
    watch: Watch | None = None,
) -> tuple[FileReport, Result, str]:
    """What stands in the training file, and the method that its rows are for.

    Nothing stands against any of the rows then.

    Args:
        train: Training rows.
        validation: Validation rows; the training rows are checked for their prompts.
        target: Whose rules apply.
        card: Of the model; None = none is on record.
        method: As ordered; None = told from the rows.
        settings: How to lint else, as the configuration says.
        watch: Told how many examples were read.

    Raises:
        RefusedError: They do not pass; its lines are the findings.
        InputError: A file cannot be read.
        UsageError: It must be converted first, or is for another method.
    """
    base = replace(
        settings,
        targets=(target,) if target in target_names() else (),
        model=None if card is None else f"{card.target}/{card.name}",
        method=method if method in ("sft", "preference", "rft") else None,
        keep=_KEPT,
        limit=None,
        sample=None,
        fail_on="error" if settings.fail_on == "never" else settings.fail_on,
    )
    against = () if validation is None else (str(validation),)
    result = check([str(train)], replace(base, against=against), watch=watch)
    report = _report(result, train)
    _readable(report, train, target)
    chosen = _method_of(report, method, card, target)
    results = [result]
    if validation is not None:
        held = replace(base, ignore=(*base.ignore, *_NOT_FOR_VALIDATION))
        results.append(check([str(validation)], held, watch=watch))
        _readable(_report(results[1], validation), validation, target)
        _alike(report, _report(results[1], validation))
    for path, one in zip((train, validation), results, strict=False):
        if one.failed:
            raise _unfit(str(path), one, target, base)
    return report, result, chosen


def _alike(train: FileReport, validation: FileReport) -> None:
    """Refuse validation rows that are for another method than the training rows.

    Raises:
        UsageError: So they are.
    """
    ours, other = train.method or "sft", validation.method or "sft"
    if ours == other or validation.format is None:
        return
    raise UsageError(
        f"{printable(validation.path)} holds {METHOD_WORDS.get(other, other)}, and "
        f"{printable(train.path)} holds {METHOD_WORDS.get(ours, ours)}: one job takes one kind",
        f"hold rows of the training file out: evalkit split {shlex.quote(train.path)}",
    )


def _method_of(report: FileReport, method: str | None, card: ModelCard | None, target: str) -> str:
    """The method by which rows are trained with: as ordered, else as their layout says.

    Raises:
        UsageError: The rows are for another method, or the model is not trained by it.
    """
    told = report.method or "sft"
    path = printable(report.path)
    if method is not None and method != told and not (method == "sft" and told == "completion"):
        raise UsageError(
            f"{path} holds {METHOD_WORDS.get(told, told)}, which are for --method {told}, not for "
            f"{method}",
            f"leave --method out, or name a file of {METHOD_WORDS.get(method, method)}",
        )
    chosen = told
    if card is not None:
        from evalkit.estimation.closing import trains

        if not trains(card, chosen):
            able = [one.name for one in target_named(target).models.values() if trains(one, chosen)]
            raise UsageError(
                f"{printable(card.name)} is not trained by the method {chosen} at {target}",
                f"models that are: {', '.join(able)}"
                if able
                else f"it is by: {', '.join(card.methods)}",
            )
    return chosen


def estimated(
    train: Path,
    validation: Path | None,
    *,
    target: str,
    model: str,
    method: str,
    hyperparameters: Mapping[str, int | float | str],
    today: date,
) -> Outlook:
    """Tokens, epochs, money and dates of the job, as `evalkit estimate` reckons them.

    Raises:
        InputError: No row holds a conversation.
        UsageError: The provider takes no such epochs or batches.
    """
    from evalkit.data.read import open_data
    from evalkit.estimation.answer import Sources, answer
    from evalkit.estimation.question import Question

    question = Question(
        models=(f"{target}/{model}",),
        method=method,
        epochs=_whole(hyperparameters.get("n_epochs")),
        batch_size=_whole(hyperparameters.get("batch_size")),
        evaluations=_evaluations(target, hyperparameters, validated=validation is not None),
    )
    sources = Sources(
        training=[open_data(train)],
        validation=[] if validation is None else [open_data(validation)],
    )
    return answer(sources, question, today=today).outlooks[0]


def within(outlook: Outlook | None, budget: Decimal, file: str) -> None:
    """Hold the training's cost to a budget.

    Raises:
        RefusedError: It costs more.
        UsageError: It is not known what it costs.
    """
    from evalkit.estimation.budget import held
    from evalkit.estimation.cost import spoken

    cost = None if outlook is None else outlook.cost
    doubts = () if outlook is None else outlook.doubts
    verdict = held(cost, budget, doubtful=bool(doubts))
    if verdict == "within":
        return
    if verdict == "over" and cost is not None:
        raise RefusedError(
            f"over budget: training costs about {spoken(cost.amount)}, more than "
            f"{spoken(budget)}; nothing was sent",
            "fewer rows or --epochs, a larger --budget, or another model: evalkit estimate "
            f"{shlex.quote(file)} --target all",
        )
    reasons = [doubt.said.plain("en") for doubt in doubts]
    if cost is None and not reasons:
        reasons.append("the training price is not on record")
    elif cost is not None and cost.currency != "USD":
        reasons.append(f"the price is in {cost.currency}, which is not converted")
    raise UsageError(
        f"the budget cannot be held: {'; '.join(reasons)}",
        "leave --budget out, or enter the price: evalkit models --help",
    )


def summary_of(outlook: Outlook) -> dict[str, Any]:
    """What a record keeps of an estimate."""
    estimate, cost = outlook.estimate, outlook.cost
    return {
        "tokens": estimate.billed_tokens,
        "usd": cost.amount if cost is not None and cost.currency == "USD" else None,
        "epochs": estimate.epochs.number,
        "steps": estimate.steps,
    }


def _whole(value: Any) -> int | None:
    """As a whole number, a part of one as one: never less than will be paid for."""
    return ceil(value) if isinstance(value, int | float) else None


def _evaluations(
    target: str, hyperparameters: Mapping[str, int | float | str], *, validated: bool
) -> int | None:
    """How often validation runs, where the order says so; None = the provider's rule."""
    if not validated or "n_evals" not in service(target).hyperparameters:
        return None
    return _whole(hyperparameters.get("n_evals", 1))  # 1 is what such an order is sent with


def _report(result: Result, path: Path) -> FileReport:
    if result.unreadable or not result.files:
        why = "; ".join(result.unreadable) or f"{printable(str(path))} cannot be read"
        raise InputError(why, f"see: evalkit lint {shlex.quote(str(path))}")
    return result.files[0]


def _readable(report: FileReport, path: Path, target: str) -> None:
    """Refuse what has to be converted before it is uploaded; it is not done in passing.

    Raises:
        UsageError: So it is.
    """
    formats = target_named(target).formats if target in target_names() else ()
    name = printable(str(path))
    if report.container != "jsonl" or report.packing:
        kind = report.packing or report.container
        what = f"{name} is {kind}, and {target} reads JSON lines"
    elif report.format is not None and formats and report.format not in formats:
        what = f"{name} holds rows of the layout {report.format}, and {target} reads " + ", ".join(
            formats
        )
    else:
        return
    made = f"{path.name.partition('.')[0]}.{target}.jsonl"
    raise UsageError(
        f"{what}; nothing was sent",
        f"convert it first: evalkit convert {shlex.quote(str(path))} {shlex.quote(made)} "
        f"--to {target}",
    )


def _unfit(path: str, result: Result, target: str, settings: Settings) -> RefusedError:
    least = Severity[settings.fail_on.upper()]
    worst = [one for one in result.findings if one.severity >= least]
    lines = [f"{one.location}: {one.code} {one.name}: {one.message}" for one in worst[:_SHOWN]]
    hidden = sum(number for kind, number in result.omitted.items() if kind.severity >= least)
    total = len(worst) + hidden
    if total > len(lines):
        lines.append(f"… and {total - len(lines):,} more")
    quoted = shlex.quote(path)
    findings = "1 finding" if total == 1 else f"{total:,} findings"
    return RefusedError(
        f"{printable(path)} is not fit for {target}: {findings}; nothing was sent",
        f"evalkit lint {quoted} --target {target} shows all, with --fix it mends what is safe",
        lines=lines,
    )
