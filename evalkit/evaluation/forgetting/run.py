# SPDX-License-Identifier: Apache-2.0
"""Has the tuned model forgotten what the base knows? A general set with a margin of its own.

The same models answer it, it is a run of its own (in the subfolder `forgetting`), and its gate
stands among the suite's: a model that got better at its task and lost more than the margin
elsewhere is not shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.evaluation.asked import Asked, Ready
from evalkit.evaluation.finished import Finished
from evalkit.evaluation.forgetting.forgotten import Forgotten
from evalkit.evaluation.forgetting.spec import FORGETTING
from evalkit.evaluation.gates.decide import decide
from evalkit.evaluation.gates.gate import Gate
from evalkit.evaluation.questions import Question
from evalkit.evaluation.requests import request_for
from evalkit.evaluation.result import Run
from evalkit.evaluation.rows import repeats_of
from evalkit.evaluation.slices import ALL
from evalkit.evaluation.stored import save_run
from evalkit.evaluation.suite import Suite, load_suite
from evalkit.evaluation.task import Task

__all__ = [
    "all_gates",
    "asked_again",
    "forgetting_suite",
    "save_finished",
    "with_forgetting",
]


def forgetting_suite(suite: Suite) -> Suite | None:
    """The suite that asks the same models about the general set; None where there is none.

    Raises:
        UsageError: The suite file that is named stands in another folder, or has such a set too.
        InputError: It cannot be read.
    """
    spec = suite.forgetting
    if spec is None:
        return None
    whole = Suite(name=suite.name, folder=suite.folder, data=spec.data or "", models=suite.models)
    if spec.suite is not None:
        file = suite.folder / spec.suite
        if file.resolve().parent != suite.folder.resolve():
            raise UsageError(
                f"`{FORGETTING}` names a suite in another folder: {spec.suite}",
                "put it beside this one, so that paths mean the same in both",
            )
        whole = load_suite(file)
        if whole.forgetting is not None:
            raise UsageError(
                f"the suite {spec.suite} names a `{FORGETTING}` set itself", "leave it out there"
            )
    limits = [n for n in (whole.limit, spec.limit, suite.limit if suite.partial else None) if n]
    return replace(
        whole,
        name=f"{suite.name}-{FORGETTING}",
        folder=suite.folder,
        models=suite.models,
        compare=suite.compare,
        gates=(spec.gate,),
        forgetting=None,
        train=suite.train,  # classical baselines are made of it
        temperature=suite.temperature,
        seed=suite.seed,
        repeats=suite.repeats,
        confidence=suite.confidence,
        limit=min(limits, default=None),
        partial=suite.partial,
        digest=suite.digest,
    )


def all_gates(suite: Suite) -> list[Gate]:
    """The gates that a run will have a result of, in their order: the general set's is the last.

    Its model is the set: the rows of this suite have nothing to say of it.
    """
    spec = suite.forgetting
    if spec is None:
        return list(suite.gates)
    return [*suite.gates, replace(spec.gate, sentence=spec.sentence, model=FORGETTING)]


def asked_again(
    suite: Suite, task: Task, questions: Sequence[Question], ready: Sequence[Ready]
) -> list[Ready]:
    """The same open models with the requests of another set: for what is ahead."""
    return [
        replace(
            one,
            requests=[
                one.model.prepared(request_for(question, suite, task, one.model))
                for question in questions
            ],
        )
        for one in ready
    ]


def with_forgetting(suite: Suite, done: Finished, again: Callable[[Suite], Finished]) -> Finished:
    """The finished run together with that of the general set, where the suite has one.

    Args:
        suite: What was run.
        done: Its run.
        again: Runs another suite in the same way.
    """
    general = forgetting_suite(suite)
    if general is None or suite.forgetting is None:
        return done
    other = again(general)
    primary = next(
        (d for d in done.run.differences if d.metric == done.run.primary and d.slice == ALL), None
    )
    gate = replace(other.run.gates[0], gate=suite.forgetting.sentence)
    gates = [*done.run.gates, gate]
    notes = [
        (f"{suite.forgetting.name}: {en}", f"{suite.forgetting.name}：{zh}")
        for en, zh in other.run.notes
        if en.startswith("PARTIAL")
    ]
    run = replace(
        done.run,
        gates=gates,
        decision=decide(gates, primary),
        forgetting=_kept(other.run, suite.forgetting.name),
        notes=[*done.run.notes, *notes],
    )
    return replace(
        done,
        run=run,
        incomplete=(*done.incomplete, *(f"{FORGETTING}: {line}" for line in other.incomplete)),
        asked=_together(done.asked, other.asked),
        forgetting=other,
    )


def save_finished(done: Finished, folder: Path) -> None:
    """Write the run, and that of its general set into the subfolder `forgetting`."""
    if done.forgetting is not None:  # first: a folder with a run.json is finished
        other = done.forgetting
        save_run(other.run, folder / FORGETTING, timings=other.timings)
    save_run(done.run, folder, timings=done.timings)


def _kept(run: Run, data: str) -> Forgotten:
    def is_it(found: object) -> bool:
        return (getattr(found, "metric", ""), getattr(found, "slice", "")) == (run.primary, ALL)

    return Forgotten(
        data=data,
        task=run.task,
        primary=run.primary,
        rows=len(run.rows),
        measures=[m for m in run.measures if is_it(m)],
        differences=[d for d in run.differences if is_it(d)],
        visible=run.visible,
    )


def _together(one: Mapping[str, Asked], two: Mapping[str, Asked]) -> Mapping[str, Asked]:
    """What each model was asked in both, for a recording of the whole."""
    found = dict(one)
    for name, asked in two.items():
        if name not in found:
            found[name] = asked
            continue
        first = found[name]
        found[name] = replace(
            first,
            replies=[*first.replies, *asked.replies],
            seconds=[*first.seconds, *asked.seconds],
            cached=first.cached + asked.cached,
            requests=[*first.requests, *asked.requests],
            repeats=[[*a, *b] for a, b in zip(repeats_of(first), repeats_of(asked), strict=True)],
        )
    return found
