# SPDX-License-Identifier: Apache-2.0
"""Any metric over questions that were asked several times, or that come from one conversation.

The answers of one model are K repeats of n samples, shape (K, n). A metric of one number per sample
is the mean over the questions of the mean over their repeats (NaN left out). Any other metric is
that of all K n answers together, and what is drawn or summed is the question with all its repeats.
Where several questions belong to one conversation (`Sample.cluster`), that is drawn or summed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan
from typing import Any

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._compare import AMOUNTS, COUNTS, compare
from evalkit.metrics._few import careful, careful_pair
from evalkit.metrics._metric import Metric
from evalkit.metrics.win_rate import HELD_AGAINST
from evalkit.statistics.arrays import Array
from evalkit.statistics.auroc import curve_interval
from evalkit.statistics.clusters import (
    cluster_codes,
    clustered_mean,
    clustered_share,
    few_clusters,
    paired_clustered_mean,
    paired_clustered_preference,
    paired_clustered_share,
)
from evalkit.statistics.clusters_resample import (
    Grouped,
    clustered_bootstrap,
    clustered_curve,
    paired_clustered_resample,
)
from evalkit.statistics.mean import mean
from evalkit.statistics.paired import (
    Paired,
    paired_binary,
    paired_curves,
    paired_mean,
    paired_preference,
)
from evalkit.statistics.proportion import wilson
from evalkit.statistics.studentised import paired_skewed_mean, skewed_mean

__all__ = ["Repeats", "compared", "in_clusters", "measured"]

_NEVER_NEGATIVE = AMOUNTS | {"characters", "nats", "usd"}

Repeats = Sequence[Sequence[Sample]]


def measured(
    metric: Metric, repeats: Repeats, *, confidence: float = 0.95, **options: Any
) -> Interval:
    """The metric of one model's answers; of one answer to independent questions, the plain one.

    Args:
        metric: Such as `find("metrics", "recall")`.
        repeats: Shape (K, n), K >= 1; column i is the same question.
        confidence: Of the interval, in (0, 1).
        options: Of the metric, such as label="refund".

    Returns:
        With the number of questions as n, and those without any scored answer as `left_out`.
    """
    if len(repeats) == 1 and not in_clusters(repeats[0]):
        return metric(repeats[0], confidence=confidence, **options)
    if metric.pair in ("binary", "mean", "preference"):
        return _mean(metric, repeats, confidence, options)
    pool = _pool(metric, repeats, _scored(metric, repeats))
    if metric.pair == "rank":
        return _area(metric, pool, confidence, options)
    return _resampled(metric, pool, confidence, options)


def compared(
    metric: Metric,
    base: Repeats,
    candidate: Repeats,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    **options: Any,
) -> Paired:
    """Candidate minus base over the same questions, however often each was asked.

    Args:
        metric: Such as `find("metrics", "recall")`.
        base: Shape (K, n).
        candidate: Shape (L, n); column i is the same question.
        confidence: Of the interval, in (0, 1).
        seed: Of sign flips and resamples.
        options: Of the metric.

    Returns:
        As `compare`. A question counts where both models have a scored answer to it.

    Raises:
        ValueError: The two are not over the same questions in the same order.
    """
    asked = [[s.id for s in row] for row in (*base, *candidate)]
    if any(names != asked[0] for names in asked):
        raise ValueError("samples of two models must be aligned by id")
    clustered = in_clusters(base[0])
    if len(base) == len(candidate) == 1 and not clustered:
        return compare(metric, base[0], candidate[0], confidence=confidence, seed=seed, **options)
    if metric.pair in ("binary", "mean", "preference"):
        return _means(metric, base, candidate, confidence, seed, options)
    one, two = _paired_pools(metric, base, candidate)
    n, left_out = len(one.questions), len(base[0]) - len(one.questions)
    if metric.pair == "rank":
        found = paired_curves(
            *(clustered_curve(metric.curve(p.samples, **options), p.codes, p.groups)
              for p in (one, two)),
            confidence=confidence,
            n=n,
            left_out=left_out,
        )  # fmt: skip
    else:
        found = paired_clustered_resample(
            Grouped(metric.prepare(one.samples, **options), one.codes),
            Grouped(metric.prepare(two.samples, **options), two.codes),
            one.groups,
            n=n,
            confidence=confidence,
            seed=seed,
        )
    interval = replace(found.interval, left_out=left_out, method=_clustered(found.interval.method))
    if not n:
        interval = replace(interval, why="no pair is scored in both models")
    return careful_pair(replace(found, interval=interval), _least(metric, one, options))


def in_clusters(samples: Sequence[Sample]) -> bool:
    """Whether several questions belong together."""
    names = {s.id if s.cluster is None else s.cluster for s in samples}
    return len(names) < len(samples)


def _cluster(sample: Sample) -> str:
    return sample.id if sample.cluster is None else sample.cluster


def _mean(metric: Metric, repeats: Repeats, confidence: float, options: dict[str, Any]) -> Interval:
    values, clusters, doubt = _per_question(metric, repeats, options)
    bounds = _bounds(metric, options)
    if metric.pair == "preference":
        plain = metric(repeats[0], confidence=confidence, **options)
        if plain.why == HELD_AGAINST:  # 1/2 by definition, however often it was asked
            return plain
    if len(set(clusters)) == len(clusters):  # the rows that it looks at are independent
        found = (
            skewed_mean(values, confidence=confidence)
            if metric.unit in AMOUNTS
            else mean(values, confidence=confidence, bounds=bounds)
        )
        if len(repeats) == 1:
            found = metric(repeats[0], confidence=confidence, **options)
    elif metric.pair == "binary" and _is_binary(values):
        found = clustered_share(values, clusters, confidence=confidence)
    elif metric.pair == "preference" and all(isnan(v) or v in (0.0, 0.5, 1.0) for v in values):
        found = _clustered_preference(values, clusters, confidence)
    else:
        found = clustered_mean(values, clusters, confidence=confidence, bounds=bounds)
    if not values:  # such as "no sample expects the label"
        return replace(found, why=metric([], confidence=confidence, **options).why or found.why)
    return replace(found, why="; ".join(filter(None, (found.why, doubt))))


def _bounds(metric: Metric, options: dict[str, Any]) -> tuple[float, float] | None:
    """Least and greatest mean that is possible; None where that is not known."""
    if metric.unit == "share":
        return 0.0, 1.0
    if "scale" in options:  # a judge's
        least, most = options["scale"]
        return float(least), float(most)
    return (0.0, inf) if metric.unit in _NEVER_NEGATIVE else None


def _clustered_preference(
    values: Sequence[float], clusters: Sequence[str], confidence: float
) -> Interval:
    """The mean of wins, ties and losses: 1/2 and the difference from a model that always ties."""
    half = [0.5] * len(values)
    found = paired_clustered_preference(half, values, clusters, confidence=confidence).interval
    why = found.why if found.n else "no preference was readable" if values else "no preferences"
    return replace(
        found, value=0.5 + found.value, low=0.5 + found.low, high=0.5 + found.high, why=why
    )


def _means(
    metric: Metric,
    base: Repeats,
    candidate: Repeats,
    confidence: float,
    seed: int,
    options: dict[str, Any],
) -> Paired:
    before, clusters, doubt = _per_question(metric, base, options)
    after, _, _ = _per_question(metric, candidate, options)
    if len(set(clusters)) == len(clusters):
        single = len(base) == len(candidate) == 1
        if metric.pair == "binary" and single:
            found = paired_binary(before, after, confidence=confidence)
        elif metric.pair == "preference" and single:
            found = paired_preference(before, after, confidence=confidence)
        else:
            of_means = paired_skewed_mean if metric.unit in AMOUNTS else paired_mean
            found = of_means(before, after, confidence=confidence, seed=seed)
    elif metric.pair == "binary" and _is_binary(before) and _is_binary(after):
        found = paired_clustered_share(before, after, clusters, confidence=confidence, seed=seed)
    elif metric.pair == "preference":
        found = paired_clustered_preference(
            before, after, clusters, confidence=confidence, seed=seed
        )
    else:
        found = paired_clustered_mean(before, after, clusters, confidence=confidence, seed=seed)
    why = "; ".join(filter(None, (found.interval.why, doubt)))
    return replace(found, interval=replace(found.interval, why=why))


def _per_question(
    metric: Metric, repeats: Repeats, options: dict[str, Any]
) -> tuple[list[float], list[str], str]:
    """The mean of each question that the metric looks at, its cluster, and what is doubtful."""
    import numpy as np

    rows = np.array([metric.values(row, **options) for row in repeats], dtype=float)
    known = ~np.isnan(rows)
    counted = known.sum(axis=0)
    sums = np.where(known, rows, 0.0).sum(axis=0)
    values = [float(s / c) if c else float("nan") for s, c in zip(sums, counted, strict=True)]
    looked = metric.among(repeats[0], **options)
    clusters = [_cluster(s) for s, is_in in zip(repeats[0], looked, strict=True) if is_in]
    if len(clusters) == len(values):
        return values, clusters, ""
    # A plug-in that drops samples and does not say which.
    doubt = "the metric does not say which rows it looks at: taken as independent"
    return values, [str(i) for i in range(len(values))], doubt


def _is_binary(values: Sequence[float]) -> bool:
    return all(isnan(v) or v in (0.0, 1.0) for v in values)


@dataclass(frozen=True, slots=True)
class _Pool:
    """All scored answers of one model in one row.

    Attributes:
        samples: Shape (m,), m <= K n.
        codes: The group that each is drawn with: its question or its conversation.
        groups: How many there are.
        questions: Places of the questions that count.
        asked: Questions in all.
    """

    samples: Sequence[Sample]
    codes: Array
    groups: int
    questions: Sequence[int]
    asked: int


def _pool(metric: Metric, repeats: Repeats, questions: Sequence[int]) -> _Pool:
    import numpy as np

    counts = _counts(metric)
    groups = cluster_codes([_cluster(repeats[0][i]) for i in questions]).tolist()
    group_of = dict(zip(questions, groups, strict=True))
    chosen = [(group_of[i], row[i]) for row in repeats for i in questions if counts(row[i])]
    return _Pool(
        samples=[sample for _, sample in chosen],
        codes=np.array([group for group, _ in chosen], dtype=np.int64),
        groups=len(set(groups)),
        questions=questions,
        asked=len(repeats[0]),
    )


def _counts(metric: Metric) -> Callable[[Sample], bool]:
    return COUNTS[metric.reads]


def _scored(metric: Metric, repeats: Repeats) -> list[int]:
    """Questions with an answer that counts in some repeat."""
    counts = _counts(metric)
    return [i for i in range(len(repeats[0])) if any(counts(row[i]) for row in repeats)]


def _paired_pools(metric: Metric, base: Repeats, candidate: Repeats) -> tuple[_Pool, _Pool]:
    theirs = set(_scored(metric, base))
    both = [i for i in _scored(metric, candidate) if i in theirs]
    return _pool(metric, base, both), _pool(metric, candidate, both)


def _area(metric: Metric, pool: _Pool, confidence: float, options: dict[str, Any]) -> Interval:
    found = curve_interval(
        clustered_curve(metric.curve(pool.samples, **options), pool.codes, pool.groups),
        confidence=confidence,
        n=len(pool.questions),
        left_out=pool.asked - len(pool.questions),
    )
    return replace(found, method=_clustered(found.method))


def _resampled(metric: Metric, pool: _Pool, confidence: float, options: dict[str, Any]) -> Interval:
    whole = metric(pool.samples, confidence=confidence, **options)
    left_out = pool.asked - len(pool.questions)
    if isnan(whole.value):
        return replace(whole, n=len(pool.questions), left_out=left_out)
    drawn = clustered_bootstrap(
        [Grouped(metric.prepare(pool.samples, **options), pool.codes)],
        pool.groups,
        seed=int(options.get("seed", 0)),
    )
    found = drawn.interval(confidence, n=len(pool.questions), left_out=left_out)
    found = replace(found, method=_clustered(found.method))
    if not found.why or found.value not in (0.0, 1.0):
        found = replace(found, why=found.why or few_clusters(pool.groups))
        return careful(found, _least(metric, pool, options))
    # All answers alike: every draw says the same. The worst case is that a group is one sample.
    ones = dict(reversed(list(zip(pool.codes.tolist(), pool.samples, strict=True))))
    stand_in = metric(list(ones.values()), confidence=confidence, **options)
    if isnan(stand_in.low):
        stand_in = wilson(found.value * pool.groups, pool.groups, confidence=confidence)
    return replace(
        found,
        low=stand_in.low,
        high=stand_in.high,
        method="wilson-clustered",
        why="all answers alike: Wilson's interval of one answer of each group",
    )


def _least(metric: Metric, pool: _Pool, options: dict[str, Any]) -> int | None:
    """Questions of the smallest class; of conversations the share that they are of questions."""
    once = {sample.id: sample for sample in pool.samples}
    least = metric.least(list(once.values()), **options)
    return None if least is None else least * pool.groups // max(1, pool.groups, len(once))


def _clustered(method: str) -> str:
    return method if "clustered" in method else f"{method}-clustered"
