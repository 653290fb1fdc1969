# SPDX-License-Identifier: Apache-2.0
"""The bootstrap of whole clusters, and areas under curves over clusters of items.

A drawn cluster brings all its items: turns of one conversation, repeats of one question. Field,
Welsh (2007), JRSS B 69, 369-390.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt

from evalkit.statistics.arrays import Array
from evalkit.statistics.auroc import Curve
from evalkit.statistics.paired import Paired
from evalkit.statistics.resample import (
    BCA_UP_TO,
    CELLS,
    Bootstrap,
    Counts,
    Statistic,
    centred,
    inflated,
    summary,
)

__all__ = ["Grouped", "clustered_bootstrap", "clustered_curve", "paired_clustered_resample"]


@dataclass(frozen=True, slots=True)
class Grouped:
    """A statistic of rows that come in clusters.

    Attributes:
        statistic: Of row indices in [0, n).
        codes: Cluster of each row, shape (n,), in [0, groups). A cluster may have no row.
    """

    statistic: Statistic
    codes: Array


def clustered_bootstrap(
    terms: Sequence[Grouped], groups: int, *, seed: int = 0, draws: int = 2000
) -> Bootstrap:
    """Resamples of a statistic, or of the first less the second, by drawing clusters.

    Args:
        terms: One or two; two share their clusters, not their rows.
        groups: Clusters.
        seed: The same seed gives the same draws; swapping the two negates every draw.
        draws: Resamples.

    Returns:
        With the acceleration of BCa from leaving out a cluster at a time (percentile interval above
        5,000 clusters unless all are `Counts`); centred where two are `inflated` by repeated rows.
        No clusters: undefined.
    """
    import numpy as np

    if groups == 0:
        return Bootstrap(value=nan, draws=np.empty(0), lost=0, bias=nan, acceleration=nan)
    if all(isinstance(term.statistic, Counts) for term in terms):
        return _by_counts(terms, groups, seed, draws)
    found = _by_rows(terms, groups, seed, draws)
    if len(terms) == 2 and inflated(*(term.statistic for term in terms)):
        return centred(found)
    return found


def paired_clustered_resample(
    base: Grouped,
    candidate: Grouped,
    groups: int,
    *,
    n: int,
    confidence: float = 0.95,
    seed: int = 0,
    draws: int = 2000,
) -> Paired:
    """Difference of two statistics over the same clusters, each drawn with all its rows.

    Args:
        base: Of one model's answers.
        candidate: Of the other's.
        groups: Clusters, G.
        n: Pairs, for the record.
        confidence: Of the interval, in (0, 1).
        seed: The same seed gives the same draws.
        draws: Resamples.

    Returns:
        As `paired_resample`; `spread` is √n times the error, so that it holds the design effect.
    """
    found = clustered_bootstrap([candidate, base], groups, seed=seed, draws=draws)
    low90, high90 = found.ends(0.9)
    interval = found.interval(confidence, n=n)
    return Paired(
        interval=replace(interval, p=found.p(), method=f"{found.method}-clustered"),
        low90=low90,
        high90=high90,
        spread=nan if found.why else float(found.draws.std(ddof=1)) * sqrt(n),
    )


def clustered_curve(of: Curve, codes: Array, groups: int) -> Curve:
    """The same area with errors of clusters: the influences of a cluster's items add up.

    Then Σ (Σ influence)² is the variance of clustered ROC curves (Obuchowski 1997, Biometrics 53,
    567-578, but for factors G/(G-1)); with clusters of one item it is DeLong's.

    Args:
        of: From `curve`, over n items.
        codes: Cluster of each item, shape (n,), in [0, groups).
        groups: Clusters, G.

    Returns:
        Influence of shape (groups,); `least` falls to the share that clusters are of items.
    """
    import numpy as np

    n = max(1, codes.size)
    return replace(
        of,
        influence=np.bincount(codes, weights=of.influence, minlength=groups),
        least=of.least * groups // n if groups < n else of.least,
    )


def _by_counts(terms: Sequence[Grouped], groups: int, seed: int, draws: int) -> Bootstrap:
    """Clusters of the same rows are of one kind, and how often each is drawn is all that counts.

    Right or wrong five times over makes six kinds, so that 10,000 questions cost no more than 100.
    """
    import numpy as np

    kinds, tables = _kinds(terms, groups)
    counts = np.bincount(kinds)

    def value(of: Array) -> Array:
        parts = [statistic(of @ table) for statistic, table in tables]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    generator = np.random.default_rng(seed)
    block = max(1, CELLS // max(counts.size, *(table.shape[1] for _, table in tables)))
    drawn = [
        value(generator.multinomial(groups, counts / groups, size=min(block, draws - at)))
        for at in range(0, draws, block)
    ]
    without = [
        value(counts - np.eye(min(block, counts.size - at), counts.size, at))
        for at in range(0, counts.size, block)
    ]
    point = float(value(counts[None, :])[0])
    return summary(point, np.concatenate(drawn), np.concatenate(without), counts)


def _kinds(
    terms: Sequence[Grouped], groups: int
) -> tuple[Array, list[tuple[Callable[[Array], Array], Array]]]:
    """The kind of each cluster; for each term its statistic, and its counts of rows by kind.

    Kinds are numbered in order of first occurrence: alike for (A, B) and (B, A), so that swapping
    the two mirrors every draw.
    """
    import numpy as np

    members: list[tuple[Counts, list[Array]]] = []
    for term in terms:
        of = term.statistic
        assert isinstance(of, Counts)  # noqa: S101  the caller has looked
        order = np.lexsort((of.codes, term.codes))
        ends = np.cumsum(np.bincount(term.codes, minlength=groups))[:-1]
        members.append((of, np.split(of.codes[order], ends)))
    known: dict[tuple[bytes, ...], int] = {}
    kinds, firsts = np.empty(groups, dtype=np.int64), []
    for g in range(groups):
        key = tuple(codes[g].tobytes() for _, codes in members)
        if key not in known:
            known[key] = len(known)
            firsts.append(g)
        kinds[g] = known[key]
    tables = [
        (of.statistic, np.array([np.bincount(codes[g], minlength=of.size) for g in firsts]))
        for of, codes in members
    ]
    return kinds, tables


def _by_rows(terms: Sequence[Grouped], groups: int, seed: int, draws: int) -> Bootstrap:
    import numpy as np

    members: list[list[Array]] = []
    for term in terms:
        order = np.argsort(term.codes, kind="stable")
        sizes = np.bincount(term.codes, minlength=groups)
        members.append(np.split(order, np.cumsum(sizes)[:-1]))

    def value(chosen: Array) -> float:
        parts = [
            term.statistic(np.concatenate([rows[g] for g in chosen]))
            for term, rows in zip(terms, members, strict=True)
        ]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    generator = np.random.default_rng(seed)
    drawn = np.array([value(generator.integers(groups, size=groups)) for _ in range(draws)])
    everyone = np.arange(groups)
    without = np.empty(0)
    if 1 < groups <= BCA_UP_TO:
        without = np.array([value(np.delete(everyone, g)) for g in range(groups)])
    return summary(value(everyone), drawn, without, np.ones(len(without)))
