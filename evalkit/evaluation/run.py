# SPDX-License-Identifier: Apache-2.0
"""A suite is run: its questions are asked, and the answers judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.errors import EvalkitError
from evalkit.evaluation.asking import Asked, Progress, ask_models
from evalkit.evaluation.assess import assess, metric_names
from evalkit.evaluation.measuring import chosen
from evalkit.evaluation.questions import questions, training_examples
from evalkit.evaluation.result import Run
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import task_of
from evalkit.models.open import OpenModel

__all__ = ["Finished", "run_suite"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run and what is known of its time.

    Attributes:
        run: The result.
        timings: One mapping per answer: id, model, seconds.
        incomplete: One line per model whose answers are not all there.
    """

    run: Run
    timings: Sequence[Mapping[str, object]] = ()
    incomplete: Sequence[str] = field(default_factory=tuple)


def run_suite(
    suite: Suite,
    *,
    store: Path,
    started: str,
    announce: Callable[[str, OpenModel], None] = lambda _name, _model: None,
    progress: Progress = lambda *_: None,
) -> Finished:
    """Ask every model, score, compare, judge.

    Works inside a running event loop too (a notebook's): the asking then has a thread of its own.

    Args:
        suite: What to run.
        store: The answers' database; what stands there is not asked again.
        started: ISO time, for the record (the engine has no clock).
        announce: Told of each model before the first request.
        progress: Told of each answer.

    Raises:
        EvalkitError: As its kinds say; nothing that was answered is lost.
    """
    asked_rows = questions(
        suite.folder / suite.data, table=suite.table, slices=suite.slices, limit=suite.limit
    )
    task = task_of(suite, [q.expected for q in asked_rows])
    train = training_examples(suite.folder / suite.train, table=suite.table) if suite.train else []
    # What the metrics and gates name is checked before anything is asked.
    for name in metric_names(suite, task):
        if name != "cost":
            chosen(name, labels=task.labels, labelled_by="label", seed=suite.seed)
    answered = _synchronous(
        lambda: ask_models(
            suite, task, asked_rows, train, store=store, announce=announce, progress=progress
        )
    )
    run = assess(suite, task, asked_rows, train, answered, started=started)
    timings = [
        {"id": q.id, "model": name, "seconds": seconds}
        for name, asked in answered.items()
        for q, seconds in zip(asked_rows, asked.seconds, strict=True)
    ]
    incomplete = [
        f"{card.name}: {card.errors} of {card.requests} answers are missing"
        for card in run.models
        if card.errors
    ]
    return Finished(run, timings, incomplete)


def _synchronous(start: Callable[[], object]) -> Mapping[str, Asked]:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    def go() -> Mapping[str, Asked]:
        try:
            return asyncio.run(start())  # type: ignore[arg-type]
        except BaseExceptionGroup as group:
            ours = [e for e in group.exceptions if isinstance(e, EvalkitError)]
            raise (ours[0] if ours else group.exceptions[0]) from group

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return go()
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(go).result()
