# SPDX-License-Identifier: Apache-2.0
"""What a filled sheet says of a run: of its judge, or of the metric that stood in for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isnan, nan

from evalkit.core.measure import Interval
from evalkit.evaluation.judging.health import agreement, among_raters
from evalkit.evaluation.judging.judge_health import Agreement
from evalkit.evaluation.raters.humans import Humans
from evalkit.evaluation.raters.pair_verdicts import pair_verdicts
from evalkit.evaluation.raters.words import Kind
from evalkit.evaluation.result import Run
from evalkit.statistics.agreement import cohen_kappa, observed_agreement
from evalkit.statistics.paired import paired_binary
from evalkit.statistics.proportion import wilson

__all__ = ["ByPeople", "Labelled", "labelled"]

_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ByPeople:
    """One model's answers as people rated them.

    Attributes:
        model: Its name.
        right: Share that people call right.
        agreed: Share on which the primary metric says the same (a score above 1/2 is right); NaN
            where its scores do not say what is right: preferences, amounts, points of a judge.
        kappa: Of the same.
        too_kind: Answers that the metric calls right and people wrong.
        too_strict: The other way round.
        held: Whether the metric's scores say what is right; else nothing is held against people.
    """

    model: str
    right: Interval
    agreed: Interval
    kappa: Interval
    too_kind: int
    too_strict: int
    held: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What a filled sheet says.

    Attributes:
        kind: As in `Humans`.
        candidate: Of the run's pair.
        base: Of the pair; None = one model.
        rows: Lines of the sheet.
        rated: Lines with a verdict of anybody.
        by_rater: Verdicts of each rater.
        split: Rows without a majority.
        foreign: Rated rows that the run has not.
        stale: Where the rows stand whose answers are others than were rated; they are left out.
        pair: For pairs: people against the scores of the run (a judge's, or a metric's).
        models: For answers that are right or wrong: by model.
        difference: For the same: candidate minus base by people, paired; NaN with one model.
        alpha: Among the raters.
    """

    kind: Kind
    candidate: str
    base: str | None
    rows: int
    rated: int
    by_rater: Mapping[str, int]
    split: int
    foreign: int
    stale: Sequence[str] = ()
    pair: Agreement | None = None
    models: Sequence[ByPeople] = ()
    difference: Interval
    alpha: Interval

    @property
    def counted(self) -> bool:
        """Whether any verdict is of an answer of the run."""
        return self.pair.rows > 0 if self.pair is not None else any(m.right.n for m in self.models)


def labelled(
    run: Run, humans: Humans, pair: tuple[str, str | None], *, confidence: float = 0.95
) -> Labelled:
    """Hold a run's own scores against people's verdicts on the same answers.

    Args:
        run: With its rows.
        humans: Verdicts on it.
        pair: (candidate, base).
        confidence: Of intervals, in (0, 1).
    """
    none = Interval(value=nan, confidence=confidence, why="one model, or no pairs")
    humans = humans.of_answers(
        {
            (row.id, part): row.answers[name].text
            for row in run.rows
            for part, name in zip(("candidate", "base"), pair, strict=True)
            if name is not None and name in row.answers
        }
    )
    rows = {row.id for row in run.rows}
    places = {row.id: f"{row.source}:{row.line}" for row in run.rows}
    told = partial(
        Labelled,
        candidate=pair[0],
        base=pair[1],
        rows=humans.rows,
        rated=humans.rated,
        by_rater=humans.by_rater,
        split=len(humans.split),
        stale=[places[one] for one in humans.stale],
    )
    if humans.kind == "pair" and pair[1] is not None:
        found = agreement(pair_verdicts(run, pair[0], pair[1]), humans, confidence)
        said = dict.fromkeys(one for rater in humans.raters.values() for one in rater)
        return told(
            kind="pair",
            foreign=sum(one not in rows for one in said),
            pair=found,
            difference=none,
            alpha=found.alpha,
        )
    answers = dict.fromkeys(one for rater in humans.answer_raters.values() for one in rater)
    return told(
        kind="right",
        foreign=len({one for one, _ in answers} - rows),
        models=[
            _by_people(run, humans, name, part, confidence)
            for name, part in zip(pair, ("candidate", "base"), strict=True)
            if name is not None
        ],
        difference=none if pair[1] is None else _difference(run, humans, confidence),
        alpha=among_raters(humans.answer_raters, confidence),
    )


def _by_people(run: Run, humans: Humans, model: str, part: str, confidence: float) -> ByPeople:
    people, metric = [], []
    for row in run.rows:
        said = humans.answers.get((row.id, part))
        answer = row.answers.get(model)
        if said is None or answer is None:
            continue
        people.append(said)
        metric.append(None if isnan(answer.score) else answer.score > _HALF)
    right = wilson(sum(people), len(people), confidence=confidence)
    if not _says_what_is_right(run):
        why = f"{run.primary} does not say whether an answer is right"
        none = Interval(value=nan, confidence=confidence, why=why)
        return ByPeople(
            model=model, right=right, agreed=none, kappa=none, too_kind=0, too_strict=0, held=False
        )
    both = list(zip(people, metric, strict=True))
    return ByPeople(
        model=model,
        right=right,
        agreed=observed_agreement(people, metric, confidence=confidence),
        kappa=cohen_kappa(people, metric, confidence=confidence),
        too_kind=sum(m is True and not p for p, m in both),
        too_strict=sum(m is False and p for p, m in both),
    )


def _says_what_is_right(run: Run) -> bool:
    """Whether the primary metric is a share of right answers, or of what is right in them."""
    if run.primary.partition("[")[0].replace("-", "_") == "win_rate":
        return False
    units = {m.unit for m in run.measures if m.metric == run.primary}
    return units <= {"share"}


def _difference(run: Run, humans: Humans, confidence: float) -> Interval:
    """Candidate minus base by people, over the rows on which both answers were rated."""
    both = [
        (float(humans.answers[row.id, "base"]), float(humans.answers[row.id, "candidate"]))
        for row in run.rows
        if (row.id, "base") in humans.answers and (row.id, "candidate") in humans.answers
    ]
    return paired_binary([b for b, _ in both], [c for _, c in both], confidence=confidence).interval
