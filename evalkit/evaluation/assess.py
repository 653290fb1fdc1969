# SPDX-License-Identifier: Apache-2.0
"""Answers become a Run: scores, measures, differences, gates. Pure: same answers, same Run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.example import Example
from evalkit.core.exchange import Reply
from evalkit.core.measure import Difference, Measure
from evalkit.core.score import Sample
from evalkit.data.similarity import prompt_key
from evalkit.evaluation.answer_facts import facts_of, without_unknown
from evalkit.evaluation.asking import Asked
from evalkit.evaluation.baseline.gate import against_baseline
from evalkit.evaluation.currency import in_currency, priced_alike
from evalkit.evaluation.curves import curves_of
from evalkit.evaluation.gates.checks import check_bounds
from evalkit.evaluation.gates.decide import decide, judge
from evalkit.evaluation.judging.scores import (
    believed,
    is_judged,
    judge_card,
    judge_chosen,
    judge_health,
    judge_samples,
    with_verdicts,
)
from evalkit.evaluation.judging.verdicts import Judged
from evalkit.evaluation.look import Scored, cost_measure
from evalkit.evaluation.measuring import ALL, Chosen, chosen, differences, measures, slices_of
from evalkit.evaluation.prompt_skew import skew_notes
from evalkit.evaluation.provenance import provenance
from evalkit.evaluation.questions import Question, fingerprint
from evalkit.evaluation.result import Run
from evalkit.evaluation.row_costs import row_costs
from evalkit.evaluation.rows import asked_models, confusions, repeats_of, rows_of
from evalkit.evaluation.sampled import sampling_facts, sampling_notes
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.scoring import Ask, coverage_notes, label_scorer, samples_of, scoring_notes
from evalkit.evaluation.side_files import marked, side_facts
from evalkit.evaluation.slices import candidates_adjusted, candidates_note, slice_table
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.evaluation.thresholds import really_scored, with_thresholds
from evalkit.evaluation.verdict import visible_difference
from evalkit.scorers._labels import OTHER

__all__ = ["assess", "metric_names"]


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
    # Facts about a reply need some scorer's samples; "exact" always has them.
    replies = {name: repeats_of(asked) for name, asked in answered.items()}
    bound = bound_scorers(suite)
    cards, beside = asked_models(suite, answered), side_facts(suite)
    by = label_scorer({n: _flat(r) for n, r in replies.items()}, bound) if task.labels else "exact"

    def choose(name: str) -> Chosen:
        facts = None if judged is None else judged.facts
        found = judge_chosen(name, suite, facts) or chosen(
            name, labels=task.labels, labelled_by=by, seed=suite.seed, bound=bound
        )
        return in_currency(marked(found, beside), cards)

    metrics = [choose(name) for name in metric_names(suite, task)]
    named = (*suite.metrics, suite.primary or "", *(gate.metric or "" for gate in suite.gates))
    # A metric of probabilities that nobody asked for says nothing where some model gives none.
    with_probabilities = by == "label-logprob"
    metrics = [
        m
        for m in metrics
        if m.metric.reads != "probabilities" or with_probabilities or m.name in named
    ]
    scorers = tuple(dict.fromkeys(m.scorer for m in metrics))
    samples = {
        name: samples_of(
            questions,
            repeats,
            scorers=[s for s in really_scored(scorers) if not is_judged(s)],
            labels=task.labels,
            bound=bound,
            ask=ask,
            facts=priced_alike(facts_of(suite.models[name], answered[name]), name, cards),
        )
        for name, repeats in replies.items()
    }
    if suite.judge is not None:
        verdicts = judge_samples(suite, judged or Judged(), questions, replies)
        samples = {name: {**of, **verdicts[name]} for name, of in samples.items()}
    samples = with_thresholds(samples, scorers, suite, thresholds or {})
    metrics = without_unknown(metrics, samples, named)
    check_bounds(suite, lambda name: choose(name).metric if name else metrics[0].metric)
    rows = len({question.example.location for question in questions})

    def facts() -> Mapping[str, str]:
        data = fingerprint(suite.folder / suite.data)
        found = provenance(suite, answered, data=data, rows=rows)
        return {**found, **(judged.facts if judged is not None else {})}

    scored = Scored(
        samples=samples,
        slices=slices_of(samples[next(iter(suite.models))][metrics[0].scorer][0], suite.slices),
        primary=metrics[0],
        choose=choose,
        models={card.name: card for card in cards},
        confidence=suite.confidence,
        seed=suite.seed,
        costs=row_costs(suite, answered),
        against=against_baseline(suite, cards, [q.id for q in questions], facts),
        judge=judge_health(suite, judged),
    )
    measured = [m for name in suite.models for m in _measures(scored, name, metrics)]
    compared = [
        found
        for candidate, base in suite.compare
        for found in _differences(scored, candidate, base, metrics)
    ]
    compared = believed(candidates_adjusted(slice_table(compared), metrics[0].name), scored.judge)
    scored = replace(
        scored,
        adjusted={(d.candidate, d.base): d.p_holm for d in compared if not isnan(d.p_holm)},
    )
    gates = [judge(gate, scored) for gate in suite.gates]
    candidate, base = suite.compare[0] if suite.compare else (next(iter(suite.models)), None)
    visible = nan
    if base is not None:
        paired = scored.paired(candidate, base, None, None)
        visible = visible_difference(paired, unit=metrics[0].metric.unit)
    return Run(
        suite=suite.name,
        task=task.kind,
        primary=metrics[0].name,
        labels=task.labels,
        decision=decide(gates, compared[0] if compared else None),
        base=base,
        candidate=candidate,
        models=cards,
        rows=with_verdicts(rows_of(suite, questions, answered, samples, metrics[0]), judged),
        measures=measured,
        differences=compared,
        gates=gates,
        confusions=confusions(task, samples, metrics[0], metrics),
        visible=visible,
        leaked=_leaked(questions, train) if suite.train else None,
        unscored={
            m.model: m.interval.left_out
            for m in measured
            if m.metric == metrics[0].name and m.slice == ALL
        },
        notes=[
            *notes,
            *_notes(suite, task, by, answered, rows),
            *(_outside(samples) if by == "label" else ()),
            *scoring_notes(samples),
            *coverage_notes(samples),
            *(judged.notes if judged is not None else ()),
            *sampling_notes(suite, questions, samples, metrics),
            *candidates_note(compared),
            *skew_notes(suite, train, {n: asked.requests for n, asked in answered.items()}),
        ],
        started=started,
        provenance={
            **facts(),
            **beside,
            **sampling_facts(suite, questions, samples, metrics[0]),
        },
        judge=scored.judge,
        positive=suite.positive,
        thresholds=dict(thresholds or {}),
        curves=curves_of(samples, metrics, task.labels, suite.positive),
        judged_by=judge_card(suite, judged),
    )


def metric_names(suite: Suite, task: Task) -> list[str]:
    """What is measured: the task's metrics and those that gates name, the primary first."""
    named = (gate.metric for gate in suite.gates if gate.metric not in (None, "cost"))
    return list(dict.fromkeys((*task.metrics, *(name for name in named if name))))


