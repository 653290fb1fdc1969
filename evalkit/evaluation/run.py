# SPDX-License-Identifier: Apache-2.0
"""A suite is run: its questions are asked, and the answers judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.evaluation._loop import finished
from evalkit.evaluation.asked import Asked, Progress, Ready
from evalkit.evaluation.asking import ask_models, opened
from evalkit.evaluation.assess import assess
from evalkit.evaluation.baseline.gate import check_baseline
from evalkit.evaluation.data_lint import linted
from evalkit.evaluation.expected_answers import expected_answers
from evalkit.evaluation.finished import Finished
from evalkit.evaluation.forgetting.run import asked_again, forgetting_suite, with_forgetting
from evalkit.evaluation.gates.checks import check_bounds
from evalkit.evaluation.judging.graders import (
    Graded,
    Graders,
    graders_ahead,
    graders_asked,
    graders_opened,
)
from evalkit.evaluation.judging.judge import (
    Judge,
    judge_ahead,
    judge_all,
    judge_opened,
    known_replies,
)
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.scores import judge_chosen
from evalkit.evaluation.judging.spec import JUDGE
from evalkit.evaluation.leak import check_held_out
from evalkit.evaluation.measuring import chosen
from evalkit.evaluation.outlook.gates import check_slices
from evalkit.evaluation.outlook.hosts import outlook_of
from evalkit.evaluation.outlook.needs import check_needs
from evalkit.evaluation.outlook.outlook import Outlook
from evalkit.evaluation.prompt_skew import skew_notes
from evalkit.evaluation.questions import Question, questions, training_examples
from evalkit.evaluation.rows import repeats_of
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.scores import metric_names
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task, task_of
from evalkit.evaluation.thresholds import parted, thresholds_of, validation_questions
from evalkit.evaluation.training_cost import training_of
from evalkit.models._store import Store, open_store
from evalkit.models.ask import Terms
from evalkit.models.open import OpenModel

__all__ = ["look_ahead", "run_suite"]


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
    asked_rows, task, train, validation, notes = _what(suite)
    everything = [*asked_rows, *validation]
    general = _general(suite)

    how: Mapping[str, Any] = {
        "progress": progress,
        "terms": terms,
        "batch": batch,
        "failed_directly": failed_directly,
        "tell": tell,
    }

    async def work() -> tuple[Mapping[str, Asked], Judged | None, Graded]:
        async with (
            judge_opened(suite, asked_rows) as judge,
            graders_opened(suite, metric_names(suite, task)) as graders,
        ):

            async def ahead(ready: Sequence[Ready], answers: Store) -> None:
                asks = await _judges_ahead(suite, task, judge, graders, asked_rows, ready, answers)
                check_needs(suite, task, ready, terms=terms, batch=batch, judges=asks)
                if outlook is not None:
                    found = outlook_of(
                        suite, task, everything, ready, answers, batch=batch, judges=asks
                    )
                    outlook(_beside(found, suite, train, general, ready, answers, batch=batch))
                for one in asks:
                    announce(one.name, one.model)

            answered = await ask_models(
                suite,
                task,
                everything,
                train,
                store=store,
                announce=announce,
                ahead=ahead,
                **how,
            )
            rows, _ = parted(answered, len(asked_rows))
            said = None
            if judge is not None:
                said = await judge_all(suite, judge, asked_rows, rows, store, **how)
            replies = {name: repeats_of(one) for name, one in rows.items()}
            return (
                answered,
                said,
                await graders_asked(graders, task, asked_rows, replies, store, **how),
            )

    answered, judged, graded = finished(work)
    rows, beside = parted(answered, len(asked_rows))
    thresholds = thresholds_of(suite, task, asked_rows, validation, beside)
    run = assess(
        suite,
        task,
        asked_rows,
        train,
        rows,
        started=started,
        ask=graded.ask,
        judged=judged,
        thresholds=thresholds.of,
        notes=[*notes, *thresholds.notes],
    )
    run = replace(run, linted=linted(suite), training=training_of(suite, run))
    timings = [
        {"id": q.id, "model": name, "seconds": seconds}
        for name, asked in rows.items()
        for q, seconds in zip(asked_rows, asked.seconds, strict=True)
    ]
    if judged is not None and judged.asked is not None:
        answered = {**answered, JUDGE: judged.asked}
    answered = {**answered, **graded.asked}
    done = Finished(run, timings, _incomplete(answered), answered)
    again = partial(run_suite, store=store, started=started, announce=announce, **how)
    return with_forgetting(suite, done, again)


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
    asked_rows, task, train, validation, _ = _what(suite)
    everything = [*asked_rows, *validation]
    general = _general(suite)
    is_there = store.is_file()

    async def look() -> Outlook:
        async with AsyncExitStack() as stack:
            ready = await stack.enter_async_context(opened(suite, task, everything, train))
            answers = stack.enter_context(open_store(store)) if is_there else None
            judge = await stack.enter_async_context(judge_opened(suite, asked_rows))
            graders = await stack.enter_async_context(
                graders_opened(suite, metric_names(suite, task))
            )
            asks = await _judges_ahead(suite, task, judge, graders, asked_rows, ready, answers)
            check_needs(suite, task, ready, terms=terms, batch=batch, judges=asks)
            found = outlook_of(suite, task, everything, ready, answers, batch=batch, judges=asks)
            return _beside(found, suite, train, general, ready, answers, batch=batch)

    return finished(look)


async def _judges_ahead(
    suite: Suite,
    task: Task,
    judge: Judge | None,
    graders: Graders,
    asked_rows: Sequence[Question],
    ready: Sequence[Ready],
    answers: Store | None,
) -> list[Ready]:
    """The judge and the models of scorers, with what they will be asked at most."""
    if judge is None and not graders.models:
        return []
    held_out = [replace(one, requests=one.requests[: len(asked_rows)]) for one in ready]
    known = await known_replies(suite, asked_rows, held_out, answers)
    longest = max((r.max_tokens for one in held_out for r in one.requests), default=0)
    found = graders_ahead(graders, task, asked_rows, known, longest=longest)
    if judge is not None:
        asks = judge_ahead(suite, judge, asked_rows, known, answers, longest=longest)
        found.insert(0, asks)
    return [one for one in found if one.requests]  # none: all answers are identical


def _general(suite: Suite) -> tuple[Suite, _What] | None:
    """The suite of what must not be forgotten; its typos are told before anything is asked."""
    found = forgetting_suite(suite)
    return None if found is None else (found, _what(found))


def _beside(
    found: Outlook,
    suite: Suite,
    train: Sequence[Example],
    general: tuple[Suite, _What] | None,
    ready: Sequence[Ready],
    answers: Store | None,
    *,
    batch: bool,
) -> Outlook:
    """What is ahead, with what the prompts lack and with the general set."""
    notes = skew_notes(suite, train, {one.name: one.requests for one in ready})
    more = None
    if general is not None:
        other, what = general
        again = asked_again(other, what.task, what.rows, ready)
        more = outlook_of(other, what.task, what.rows, again, answers, batch=batch)
    return replace(found, notes=(*found.notes, *notes), forgetting=more)


class _What(NamedTuple):
    """What is asked, and what for."""

    rows: Sequence[Question]
    task: Task
    train: Sequence[Example]
    validation: Sequence[Question]
    notes: Sequence[tuple[str, str]]


def _what(suite: Suite) -> _What:
    """Questions, task and training examples; what gates and metrics name is checked."""
    asked_rows = questions(
        suite.folder / suite.data,
        table=suite.table,
        slices=suite.slices,
        limit=suite.limit,
        turns=suite.turns,
        answered=suite.expected is None and not _judged_alone(suite),
    )
    expected = expected_answers(suite, asked_rows)
    held = asked_rows if any(q.expected for q in asked_rows) else expected.questions
    task = task_of(suite, [q.expected for q in held])
    train = training_examples(suite.folder / suite.train, table=suite.table) if suite.train else []
    check_held_out(suite, expected.questions, train)
    bound = bound_scorers(suite)
    known = {
        name: judge_chosen(name, suite)
        or chosen(name, labels=task.labels, labelled_by="label", seed=suite.seed, bound=bound)
        for name in metric_names(suite, task)
        if name != "cost"
    }
    check_slices(suite, asked_rows)
    check_baseline(suite)
    check_bounds(suite, lambda name: known[name or task.primary].metric)
    return _What(
        rows=expected.questions,
        task=task,
        train=train,
        validation=validation_questions(suite, task),
        notes=expected.notes,
    )


def _judged_alone(suite: Suite) -> bool:
    """Whether a judge says what is good, so that rows need no expected answer."""
    return suite.judge is not None and suite.task in (None, "judged")


def _incomplete(answered: Mapping[str, Asked]) -> list[str]:
    """One line for each model that failed: how often, and what most of the failures say."""
    found = []
    for name, asked in answered.items():
        replies = [reply for repeat in asked.repeats for reply in repeat]
        errors = Counter(reply.error or "" for reply in replies if reply.finish == "error")
        if errors:
            failed = errors.total()
            line = f"{name}: {failed} of {len(replies)} answers are missing"
            reason, times = errors.most_common(1)[0]
            told = f": {excerpt(reason, 200)}" if reason else ""
            found.append(line + (f" ({times} times{told})" if told and times > 1 else told))
    return found
