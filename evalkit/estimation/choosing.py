# SPDX-License-Identifier: Apache-2.0
"""Which jobs a question means: the models that it names, or those of its targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion
from evalkit.estimation.closing import closing, is_trial, trains, trains_here
from evalkit.estimation.converting import converts
from evalkit.estimation.facts import Job
from evalkit.estimation.own_model import family_of, own_model, taken_to
from evalkit.estimation.question import ALL, METHODS, Question
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import ModelCard, Target
from evalkit.targets.library_prices import priced
from evalkit.targets.load import base_of, model_named, target_named, target_names

__all__ = ["DEFAULT_MODEL", "Chosen", "chosen", "reads_all"]

DEFAULT_MODEL = "gpt-4.1-mini"
_NOTHING = same("")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The jobs that a question means.

    Attributes:
        jobs: At least one.
        unlisted: Targets that read the rows and have no model on record.
        note: What was chosen for the user, one line; empty = nothing.
    """

    jobs: tuple[Job, ...]
    unlisted: tuple[str, ...] = ()
    note: Phrase = _NOTHING


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
        return _all([*_named(question)], question)
    if not question.targets:
        note = say(
            "no --model given: these are the figures of {m}",
            "未指定 --model：以下是 {m} 的数字",
            m=DEFAULT_MODEL,
        )
        return _only(model_named(DEFAULT_MODEL), question, note)
    if not question.compares:
        return _first(question, method)
    return _compared(question, formats, method, today)


def _compared(
    question: Question, formats: Sequence[str], method: str | None, today: date
) -> Chosen:
    """The models of several targets, or of all."""
    every = ALL in question.targets
    targets = [target_named(name) for name in _targets(question.targets)]
    if every:
        targets = [one for one in targets if not is_trial(one)]
    cards: list[ModelCard] = []
    unlisted: list[str] = []
    for target in targets:
        reads = reads_all(target, formats)
        if every and not reads:
            continue
        able = [card for card in target.models.values() if _trains(card, method)]
        still = [card for card in able if _open(card, today)]
        if not (still or every):
            still = (able or list(target.models.values()))[:1]
        cards += still
        if reads and not (able if every else target.models):
            unlisted.append(target.name)
    if cards:
        return replace(_all(cards, question), unlisted=tuple(unlisted))
    if every and (cards := _once_converted(targets, formats, method, today)):
        found = _all(cards, question)
        note = say(
            "no model on record takes such rows as they are: these are the sums for the rows once "
            "they are converted",
            "没有记录在案的模型直接接受此类数据：以下是转换后的数字",
        )
        return replace(found, unlisted=tuple(unlisted), note=joined([note, found.note]))
    note = say(
        "no model on record takes such rows: these are the figures of {m}, for the number of "
        "tokens",
        "没有记录在案的模型接受此类数据：以下是 {m} 的数字，仅供参考 token 数",
        m=DEFAULT_MODEL,
    )
    return replace(_only(model_named(DEFAULT_MODEL), question, note), unlisted=tuple(unlisted))


def _once_converted(
    targets: Iterable[Target], formats: Sequence[str], method: str | None, today: date
) -> list[ModelCard]:
    """Models that would take the rows in a layout that they can be converted to."""
    return [
        card
        for target in targets
        if converts(target.name, formats, method=method)
        for card in target.models.values()
        if _trains(card, method) and _open(card, today)
    ]


def _all(cards: Sequence[ModelCard], question: Question) -> Chosen:
    """A job of each; among several, those of providers that do not take such jobs are left out."""
    if not question.packing:
        _packs(cards)
    jobs = [_job(card, question) for card in cards]
    if len(jobs) == 1:
        _known_tier(cards[0], question.tier)
        return Chosen(tuple(jobs))
    taken = [job for job in jobs if _takes(job)]
    if not taken:
        return Chosen(tuple(jobs[:1]))  # which says why
    refused = dict.fromkeys(job.model.target for job in jobs if job not in taken)
    note = _NOTHING
    if refused:
        note = say(
            "left out, since they take no such epochs or batches: {n}",
            "已略去，因为不接受这样的轮数或批量：{n}",
            n=", ".join(refused),
        )
    return Chosen(tuple(taken), note=note)


def _takes(job: Job) -> bool:
    rules = job.training
    return (rules.max_epochs is None or (job.epochs or 0) <= rules.max_epochs) and (
        rules.max_batch_size is None or (job.batch_size or 0) <= rules.max_batch_size
    )


