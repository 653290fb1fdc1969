# SPDX-License-Identifier: Apache-2.0
"""Answers to different questions: each model is measured on its own, and no two are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.assess import assess
from evalkit.evaluation.comparing.alignment import Alignment
from evalkit.evaluation.gates.decide import decide
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import Run
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task

__all__ = ["measured_apart"]


def measured_apart(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    asked: Mapping[str, Asked],
    found: Alignment,
    *,
    started: str,
) -> Run:
    """One Run of all models, each over the rows that it answered.

    Args:
        suite: With all models, and no pairs.
        task: Of all of them.
        questions: Of all of them, in order.
        asked: Answers to all questions; those of others are errors and not looked at.
        found: Whose question is whose.
        started: ISO time.

    Raises:
        UsageError: A gate holds one model against another.
    """
    for gate in suite.gates:
        if gate.other is not None:
            raise UsageError(
                f"`{excerpt(gate.sentence, 80)}` needs rows that both models answered",
                "nothing is paired by --by none: leave out the gate, or give rows an id",
            )
    runs = [
        _alone(suite, task, questions, name, asked[name], found, started=started)
        for name in suite.models
    ]
    gates = {gate.gate: gate for run in runs for gate in run.gates}
    whole = [gates[gate.sentence] for gate in suite.gates]
    first = runs[0]
    return replace(
        first,
        suite=suite.name,
        decision=decide(whole, None),
        base=None,
        models=[model for run in runs for model in run.models],
        rows=[row for run in runs for row in run.rows],
        measures=[measure for run in runs for measure in run.measures],
        gates=whole,
        confusions=[confusion for run in runs for confusion in run.confusions],
        visible=nan,
        unscored={name: count for run in runs for name, count in run.unscored.items()},
        notes=list(dict.fromkeys(note for run in runs for note in run.notes)),
        provenance={label: value for run in runs for label, value in run.provenance.items()}
        | {"rows": str(sum(len(run.rows) for run in runs))},
    )


def _alone(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    name: str,
    asked: Asked,
    found: Alignment,
    *,
    started: str,
) -> Run:
    places = [i for i, question in enumerate(questions) if question.id in found.rows[name]]
    return assess(
        replace(
            suite,
            models={name: suite.models[name]},
            compare=(),
            gates=tuple(gate for gate in suite.gates if gate.model == name),
        ),
        task,
        [questions[i] for i in places],
        [],
        {
            name: replace(
                asked,
                replies=[asked.replies[i] for i in places],
                seconds=[None] * len(places),
                repeats=[[repeat[i] for i in places] for repeat in asked.repeats],
            )
        },
        started=started,
    )
