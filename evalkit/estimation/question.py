# SPDX-License-Identifier: Apache-2.0
"""Which models a question means, and how each would be trained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from numbers import Integral, Real
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion
from evalkit.estimation.closing import closing, is_trial, trains, trains_here
from evalkit.estimation.facts import Job
from evalkit.estimation.own_model import family_of, own_model, taken_to
from evalkit.targets.card import ModelCard, Target
from evalkit.targets.library_prices import priced
from evalkit.targets.load import base_of, model_named, target_named, target_names

__all__ = ["ALL", "DEFAULT_MODEL", "Chosen", "Question", "chosen", "reads_all"]

ALL = "all"
DEFAULT_MODEL = "gpt-4.1-mini"
_LEAST = {
    "epochs": 1, "batch_size": 1, "sequence_length": 1, "evaluations": 0, "few_shot": 0,
    "few_shot_tokens": 0, "calls_per_month": 1, "hosting_days": 0, "evaluate": 1, "repeats": 1,
}  # fmt: skip
_PARTS = frozenset({"hosting_days"})  # that need not be whole
_METHODS = frozenset({"sft", "preference", "rft", "completion"})  # rows of others suit any model


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of an estimate; None = the provider's rule, or not asked.

    Attributes:
        models: Names; none = the first of each target.
        targets: Names, or "all".
        method: "sft", "preference", "rft" or "completion"; None = told from the rows.
        epochs: To train for.
        batch_size: Examples a step.
        sequence_length: Tokens of a training sequence where rows are padded to it.
        evaluations: How often validation runs.
        tier: Of the price.
        tokenizer: A `tokenizer.json` file, an encoding or a family to count by.
        few_shot: Examples that the base model would need in every prompt.
        few_shot_tokens: Their tokens, instead.
        calls_per_month: Calls of the tuned model.
        hosting_days: How long the tuned model is kept up.
        evaluate: Held-out rows that the base and the tuned model are compared on.
        judge: A model that compares their answers.
        repeats: Answers to each question.
        batch: Whether they are asked by the batch route.
    """

    models: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    method: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    sequence_length: int | None = None
    evaluations: int | None = None
    tier: str | None = None
    tokenizer: str | None = None
    few_shot: int | None = None
    few_shot_tokens: int | None = None
    calls_per_month: int | None = None
    hosting_days: float | None = None
    evaluate: int | None = None
    judge: str | None = None
    repeats: int = 1
    batch: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: A number that is none or too small, a method that is not there, or two that
                say the same.
        """
        for name, least in _LEAST.items():
            _refuse(name.replace("_", " "), getattr(self, name), least, whole=name not in _PARTS)
        if self.method is not None and self.method not in _METHODS:
            known = sorted(_METHODS)
            raise UsageError(
                f"no method of training named `{excerpt(str(self.method))}`"
                f"{suggestion(str(self.method), known)}",
                f"known: {', '.join(known)}",
            )
        if self.few_shot is not None and self.few_shot_tokens is not None:
            raise UsageError("few_shot and few_shot_tokens say the same", "leave one of them out")

    def held_to(self, examples: int) -> None:
        """Refuse what the rows cannot give.

        Args:
            examples: That there are.

        Raises:
            UsageError: More few-shot examples are asked for than there are.
        """
        if self.few_shot is not None and self.few_shot > examples:
            rows = "1 row" if examples == 1 else f"{examples:,} rows"
            raise UsageError(
                f"few-shot: there are only {rows}, not {self.few_shot:,} to show in every prompt",
                f"ask for {examples:,} or fewer, or give their tokens: --few-shot-tokens "
                "(few_shot_tokens=)",
            )

    @property
    def compares(self) -> bool:
        """Whether several models or targets are asked for."""
        return ALL in self.targets or len(self.targets) > 1 or len(self.models) > 1


def _refuse(name: str, number: Any, least: int, *, whole: bool) -> None:
    """Say that a number cannot be.

    Raises:
        UsageError: So it is.
    """
    if number is None:
        return
    kind: Any = Integral if whole else Real
    if isinstance(number, bool) or not isinstance(number, kind):
        raise UsageError(
            f"{name}: {excerpt(repr(number))} is no {'whole ' if whole else ''}number",
            f"give {least} or more, without quotes",
        )
    if not least <= number < inf:
        raise UsageError(f"{name}: {number} cannot be", f"give {least} or more")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The jobs that a question means.

    Attributes:
        jobs: At least one.
        unlisted: Targets that read the rows and have no model on record.
        note: What was chosen for the user, one line; "" = nothing.
    """

    jobs: tuple[Job, ...]
    unlisted: tuple[str, ...] = ()
    note: str = ""


