# SPDX-License-Identifier: Apache-2.0
"""Answers become a Run: scores, measures, differences, gates. Pure: same answers, same Run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.example import Example
from evalkit.core.measure import Difference, Measure
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.baseline.gate import against_baseline
from evalkit.evaluation.curves import curves_of
from evalkit.evaluation.gates.checks import check_bounds
from evalkit.evaluation.gates.decide import decide, judge
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.scores import believed, judge_card, judge_health, with_verdicts
from evalkit.evaluation.leak import leaked
from evalkit.evaluation.look import Scored, cost_measure
from evalkit.evaluation.measuring import ALL, Chosen, differences, measures, slices_of
from evalkit.evaluation.prompt_skew import skew_notes
from evalkit.evaluation.provenance import provenance
from evalkit.evaluation.questions import Question, fingerprint
from evalkit.evaluation.result import Run
from evalkit.evaluation.row_costs import row_costs
from evalkit.evaluation.rows import asked_models, confusions, rows_of
from evalkit.evaluation.run_notes import (
    outside_notes,
    partial_notes,
    told_by_models,
    without_probabilities,
)
from evalkit.evaluation.sampled import sampling_facts, sampling_notes
from evalkit.evaluation.scores import Scores, scores_of
from evalkit.evaluation.scoring import Ask, coverage_notes, scoring_notes
from evalkit.evaluation.side_files import side_facts
from evalkit.evaluation.slices import candidates_adjusted, candidates_note, slice_table
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.evaluation.verdict import visible_difference

__all__ = ["assess"]


def assess(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    train: Sequence[Example],
    answered: Mapping[str, Asked],
    *,
    started: str,
    ask: Ask | None = None,
    judged: Judged | None = None,
    thresholds: Mapping[str, float] | None = None,
    notes: Sequence[tuple[str, str]] = (),
) -> Run:
    """Score, measure, compare and judge.

    Args:
        suite: What was run.
        task: What is measured.
        questions: What was asked.
        train: For the leak check; empty where the suite names none.
        answered: Model name to answers, aligned with the questions.
        started: ISO time, for the record.
        ask: What the models of graders answered, for scorers that ask.
        judged: What the suite's judge said; None = it was not asked.
        thresholds: Model to its frozen threshold on the positive label's probability.
        notes: What else a reader must know, in English and Chinese.

    Raises:
        UsageError: A gate names a slice that the data has not.
    """
    cards, beside = asked_models(suite, answered), side_facts(suite)
    scores = scores_of(
        suite,
        task,
        questions,
        answered,
        cards=cards,
        beside=beside,
        ask=ask,
        judged=judged,
        thresholds=thresholds or {},
    )
    samples, metrics, primary = scores.samples, scores.metrics, scores.primary
    check_bounds(suite, lambda name: scores.choose(name).metric if name else primary.metric)

    def facts() -> Mapping[str, str]:
        return _facts(suite, questions, answered, judged)

    scored = Scored(
        samples=samples,
        slices=slices_of(samples[next(iter(suite.models))][primary.scorer][0], suite.slices),
        primary=primary,
        choose=scores.choose,
        models={card.name: card for card in cards},
        confidence=suite.confidence,
        seed=suite.seed,
        costs=row_costs(suite, answered),
        against=against_baseline(suite, cards, [q.id for q in questions], facts),
        judge=judge_health(suite, judged),
    )
    measured = [m for name in suite.models for m in _measures(scored, name, metrics)]
    compared = _compared(suite, scored, metrics)
    scored = replace(
        scored,
        adjusted={(d.candidate, d.base): d.p_holm for d in compared if not isnan(d.p_holm)},
    )
    gates = [judge(gate, scored) for gate in suite.gates]
    candidate, base = suite.compare[0] if suite.compare else (next(iter(suite.models)), None)
    return Run(
        suite=suite.name,
        task=task.kind,
        primary=primary.name,
        labels=task.labels,
        decision=decide(gates, compared[0] if compared else None),
        base=base,
        candidate=candidate,
        models=cards,
        rows=with_verdicts(rows_of(suite, questions, answered, samples, primary), judged),
        measures=measured,
        differences=compared,
        gates=gates,
        confusions=confusions(task, samples, primary, metrics),
        visible=nan if base is None else _visible(scored, candidate, base),
        leaked=leaked(questions, train) if suite.train else None,
        unscored={
            m.model: m.interval.left_out
            for m in measured
            if m.metric == primary.name and m.slice == ALL
        },
        notes=[
            *notes,
            *partial_notes(suite, _rows(questions)),
            *_notes_of_answers(task, scores, answered),
            *(judged.notes if judged is not None else ()),
            *sampling_notes(suite, questions, samples, metrics),
            *candidates_note(compared),
            *skew_notes(suite, train, {n: asked.requests for n, asked in answered.items()}),
        ],
        started=started,
        provenance={**facts(), **beside, **sampling_facts(suite, questions, samples, primary)},
        judge=scored.judge,
        positive=suite.positive,
        thresholds=dict(thresholds or {}),
        curves=curves_of(samples, metrics, task.labels, suite.positive),
        judged_by=judge_card(suite, judged),
    )


def _measures(scored: Scored, model: str, metrics: Sequence[Chosen]) -> Iterator[Measure]:
    """Every metric over all rows; the primary one on each slice; the cost where it is known."""
    samples, confidence = scored.samples[model], scored.confidence
    whole = {ALL: scored.slices[ALL]}
    parts = {name: rows for name, rows in scored.slices.items() if name != ALL}
    yield from measures(model, samples, metrics, whole, confidence=confidence)
    if scored.models[model].cost_per_1000 is not None:
        yield cost_measure(scored.models[model])
    yield from measures(model, samples, [scored.primary], parts, confidence=confidence)


def _compared(suite: Suite, scored: Scored, metrics: Sequence[Chosen]) -> list[Difference]:
    """Every pair of the suite, as far as many slices, many candidates and the judge allow."""
    found = [
        one
        for candidate, base in suite.compare
        for one in _differences(scored, candidate, base, metrics)
    ]
    return believed(candidates_adjusted(slice_table(found), scored.primary.name), scored.judge)


def _differences(
    scored: Scored, candidate: str, base: str, metrics: Sequence[Chosen]
) -> Iterator[Difference]:
    """The primary metric over all rows and on each slice, then the others over all rows."""
    for one in metrics:
        slices = scored.slices if one is scored.primary else {ALL: scored.slices[ALL]}
        yield from differences(
            candidate,
            base,
            scored.samples,
            [one],
            slices,
            confidence=scored.confidence,
            seed=scored.seed,
        )


def _visible(scored: Scored, candidate: str, base: str) -> float:
    """The least difference of the primary metric that these rows show."""
    paired = scored.paired(candidate, base, None, None)
    return visible_difference(paired, unit=scored.primary.metric.unit)


def _facts(
    suite: Suite,
    questions: Sequence[Question],
    answered: Mapping[str, Asked],
    judged: Judged | None,
) -> Mapping[str, str]:
    """Versions, hashes, seeds, and who judged by what."""
    data = fingerprint(suite.folder / suite.data)
    found = provenance(suite, answered, data=data, rows=_rows(questions))
    return {**found, **(judged.facts if judged is not None else {})}


def _rows(questions: Sequence[Question]) -> int:
    """Rows of the data: a conversation of which several turns are asked is one."""
    return len({question.example.location for question in questions})


def _notes_of_answers(
    task: Task, scores: Scores, answered: Mapping[str, Asked]
) -> Iterator[tuple[str, str]]:
    """How labels were read, what models say of their answers, and what was seen in scoring them."""
    from_text = scores.labelled_by == "label"
    if task.labels and from_text:
        yield without_probabilities(answered)
    yield from told_by_models(answered)
    if from_text:
        yield from outside_notes(scores.samples)
    yield from scoring_notes(scores.samples)
    yield from coverage_notes(scores.samples)
