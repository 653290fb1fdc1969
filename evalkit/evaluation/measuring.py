# SPDX-License-Identifier: Apache-2.0
"""Samples become measures of each model and paired differences between models, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference, Measure
from evalkit.core.registry import suggestion
from evalkit.core.score import Sample
from evalkit.evaluation.gates.gate import BASELINE
from evalkit.evaluation.metric_names import is_scorer, metric_named
from evalkit.evaluation.old_names import metric_name
from evalkit.evaluation.scorer_options import BoundScorer, bound_scorer
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.slices import ALL, slices_of
from evalkit.evaluation.verdict import difference
from evalkit.metrics._parse import parse
from evalkit.metrics._sampled import Repeats, compared, in_clusters, measured
from evalkit.statistics.paired import Paired

__all__ = [
    "ALL",
    "Chosen",
    "against",
    "chosen",
    "differences",
    "measures",
    "pair",
    "signature_of",
    "slices_of",
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A metric as a suite names it, ready to be applied.

    Attributes:
        name: Such as "recall[refund]".
        metric: The metric object.
        options: Such as {"label": "refund"}.
        scorer: Whose samples it reads.
        scored_by: What the suite says of that scorer, for the signature; "" where nothing.
    """

    name: str
    metric: Any
    options: Mapping[str, Any]
    scorer: str
    scored_by: str = ""


def chosen(
    name: str,
    *,
    labels: Sequence[str],
    labelled_by: str,
    seed: int,
    bound: Mapping[str, BoundScorer] | None = None,
) -> Chosen:
    """Find a metric by the name that suites use.

    Args:
        name: Such as "accuracy", "recall[refund]".
        labels: Of the suite; empty for qa.
        labelled_by: The scorer that reads labels for every model alike; for qa any scorer.
        seed: Of resampling metrics.
        bound: The suite's own scorers, by name: each is a metric too, the mean of its scores.

    Raises:
        UsageError: No such metric, or a label that the suite does not have.
    """
    name = metric_name(name)
    stem, options = parse(name)
    metric = metric_named(stem, bound)
    if is_scorer(stem, bound):
        return _of_scorer(name, metric, options, bound)
    label = options.get("label")
    if label is not None and label not in labels:
        raise UsageError(
            f"the metric `{name}` names a label that the suite has not"
            f"{suggestion(str(label), list(labels))}",
            f"labels: {', '.join(labels)}",
        )
    # Facts about a reply ("errors") read no scorer's samples: any will do.
    reads_labels = metric.scorer in ("label-logprob", "")
    scorer = labelled_by if reads_labels else metric.scorer
    wanted = {"labels": tuple(labels), "seed": seed}
    extra = {k: v for k, v in wanted.items() if k in metric.accepts}
    told = (bound or {}).get(scorer) if metric.scorer else None
    return Chosen(name, metric, {**options, **extra}, scorer, told.signature if told else "")


def _of_scorer(
    name: str, metric: Any, options: Mapping[str, Any], bound: Mapping[str, BoundScorer] | None
) -> Chosen:
    """The mean of a scorer that has no metric of its own name."""
    if options:
        raise UsageError(
            f"the metric `{name}` is the mean of a scorer, which takes no label",
            f"write it as {name.partition('[')[0]}",
        )
    scorer = bound_scorer(metric.scorer, bound)
    return Chosen(name, metric, {}, metric.scorer, scorer.signature)


def measures(
    model: str,
    samples: Samples,
    metrics: Sequence[Chosen],
    slices: Mapping[str, Sequence[int]],
    *,
    confidence: float,
) -> Iterator[Measure]:
    """Every metric of one model on every slice."""
    for one in metrics:
        rows = samples[one.scorer]
        for where, indices in slices.items():
            part = _part(rows, indices)
            yield Measure(
                model=model,
                metric=one.name,
                slice=where,
                interval=measured(one.metric, part, confidence=confidence, **one.options),
                unit=one.metric.unit,
                better=one.metric.better,
                signature=signature_of(one, rows, confidence),
            )


def differences(
    candidate: str,
    base: str,
    samples: Mapping[str, Samples],
    metrics: Sequence[Chosen],
    slices: Mapping[str, Sequence[int]],
    *,
    confidence: float,
    seed: int,
) -> Iterator[Difference]:
    """Candidate minus base for every metric that compares pairs, on every slice."""
    for one in (against(one, base) for one in metrics):
        for where, indices in slices.items():
            paired = pair(
                one,
                _part(samples[base][one.scorer], indices),
                _part(samples[candidate][one.scorer], indices),
                confidence=confidence,
                seed=seed,
            )
            yield difference(
                paired,
                metric=one.name,
                base=base,
                candidate=candidate,
                where=where,
                better=one.metric.better,
                unit=one.metric.unit,
            )


def against(one: Chosen, base: str) -> Chosen:
    """The metric as two models are compared by it: a win rate is over the other of the two."""
    if one.metric.pair != "preference" or one.name != one.metric.name or base == BASELINE:
        return one
    return replace(one, options={**one.options, "label": base}, scorer=f"judge:{base}")


def pair(
    one: Chosen,
    base: Repeats,
    candidate: Repeats,
    *,
    confidence: float,
    seed: int,
) -> Paired:
    """The paired comparison that suits the metric, over rows aligned by id; shape (K, n) each."""
    return compared(
        one.metric, base, candidate, confidence=confidence, seed=seed, **_without(one, "seed")
    )


def _part(rows: Repeats, indices: Sequence[int]) -> list[list[Sample]]:
    return [[row[i] for i in indices] for row in rows]


def signature_of(one: Chosen, rows: Repeats, confidence: float) -> str:
    """The metric's own, with what changes its value or its interval here."""
    plain: str = one.metric.signature(scorer=one.scorer, confidence=confidence, **one.options)
    repeats = f"|repeats:{len(rows)}" if len(rows) > 1 else ""
    told = f"|with:{one.scored_by}" if one.scored_by else ""
    return f"{plain}{told}{repeats}{'|clusters:conversation' if in_clusters(rows[0]) else ''}"


def _without(one: Chosen, name: str) -> dict[str, Any]:
    return {key: value for key, value in one.options.items() if key != name}
