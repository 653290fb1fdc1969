# SPDX-License-Identifier: Apache-2.0
"""For whom: rows by slice, and what a table of many slices, or many candidates, may claim.

Many slices looked at are many chances to be fooled: each has Benjamini-Hochberg's q beside its
interval, says the least difference that it could show, and below 20 pairs shows counts only
(evaluation.md 2.2, P8). Several candidates held against a base are several chances too: there
Holm's p decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import ceil, isnan, nan

from evalkit.core.measure import Difference
from evalkit.core.score import Sample
from evalkit.evaluation.verdict import improvement, verdict_of
from evalkit.statistics.multiplicity import benjamini_hochberg, holm
from evalkit.statistics.normal import quantile

__all__ = [
    "ALL",
    "FEWEST",
    "LINT",
    "NO_TAG",
    "candidates_adjusted",
    "candidates_note",
    "holds",
    "slice_table",
    "slices_of",
    "values_of",
    "with_holm",
    "worst_slices",
]

ALL = "all"
FEWEST = 20  # pairs below which a slice shows counts only
LINT = "lint"  # the slice kind whose value is a list: a row may have several findings
NO_TAG = "clean"  # of the rows without a finding
_POWER = 0.8
_FEW = "under 20 pairs: counts only"


def values_of(slices: Mapping[str, str], field: str) -> list[str]:
    """The values that a row has for a slice field: one, but several for lint tags."""
    value = slices.get(field)
    if value is None:
        return []
    return value.split(",") if field == LINT else [value]


def holds(slices: Mapping[str, str], conditions: Iterable[tuple[str, str]]) -> bool:
    """Whether a row meets all conditions of a gate."""
    return all(value in values_of(slices, field) for field, value in conditions)


def slices_of(samples: Sequence[Sample], fields: Sequence[str]) -> dict[str, list[int]]:
    """Slice name to row indices: "all" first, then "field=value" by field and value."""
    found: dict[str, list[int]] = {ALL: list(range(len(samples)))}
    for field in fields:
        rows: dict[str, list[int]] = {}
        for index, sample in enumerate(samples):
            for value in values_of(sample.slices, field):
                rows.setdefault(value, []).append(index)
        found |= {f"{field}={value}": rows[value] for value in sorted(rows)}
    return found


def slice_table(found: Iterable[Difference]) -> list[Difference]:
    """The differences of one pair of models, its slices as a table may show them.

    Args:
        found: In any order; those over all rows stay as they are.

    Returns:
        In the order given. Slices of 20 pairs and more have q (a family is all slices of one
        metric); smaller ones have no interval, no test and no verdict: counts only.
    """
    whole = [_counts_only(d) if _is_small(d) else d for d in found]
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, d in enumerate(whole):
        if d.slice != ALL and not isnan(d.interval.p):
            families.setdefault((d.candidate, d.base, d.metric), []).append(place)
    for places in families.values():
        for place, q in zip(
            places, benjamini_hochberg([whole[i].interval.p for i in places]), strict=True
        ):
            whole[place] = replace(whole[place], q=q)
    return whole


def candidates_adjusted(found: Sequence[Difference], primary: str) -> list[Difference]:
    """The differences with Holm's p where several candidates are compared on the primary metric.

    The family is one difference per compared pair, of the primary metric over all rows. One
    candidate held against several others is no choice among candidates: nothing is adjusted.
    """
    places = [i for i, d in enumerate(found) if d.metric == primary and d.slice == ALL]
    whole = list(found)
    if len({whole[i].candidate for i in places}) < 2:
        return whole
    adjusted = holm([whole[i].interval.p for i in places])
    for place, p in zip(places, adjusted, strict=True):
        whole[place] = with_holm(whole[place], p)
    return whole


def with_holm(found: Difference, p: float) -> Difference:
    """The difference judged by an adjusted p: better and worse may become undecided.

    About how many rows decide it then: those at which a z that grows as √n reaches the quantile of
    the share of alpha that Holm leaves to this comparison, and that of the power.
    """
    i = found.interval
    verdict = verdict_of(replace(i, p=p), found.better)
    needed = found.needed
    if verdict == "undecided" != found.verdict and 0 < i.p < 1:
        alpha = (1 - i.confidence) * i.p / p
        reached = (quantile(1 - alpha / 2) + quantile(_POWER)) / quantile(1 - i.p / 2)
        needed = ceil(i.n * reached * reached)
    return replace(found, p_holm=p, verdict=verdict, needed=needed)


def candidates_note(found: Sequence[Difference]) -> list[tuple[str, str]]:
    """What a reader must know where several candidates were compared; English and Chinese."""
    judged = [d for d in found if not isnan(d.p_holm)]
    names = dict.fromkeys(d.candidate for d in judged)
    if not judged:
        return []
    return [
        (
            (
                f"{len(names)} candidates are compared: better and worse go by Holm's p over the "
                f"{len(judged)} comparisons."
            ),
            f"共比较 {len(names)} 个候选模型：优劣按 {len(judged)} 次比较的 Holm 校正 p 值判定。",
        )
    ]


def worst_slices(
    found: Sequence[Difference],
    candidate: str | None,
    base: str | None,
    primary: str,
    most: int = 3,
) -> list[Difference]:
    """The slices with enough pairs in which the candidate lost most, worst first.

    Only those in which it lost: a slice that improved is not a worst one.
    """
    lost = [
        d
        for d in found
        if (d.candidate, d.base, d.metric) == (candidate, base, primary)
        if d.slice != ALL and d.interval.n >= FEWEST and improvement(d.interval, d.better)[0] < 0
    ]
    return sorted(lost, key=lambda d: improvement(d.interval, d.better)[0])[:most]


def _is_small(found: Difference) -> bool:
    return found.slice != ALL and found.interval.n < FEWEST


def _counts_only(found: Difference) -> Difference:
    i = found.interval
    why = i.why if isnan(i.value) else _FEW
    return replace(
        found,
        interval=replace(i, low=nan, high=nan, p=nan, why=why),
        low_one_sided=nan,
        verdict="undecided",
        needed=None,
        visible=nan,
    )
