# SPDX-License-Identifier: Apache-2.0
"""A suite is run: its questions are asked, and the answers judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.example import Example
from evalkit.evaluation._loop import finished
from evalkit.evaluation.asking import Asked, Progress, Ready, ask_models, opened
from evalkit.evaluation.assess import assess, metric_names
from evalkit.evaluation.measuring import chosen
from evalkit.evaluation.outlook import Outlook
from evalkit.evaluation.outlook_gates import check_slices
from evalkit.evaluation.outlook_hosts import outlook_of
from evalkit.evaluation.outlook_needs import check_needs
from evalkit.evaluation.questions import Question, questions, training_examples
from evalkit.evaluation.result import Run
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task, task_of
from evalkit.models._store import Store, open_store
from evalkit.models.ask import Terms
from evalkit.models.open import OpenModel

__all__ = ["Finished", "look_ahead", "run_suite"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run and what is known of its time.

    Attributes:
        run: The result.
        timings: One mapping per answer of the first repeat: id, model, seconds.
        incomplete: One line per model whose answers are not all there.
        asked: What each model was sent and answered, for a recording.
    """

    run: Run
    timings: Sequence[Mapping[str, object]] = ()
    incomplete: Sequence[str] = field(default_factory=tuple)
    asked: Mapping[str, Asked] = field(default_factory=dict)


def run_suite(
    suite: Suite,
    *,
    store: Path,
    started: str,
    announce: Callable[[str, OpenModel], None] = lambda _name, _model: None,
    progress: Progress = lambda _name, _tally: None,
    outlook: Callable[[Outlook], None] | None = None,
    terms: Terms = Terms(),  # noqa: B008  a frozen value
    batch: bool = False,
    failed_directly: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
) -> Finished:
    """Ask every model, score, compare, judge.

    Works inside a running event loop too (a notebook's): the asking then has a thread of its own.

    Args:
        suite: What to run.
        store: The answers' database; what stands there is not asked again.
        started: ISO time, for the record (the engine has no clock).
        announce: Told of each model before the first request.
        progress: Told how far each model is.
        outlook: Told what is ahead before the first request; what it raises ends the run.
        terms: Budget, deadline, and what stops the run.
        batch: By the batch route, where a model has one.
        failed_directly: Rows that a batch gave up are asked directly.
        tell: Takes lines of the batch route.

    Raises:
        EvalkitError: As its kinds say; nothing that was answered is lost.
    """
    asked_rows, task, train = _what(suite)

    def ahead(ready: Sequence[Ready], answers: Store) -> None:
        check_needs(suite, task, ready, terms=terms, batch=batch)
        if outlook is not None:
            outlook(outlook_of(suite, task, asked_rows, ready, answers, batch=batch))

    answered = finished(
        lambda: ask_models(
            suite,
            task,
            asked_rows,
            train,
            store=store,
            announce=announce,
            progress=progress,
            terms=terms,
            batch=batch,
            failed_directly=failed_directly,
            tell=tell,
            ahead=ahead,
        )
    )
    run = assess(suite, task, asked_rows, train, answered, started=started)
    timings = [
        {"id": q.id, "model": name, "seconds": seconds}
        for name, asked in answered.items()
        for q, seconds in zip(asked_rows, asked.seconds, strict=True)
    ]
    return Finished(run, timings, _incomplete(answered), answered)


def look_ahead(
    suite: Suite,
    *,
    store: Path,
    terms: Terms = Terms(),  # noqa: B008  a frozen value
    batch: bool = False,
) -> Outlook:
    """What a run would send, take and be able to prove; the models are opened, nothing is sent.

    Nothing is written either: a store that is not there is not made.

    Raises:
        EvalkitError: As `run_suite` would before its first request.
    """
    asked_rows, task, train = _what(suite)
    is_there = store.is_file()

    async def look() -> Outlook:
        async with opened(suite, task, asked_rows, train) as ready:
            check_needs(suite, task, ready, terms=terms, batch=batch)
            if not is_there:
                return outlook_of(suite, task, asked_rows, ready, None, batch=batch)
            with open_store(store) as answers:
                return outlook_of(suite, task, asked_rows, ready, answers, batch=batch)

    return finished(look)


def _what(suite: Suite) -> tuple[list[Question], Task, list[Example]]:
    """Questions, task and training examples; what gates and metrics name is checked."""
    asked_rows = questions(
        suite.folder / suite.data,
        table=suite.table,
        slices=suite.slices,
        limit=suite.limit,
        turns=suite.turns,
    )
    task = task_of(suite, [q.expected for q in asked_rows])
    train = training_examples(suite.folder / suite.train, table=suite.table) if suite.train else []
    for name in metric_names(suite, task):
        if name != "cost":
            chosen(name, labels=task.labels, labelled_by="label", seed=suite.seed)
    check_slices(suite, asked_rows)
    return asked_rows, task, train


def _incomplete(answered: Mapping[str, Asked]) -> list[str]:
    found = []
    for name, asked in answered.items():
        replies = [reply for repeat in asked.repeats for reply in repeat]
        errors = sum(reply.finish == "error" for reply in replies)
        if errors:
            found.append(f"{name}: {errors} of {len(replies)} answers are missing")
    return found
