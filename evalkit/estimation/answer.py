# SPDX-License-Identifier: Apache-2.0
"""From a question and some rows to the answer: tokens, money, dates, side by side. No clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.strings import Language
from evalkit.data.dataset import DataSet
from evalkit.estimation.break_even import BreakEven, break_even
from evalkit.estimation.choosing import chosen, reads_all
from evalkit.estimation.closing import still_training
from evalkit.estimation.doubts import doubts
from evalkit.estimation.evaluation_run import EvaluationPlan, evaluation_cost
from evalkit.estimation.facts import Estimate, Job
from evalkit.estimation.judge import judge_named
from evalkit.estimation.outlook import (
    Estimation,
    EvaluationRun,
    FewShot,
    Fit,
    Outlook,
    Unlisted,
)
from evalkit.estimation.project import estimates
from evalkit.estimation.question import Question
from evalkit.estimation.side_by_side import Offer, side_by_side
from evalkit.targets.load import target_named, target_names

__all__ = ["FEW_SHOT", "Sources", "answer", "outlook_of"]

FEW_SHOT = 5  # examples in a prompt that break-even is reckoned against where nobody says
_ROWS = 100  # rows of an evaluation that is told as an example

Watch = Callable[[DataSet, str], Iterable[Example]]


def _as_it_is(data: DataSet, what: str) -> Iterable[Example]:  # noqa: ARG001  (the shape)
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The rows of a question.

    Attributes:
        training: Files that are trained on.
        validation: Files that the job is validated with.
        held_out: Files that the base and the tuned model are compared on.
    """

    training: Sequence[DataSet]
    validation: Sequence[DataSet] = ()
    held_out: Sequence[DataSet] = ()


def answer(
    sources: Sources,
    question: Question,
    *,
    today: date,
    language: Language = "en",
    fits: Mapping[str, Fit] | None = None,
    watch: Watch = _as_it_is,
    told: Callable[[str], None] = lambda _: None,
) -> Estimation:
    """What training on the rows means for each model that is meant.

    The training rows are read once, whatever the number of models, and are not kept.

    Args:
        sources: The rows.
        question: What is asked.
        today: For dates and the age of figures.
        language: In which the answer shows itself.
        fits: Target to what lint says of the rows; None = lint was not run.
        watch: The rows of a data set, as someone looks on: for a progress bar.
        told: Told what was chosen for the user.

    Raises:
        InputError: No row holds a conversation.
        UsageError: No such model, target, tokenizer or judge.
    """
    if question.judge is not None:
        judge_named(question.judge)  # says at once that there is no such model
    layouts = {data.layout for data in sources.training}
    formats = sorted({layout.name for layout in layouts if layout is not None})
    methods = {layout.method for layout in layouts if layout is not None}
    meant = chosen(question, formats, methods.pop() if len(methods) == 1 else None, today)
    if meant.note:
        told(meant.note.plain(language))
    found = _counted(sources, meant.jobs, watch)
    held_out = _held_out(sources, meant.jobs, watch)
    offers = side_by_side(found, today=today, hosting_days=question.hosting_days)
    read = tuple(dict.fromkeys([*formats, *(name for one in found for name in one.formats)]))
    targets = [target_named(name) for name in target_names()]
    outlooks = []
    for offer in offers:
        card = offer.estimate.model
        outlooks.append(
            outlook_of(
                offer,
                question,
                today=today,
                others=still_training(
                    targets,
                    read,
                    besides=card.target,
                    today=today,
                    method=offer.estimate.method,
                ),
                held_out=held_out.get((card.target, card.name)),
                of_file=bool(sources.held_out),
                fits=fits,
            )
        )
    return Estimation(
        outlooks=tuple(outlooks),
        compared=question.compares,
        unread=tuple(one.name for one in targets if read and not reads_all(one, read)),
        unlisted=tuple(
            Unlisted(target=name, fit=None if fits is None else fits.get(name))
            for name in meant.unlisted
        ),
        today=today,
        language=language,
    )


def outlook_of(
    offer: Offer,
    question: Question,
    *,
    today: date,
    others: Sequence[str] = (),
    held_out: Estimate | None = None,
    of_file: bool = False,
    fits: Mapping[str, Fit] | None = None,
) -> Outlook:
    """One model's estimate with the money around it.

    Args:
        offer: Tokens, epochs, training cost and hosting.
        question: What is asked.
        today: For the days that a tuned model has left.
        others: Targets that still train on such rows.
        held_out: The same of the rows that the models are compared on; None = none were given.
        of_file: Whether these are of a file of their own, not the validation files.
        fits: Target to what lint says; None = lint was not run.

    Raises:
        UsageError: No such judge.
    """
    shots = _few_shot(offer.estimate, question)
    return Outlook(
        offer=offer,
        others=tuple(others),
        few_shot=shots,
        break_even=_break_even(offer, shots, question, today),
        evaluation=_evaluation(offer.estimate, held_out, question, of_file=of_file),
        fit=None if fits is None else fits.get(offer.estimate.model.target),
        doubts=doubts(offer),
    )