def _measures(scored: Scored, model: str, metrics: Sequence[Chosen]) -> Iterator[Measure]:
    """Every metric over all rows; the primary one on each slice; the cost where it is known."""
    samples, confidence = scored.samples[model], scored.confidence
    whole = {ALL: scored.slices[ALL]}
    parts = {name: rows for name, rows in scored.slices.items() if name != ALL}
    yield from measures(model, samples, metrics, whole, confidence=confidence)
    if scored.models[model].cost_per_1000 is not None:
        yield cost_measure(scored.models[model])
    yield from measures(model, samples, [scored.primary], parts, confidence=confidence)


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


def _leaked(questions: Sequence[Question], train: Sequence[Example]) -> int:
    seen = {prompt_key(example.messages) for example in train}
    return sum(prompt_key(question.example.messages) in seen for question in questions)


def _flat(repeats: Sequence[Sequence[Reply]]) -> list[Reply]:
    return [reply for repeat in repeats for reply in repeat]


def _outside(
    samples: Mapping[str, Mapping[str, Sequence[Sequence[Sample]]]],
) -> Iterator[tuple[str, str]]:
    """Who mostly answers something else than a label: nearly always a wrong prompt or model."""
    for name, by_scorer in samples.items():
        scores = [s.score for repeat in by_scorer.get("label", ()) for s in repeat]
        known = [score for score in scores if not isnan(score.value)]
        off = sum(score.answer in (None, OTHER) for score in known)
        if known and off * 2 > len(known):
            yield (
                (
                    f"{name}: {off} of {len(known)} answers are none of the labels. Does it get "
                    "the system message that it was trained with?"
                ),
                (
                    f"{name}：{len(known)} 个回答中有 {off} 个不是任何标签。"
                    "它收到的系统提示与训练时一致吗？"
                ),
            )


def _notes(
    suite: Suite, task: Task, by: str, answered: Mapping[str, Asked], asked: int
) -> list[tuple[str, str]]:
    notes = []
    if suite.partial and suite.limit == asked:
        notes.append(
            (f"PARTIAL: only the first {asked} rows were asked.", f"不完整：只问了前 {asked} 行。")
        )
    if task.labels and by == "label":
        without = [
            name
            for name, found in answered.items()
            if not any(r.positions or r.probabilities for r in _flat(repeats_of(found)))
        ]
        silent, give = ", ".join(without), "gives" if len(without) == 1 else "give"
        notes.append(
            (
                f"Labels are read from the text for every model: {silent} {give} no probabilities.",
                f"所有模型都按文本读取标签：{silent} 不提供概率。",
            )
        )
    for name, found in answered.items():
        notes += [(f"{name}: {en}.", f"{name}：{zh}。") for en, zh in found.notes]
    return notes