def _packs(cards: Sequence[ModelCard]) -> None:
    """Say that no provider is known to let one turn packing off.

    Raises:
        UsageError: None is.
    """
    names = dict.fromkeys(card.target for card in cards)
    if any(target_named(name).training.unpacked is not None for name in names):
        return
    able = [name for name in target_names() if target_named(name).training.unpacked is not None]
    raise UsageError(
        f"packing cannot be turned off at {', '.join(names)}, as far as is on record",
        f"leave that out; {', '.join(able)} can" if able else "leave that out",
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
    # An owner may be called as a target is: `openai/gpt-oss-20b` is Together's name of it.
    listed = any(_has(one, name) for one in targets)
    owner = name.partition("/")[0].lower()
    if owner in target_names() and not listed:
        return _of_its_owner(name, owner, targets)
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
        return _taken_to(targets, _open_weights(name, targets), name)
    return [model_named(name)]


def _of_its_owner(name: str, owner: str, targets: Sequence[Target]) -> list[ModelCard]:
    """`fireworks/qwen3-8b`, beside targets: of Fireworks if that is one, or taken to trainers.

    Raises:
        UsageError: The targets are other providers.
    """
    if all(trains_here(one) for one in targets):
        card = _open_weights(name, targets)
        theirs = card.target == owner  # else it is a name on a hub: `openai/gpt-oss-20b`
        return _taken_to(targets, card, name.partition("/")[2] if theirs else name)
    card = model_named(name)
    if any(one.name == owner for one in targets):
        return [card]
    others = " and ".join(one.name for one in targets)
    raise UsageError(
        f"`{excerpt(name)}` is {owner}'s, and the target is {others}",
        f"leave --target out, or name the model without `{owner}/`",
    )


def _taken_to(targets: Sequence[Target], card: ModelCard, name: str) -> list[ModelCard]:
    """Under the name that the user gave it: a provider's path means nothing there."""
    return [replace(taken_to(card, one), name=printable(name.strip())) for one in targets]


def _open_weights(name: str, targets: Sequence[Target]) -> ModelCard:
    """What is known of a model at a provider, by its name there or on a hub (`Qwen/Qwen3-8B`).

    Raises:
        UsageError: Nothing is.
    """
    for known in dict.fromkeys((name, name.rpartition("/")[2])):
        try:
            card = model_named(known)
        except UsageError:
            continue
        return _known_open(card)
    who = " and ".join(one.name for one in targets)
    raise UsageError(
        f"no model named `{excerpt(name)}` is on record",
        f"the rules of {who} hold for any open model: leave --model out, and say whose tokens are "
        "counted: --tokenizer FILE (its tokenizer.json) or a family, such as --tokenizer qwen-2.5",
    )


def _known_open(card: ModelCard) -> ModelCard:
    """The card, where others than its provider can train that model.

    Raises:
        UsageError: Its weights cannot be had.
    """
    if target_named(card.target).open_weights:
        return card
    raise UsageError(
        f"the weights of {printable(card.name)} cannot be had: nobody but its provider trains it",
        f"name an open model, such as Qwen/Qwen3-8B, or the provider: --target {card.target}",
    )


def _has(target: Target, name: str) -> bool:
    return any(name.strip().lower() == known.lower() for known in target.models)


def _first(question: Question, method: str | None) -> Chosen:
    """The first model of the only target."""
    target = target_named(question.targets[0])
    if not target.models:
        note = say(
            "no models or prices of {t} are on record", "没有 {t} 的模型或价格记录", t=target.name
        )
        if question.tokenizer is None:
            note = say(
                "{n}: tokens are counted as {f} counts them, about; say --model or --tokenizer "
                "FILE (your model's tokenizer.json)",
                "{n}：token 数按 {f} 估计；可用 --model 或 --tokenizer 文件（模型的 "
                "tokenizer.json）指定",
                n=note,
                f=family_of(target),
            )
        return _only(own_model(target), question, note)
    cards = list(target.models.values())
    card = next((one for one in cards if _trains(one, method)), cards[0])
    note = say(
        "no --model given: these are the figures of {m}, the first of {t}",
        "未指定 --model：以下是 {t} 的第一个模型 {m} 的数字",
        m=card.name,
        t=target.name,
    )
    return _only(card, question, note)


def _trains(card: ModelCard, method: str | None) -> bool:
    return method not in METHODS or trains(card, method)


def _open(card: ModelCard, today: date) -> bool:
    end = closing(card, today)
    return end is None or end.state not in ("no-jobs", "gone")


def _only(card: ModelCard, question: Question, note: Phrase) -> Chosen:
    return replace(_all([card], question), note=note)


def _job(card: ModelCard, question: Question) -> Job:
    asked: dict[str, Any] = {
        key: getattr(question, key)
        for key in (
            "method", "epochs", "batch_size", "sequence_length", "evaluations", "tier", "tokenizer",
        )
    }  # fmt: skip
    training = target_named(card.target).training
    if not question.packing and training.unpacked is not None:
        training = replace(training, packing=training.unpacked)
    return Job(model=priced(card), training=training, **asked)