def chosen(question: Question, formats: Sequence[str], method: str | None, today: date) -> Chosen:
    """The models that are meant.

    Without a model, several targets mean each of their models that still takes jobs of the rows'
    method; of a target that is named and has none, its first. A single target means its first.

    Args:
        question: What is asked.
        formats: Names of the layouts of the rows, as far as known beforehand.
        method: What such rows train; None = not known.
        today: For models that take no jobs any more.

    Raises:
        UsageError: No such model or target, or a target without that model.
    """
    method = question.method or method
    if question.models:
        cards = list(_named(question))
        return _all(cards, question)
    if not question.targets:
        note = f"no --model given: these are the figures of {DEFAULT_MODEL}"
        return _only(model_named(DEFAULT_MODEL), question, note)
    if not question.compares:
        return _first(question, method)
    every = ALL in question.targets
    targets = [target_named(name) for name in _targets(question.targets)]
    if every:
        targets = [one for one in targets if not is_trial(one)]
    reading = [one for one in targets if not every or reads_all(one, formats)]
    cards = []
    for target in reading:
        able = [card for card in target.models.values() if _trains(card, method)]
        still = [card for card in able if _open(card, today)]
        if not (still or every):
            still = (able or list(target.models.values()))[:1]
        cards += still
    unlisted = tuple(one.name for one in reading if not one.models and reads_all(one, formats))
    if not cards:
        note = (
            "no model on record takes such rows: these are the figures of "
            f"{DEFAULT_MODEL}, for the number of tokens"
        )
        return replace(_only(model_named(DEFAULT_MODEL), question, note), unlisted=unlisted)
    return replace(_all(cards, question), unlisted=unlisted)


def _all(cards: Sequence[ModelCard], question: Question) -> Chosen:
    """A job of each; among several, those of providers that do not take such jobs are left out."""
    jobs = [_job(card, question) for card in cards]
    if len(jobs) == 1:
        _known_tier(cards[0], question.tier)
        return Chosen(tuple(jobs))
    taken = [job for job in jobs if _takes(job)]
    if not taken:
        return Chosen(tuple(jobs[:1]))  # which says why
    refused = dict.fromkeys(job.model.target for job in jobs if job not in taken)
    note = ""
    if refused:
        note = f"left out, since they take no such epochs or batches: {', '.join(refused)}"
    return Chosen(tuple(taken), note=note)


def _takes(job: Job) -> bool:
    rules = job.training
    return (rules.max_epochs is None or (job.epochs or 0) <= rules.max_epochs) and (
        rules.max_batch_size is None or (job.batch_size or 0) <= rules.max_batch_size
    )


def _known_tier(card: ModelCard, tier: str | None) -> None:
    """Say that no price has that tier.

    Raises:
        UsageError: So it is.
    """
    tiers = [*(one.tier for one in card.trainings), *(one.tier for one in card.hosting)]
    known = dict.fromkeys(one for one in tiers if one is not None)
    if tier is not None and tier not in known:
        raise UsageError(
            f"no price of {card.name} has the tier `{printable(tier)}`"
            f"{suggestion(tier, list(known))}",
            f"known: {', '.join(known)}" if known else "it has one price only: ask for no tier",
        )


def reads_all(target: Target, formats: Iterable[str]) -> bool:
    """Whether a target reads all of these layouts; also where none is known."""
    return set(formats) <= set(target.formats)


def _targets(names: Sequence[str]) -> list[str]:
    return target_names() if ALL in names else list(dict.fromkeys(names))


def _named(question: Question) -> Iterable[ModelCard]:
    """Cards of the models that are named, at each of the targets that have them."""
    found: dict[tuple[str, str], ModelCard] = {}
    # A tuned model is trained on as its base is, and compared with that.
    for name in dict.fromkeys(base_of(name) for name in question.models):
        for card in _at_targets(name, question):
            found.setdefault((card.target, card.name), card)
    return found.values()


def _at_targets(name: str, question: Question) -> list[ModelCard]:
    if not question.targets:
        return [model_named(name)]
    targets = [target_named(one) for one in _targets(question.targets)]  # says unknown ones
    if name.partition("/")[0].lower() in target_names():
        return [model_named(name)]
    cards, why = [], None
    for target in targets:
        if not target.models:
            continue
        try:
            cards.append(model_named(f"{target.name}/{name}"))
        except UsageError as error:
            why = error
    if cards:
        return cards
    if why is not None and not question.compares:
        raise why
    if all(trains_here(target) for target in targets):  # whose rules hold, for any open model
        return [taken_to(model_named(name), target) for target in targets]
    return [model_named(name)]


def _first(question: Question, method: str | None) -> Chosen:
    """The first model of the only target."""
    target = target_named(question.targets[0])
    if not target.models:
        note = f"no models or prices of {target.name} are on record"
        if question.tokenizer is None:
            note += f": tokens are counted as {family_of(target)} counts them, about; say --model"
            note += " or --tokenizer FILE (your model's tokenizer.json)"
        return _only(own_model(target), question, note)
    cards = list(target.models.values())
    card = next((one for one in cards if _trains(one, method)), cards[0])
    note = f"no --model given: these are the figures of {card.name}, the first of {target.name}"
    return _only(card, question, note)


def _trains(card: ModelCard, method: str | None) -> bool:
    return method not in _METHODS or trains(card, method)


def _open(card: ModelCard, today: date) -> bool:
    end = closing(card, today)
    return end is None or end.state not in ("no-jobs", "gone")


def _only(card: ModelCard, question: Question, note: str) -> Chosen:
    return replace(_all([card], question), note=note)


def _job(card: ModelCard, question: Question) -> Job:
    asked: dict[str, Any] = {
        key: getattr(question, key)
        for key in (
            "method", "epochs", "batch_size", "sequence_length", "evaluations", "tier", "tokenizer",
        )
    }  # fmt: skip
    return Job(model=priced(card), training=target_named(card.target).training, **asked)
