# SPDX-License-Identifier: Apache-2.0
"""Everything that a judge said in one run, and what asking it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.core.measure import Interval
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.judging.verdicts import Point, Verdict
from evalkit.evaluation.raters.humans import Humans

__all__ = ["Judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everything that a judge said in one run.

    Attributes:
        pairs: (candidate, base) to verdicts, shape (K * n,): all questions of the first repeat in
            their order, then of the second.
        points: Model to its points, likewise.
        asked: The judge's requests and replies, for the recording and the bill; None = none needed.
        identical: Pairs of equal answers: ties that nobody was asked about.
        probes: Share of decided verdicts that a text behind the worse answer turned; None = not
            tried.
        humans: What people said of the same answers, where the suite names a file.
        facts: For the provenance: who judged, by what.
        notes: What a reader must know, pairs of English and Chinese sentences.
    """

    pairs: Mapping[tuple[str, str], Sequence[Verdict]] = field(default_factory=dict)
    points: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    asked: Asked | None = None
    identical: int = 0
    probes: Interval | None = None
    humans: Humans | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[tuple[str, str]] = ()
