# SPDX-License-Identifier: Apache-2.0
"""Samples become measures of each model and paired differences between models, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference, Measure
from evalkit.core.registry import find, names, suggestion
from evalkit.core.score import Sample
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.verdict import difference
from evalkit.metrics._parse import parse
from evalkit.metrics._sampled import Repeats, compared, in_clusters, measured
from evalkit.statistics.paired import Paired

__all__ = ["ALL", "Chosen", "chosen", "differences", "measures", "pair", "slices_of"]

ALL = "all"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A metric as a suite names it, ready to be applied.

    Attributes:
        name: Such as "recall[refund]".
        metric: The metric object.
        options: Such as {"label": "refund"}.
        scorer: Whose samples it reads.
    """

    name: str
    metric: Any
    options: Mapping[str, Any]
    scorer: str


def chosen(name: str, *, labels: Sequence[str], labelled_by: str, seed: int) -> Chosen:
    """Find a metric by the name that suites use.

    Args:
        name: Such as "accuracy", "recall[refund]".
        labels: Of the suite; empty for qa.
        labelled_by: The scorer that reads labels for every model alike; for qa any scorer.
        seed: Of resampling metrics.

    Raises:
        UsageError: No such metric, or a label that the suite does not have.
    """
    stem, options = parse(name)
    if stem.replace("_", "-") not in names("metrics"):
        known = [known.replace("-", "_") for known in names("metrics")]
        raise UsageError(
            f"no metric named `{name}`{suggestion(stem, known)}", f"known: {', '.join(known)}"
        )
    metric = find("metrics", stem)
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
    return Chosen(name, metric, {**options, **extra}, scorer)


def slices_of(samples: Sequence[Sample], fields: Sequence[str]) -> dict[str, list[int]]:
    """Slice name to row indices: "all" first, then "field=value" by field and value."""
    found: dict[str, list[int]] = {ALL: list(range(len(samples)))}
    for field in fields:
        for value in sorted({s.slices[field] for s in samples}):
            found[f"{field}={value}"] = [
                i for i, s in enumerate(samples) if s.slices[field] == value
            ]
    return found


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
                signature=_signature(one, rows, confidence),
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
    for one in metrics:
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


def _signature(one: Chosen, rows: Repeats, confidence: float) -> str:
    """The metric's own, with what changes its value or its interval here."""
    plain: str = one.metric.signature(scorer=one.scorer, confidence=confidence, **one.options)
    repeats = f"|repeats:{len(rows)}" if len(rows) > 1 else ""
    return f"{plain}{repeats}{'|clusters:conversation' if in_clusters(rows[0]) else ''}"


def _without(one: Chosen, name: str) -> dict[str, Any]:
    return {key: value for key, value in one.options.items() if key != name}