def _counted(sources: Sources, jobs: Sequence[Job], watch: Watch) -> list[Estimate]:
    """An estimate of each job.

    Raises:
        InputError: There is nothing to count.
    """
    paths = [data.path for data in sources.training]
    held = sources.validation
    found = estimates(
        _rows(sources.training, watch),
        jobs,
        paths=paths,
        validation=_rows(held, watch) if held else None,
        validation_paths=[data.path for data in held],
    )
    if not found[0].examples:
        raise _nothing(sources.training, found[0])
    return found


def _nothing(files: Sequence[DataSet], found: Estimate) -> InputError:
    """That there is nothing to count; where lint may have nothing to say, how they were read."""
    paths = [data.path for data in files]
    what, hint = (
        f"no example to count in {', '.join(paths)}",
        f"see: evalkit lint {' '.join(paths)}",
    )
    read = sorted({one.layout.name for one in files if one.layout is not None})
    if found.left_out and read:
        what += f": no record holds a conversation (read as {', '.join(read)})"
        hint += "; or say what is what: --columns user=KEY,assistant=KEY, or --from LAYOUT"
    return InputError(what, hint)


def _held_out(
    sources: Sources, jobs: Sequence[Job], watch: Watch
) -> dict[tuple[str, str], Estimate]:
    """What the rows of the comparison take, by target and model.

    Raises:
        InputError: There is nothing to count in them.
    """
    files = sources.held_out or sources.validation
    if not files:
        return {}
    found = estimates(_rows(files, watch), jobs, paths=[data.path for data in files])
    if sources.held_out and not found[0].examples:
        paths = ", ".join(data.path for data in files)
        raise InputError(f"no example to evaluate with in {paths}", f"see: evalkit lint {paths}")
    return {(one.model.target, one.model.name): one for one in found}


def _rows(files: Sequence[DataSet], watch: Watch) -> Iterable[Example]:
    for data in files:
        yield from watch(data, "counting")


def _few_shot(estimate: Estimate, question: Question) -> FewShot:
    if question.few_shot_tokens is not None:
        return FewShot(tokens=question.few_shot_tokens, examples=None, assumed=False)
    examples = FEW_SHOT if question.few_shot is None else question.few_shot
    mean = estimate.example.mean if estimate.example is not None else 0.0
    # Its system prompt is there already, once.
    mean -= estimate.system_tokens or 0.0
    return FewShot(
        tokens=round(examples * max(0.0, mean)),
        examples=examples,
        assumed=question.few_shot is None,
    )


def _break_even(offer: Offer, shots: FewShot, question: Question, today: date) -> BreakEven | None:
    estimate, card = offer.estimate, offer.estimate.model
    if estimate.prompt_tokens is None or estimate.answer_tokens is None:
        return None
    return break_even(
        training=None if estimate.cost is None else estimate.cost.amount,
        base=card.inference,
        tuned=card.tuned_inference,
        prompt_tokens=estimate.prompt_tokens,
        answer_tokens=estimate.answer_tokens,
        few_shot_tokens=shots.tokens,
        hosting_per_month=offer.hosting.per_month,
        hosting_billed=offer.hosting.billed is not None,
        hosting_currency=None if offer.hosting.price is None else offer.hosting.price.currency,
        currency=None if estimate.cost is None else estimate.cost.currency,
        calls_per_month=question.calls_per_month,
        days_left=None if card.retires is None else (card.retires - today).days,
    )


def _evaluation(
    estimate: Estimate,
    held_out: Estimate | None,
    question: Question,
    *,
    of_file: bool,
) -> EvaluationRun | None:
    """What comparing costs: on a file, on so many rows, on the validation rows, or an example."""
    card = estimate.model
    rows, source, like = _ROWS, "example", estimate
    if question.evaluate is not None:
        rows, source = question.evaluate, "asked"
    elif held_out is not None and held_out.examples:
        rows, source, like = held_out.examples, "file" if of_file else "validation", held_out
    if like.prompt_tokens is None or like.answer_tokens is None:
        return None
    judge = None if question.judge is None else judge_named(question.judge)
    plan = EvaluationPlan(
        rows=rows,
        prompt_tokens=like.prompt_tokens,
        answer_tokens=like.answer_tokens,
        base=card.inference,
        tuned=card.tuned_inference,
        judge=None if judge is None else (judge.name, judge.answers),
        repeats=question.repeats,
        batch=question.batch,
        target=card.target,
        judge_target=None if judge is None else judge.target,
    )
    return EvaluationRun(plan=plan, cost=evaluation_cost(plan), rows_of=source)
