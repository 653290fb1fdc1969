# SPDX-License-Identifier: Apache-2.0
"""Every answer scored for everything that a suite measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evalkit.core.exchange import Reply
from evalkit.evaluation.answer_facts import facts_of, without_unknown
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.currency import in_currency, priced_alike
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.scores import is_judged, judge_chosen, judge_samples
from evalkit.evaluation.measuring import Chosen, chosen
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import AskedModel
from evalkit.evaluation.rows import repeats_of
from evalkit.evaluation.scorer_options import bound_scorers
from evalkit.evaluation.scoring import Ask, Samples, label_scorer, samples_of
from evalkit.evaluation.side_files import marked
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.evaluation.thresholds import really_scored, with_thresholds

__all__ = ["Scores", "metric_names", "scores_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the answers are worth.

    Attributes:
        samples: Model name to its samples by scorer.
        metrics: What is measured, the primary first.
        choose: Finds a metric by its name in suites.
        labelled_by: The scorer that reads labels, for every model alike.
    """

    samples: Mapping[str, Samples]
    metrics: Sequence[Chosen]
    choose: Callable[[str], Chosen]
    labelled_by: str

    @property
    def primary(self) -> Chosen:
        """The metric of the verdict."""
        return self.metrics[0]


def metric_names(suite: Suite, task: Task) -> list[str]:
    """What is measured: the task's metrics and those that gates name, the primary first."""
    named = (gate.metric for gate in suite.gates if gate.metric not in (None, "cost"))
    return list(dict.fromkeys((*task.metrics, *(name for name in named if name))))


def scores_of(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    answered: Mapping[str, Asked],
    *,
    cards: Sequence[AskedModel],
    beside: Mapping[str, str],
    ask: Ask | None,
    judged: Judged | None,
    thresholds: Mapping[str, float],
) -> Scores:
    """Choose what is measured and score every answer for it.

    Args:
        suite: What was run.
        task: What is measured.
        questions: What was asked.
        answered: Model name to answers, aligned with the questions.
        cards: The models: money is in the currency of their prices.
        beside: From `side_facts`.
        ask: What the models of graders answered, for scorers that ask.
        judged: What the suite's judge said; None = it was not asked.
        thresholds: Model to its frozen threshold on the positive label's probability.
    """
    replies = {name: repeats_of(asked) for name, asked in answered.items()}
    bound = bound_scorers(suite)
    # Facts about a reply need some scorer's samples; "exact" always has them.
    by = label_scorer({n: _flat(r) for n, r in replies.items()}, bound) if task.labels else "exact"

    def choose(name: str) -> Chosen:
        facts = None if judged is None else judged.facts
        found = judge_chosen(name, suite, facts) or chosen(
            name, labels=task.labels, labelled_by=by, seed=suite.seed, bound=bound
        )
        return in_currency(marked(found, beside), cards)

    named = (*suite.metrics, suite.primary or "", *(gate.metric or "" for gate in suite.gates))
    metrics = [
        one
        for one in map(choose, metric_names(suite, task))
        # One of probabilities that nobody asked for says nothing where some model gives none.
        if one.metric.reads != "probabilities" or by == "label-logprob" or one.name in named
    ]
    scorers = tuple(dict.fromkeys(one.scorer for one in metrics))
    samples: dict[str, Samples] = {
        name: samples_of(
            questions,
            repeats,
            scorers=[scorer for scorer in really_scored(scorers) if not is_judged(scorer)],
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
    samples = with_thresholds(samples, scorers, suite, thresholds)
    return Scores(
        samples=samples,
        metrics=without_unknown(metrics, samples, named),
        choose=choose,
        labelled_by=by,
    )


def _flat(repeats: Sequence[Sequence[Reply]]) -> list[Reply]:
    return [reply for repeat in repeats for reply in repeat]
