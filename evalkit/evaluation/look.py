# SPDX-License-Identifier: Apache-2.0
"""What gates ask for, worked out when they ask: any metric on any slice of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan, nan
from typing import TYPE_CHECKING

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference, Interval, Measure
from evalkit.evaluation.gates.gate import BASELINE
from evalkit.evaluation.measuring import ALL, Chosen, against, measures, pair
from evalkit.evaluation.result import AskedModel
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.slices import with_holm
from evalkit.evaluation.verdict import difference
from evalkit.metrics._ratio import ratio_of
from evalkit.metrics._sampled import Repeats
from evalkit.statistics.mean import mean
from evalkit.statistics.paired import Paired, paired_mean
from evalkit.statistics.ratio import paired_ratio

if TYPE_CHECKING:
    from evalkit.evaluation.judging.judge_health import JudgeHealth

__all__ = ["COST", "Against", "Scored", "cost_measure", "row_means"]

COST = "cost"  # a metric of gates alone: known by prices, not by scores

Where = Sequence[tuple[str, str]] | None
# A model's samples of a metric held against the committed file: model, metric, samples, confidence.
Against = Callable[[str, Chosen, Repeats, float], Paired]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Everything that was scored, and how to measure it.

    Attributes:
        samples: Model name to its samples by scorer.
        slices: Slice name to row indices; "all" first.
        primary: The metric meant where none is named.
        choose: Finds a metric by its name in suites.
        models: What asking them took, by name.
        confidence: Of intervals.
        seed: Of resampling.
        costs: Cost of 1,000 answers by a model, question by question, NaN where not known; None
            where nothing is known of prices.
        adjusted: Holm's p of the primary metric by (candidate, base), where several candidates
            are compared.
        judge: How far the judge can be trusted; None where nothing is judged.
        against: Compares with a committed file, for gates against `baseline`; None where no gate
            does.
    """

    samples: Mapping[str, Samples]
    slices: Mapping[str, Sequence[int]]
    primary: Chosen
    choose: Callable[[str], Chosen]
    models: Mapping[str, AskedModel]
    confidence: float
    seed: int
    costs: Callable[[str], Sequence[float]] | None = None
    adjusted: Mapping[tuple[str, str], float] = field(default_factory=dict)
    judge: JudgeHealth | None = None
    against: Against | None = None

    def measure(self, model: str, metric: str | None, where: Where = None) -> Measure:
        """One metric of one model on one slice; "cost" is the priced cost of 1,000 answers."""
        name, rows = self._rows(where)
        if metric == COST:
            return self._cost(model, name, rows)
        return next(
            measures(
                model,
                self.samples[model],
                [self._metric(metric)],
                {name: rows},
                confidence=self.confidence,
            )
        )

    def difference(
        self, candidate: str, base: str, metric: str | None, where: Where = None
    ) -> Difference:
        """The paired difference of two models, judged by Holm's p where that applies."""
        return self.compared(candidate, base, metric, where)[0]

    def paired(self, candidate: str, base: str, metric: str | None, where: Where = None) -> Paired:
        """The bare paired result: with the spread that planning needs."""
        return self.compared(candidate, base, metric, where)[1]

    def compared(
        self, candidate: str, base: str, metric: str | None, where: Where = None
    ) -> tuple[Difference, Paired]:
        """The paired difference and the bare result that it is made of."""
        name, rows = self._rows(where)
        if metric == COST:
            paired = self._costs_paired(candidate, base, rows)
            unit, better, metric_name = self._currency(candidate), "lower", COST
        else:
            one = against(self._metric(metric), base)
            paired = self._pair(one, candidate, base, rows)
            unit, better, metric_name = one.metric.unit, one.metric.better, one.name
        found = difference(
            paired,
            metric=metric_name,
            base=base,
            candidate=candidate,
            where=name,
            better=better,  # type: ignore[arg-type]
            unit=unit,
        )
        p = self.adjusted.get((candidate, base), nan)
        if not isnan(p) and metric in (None, self.primary.name) and not where:
            found = with_holm(found, p)
        return found, paired

    def ratio(self, candidate: str, base: str, metric: str | None, where: Where = None) -> Interval:
        """How many times the base's figure the candidate's is, with an interval where one is."""
        name, rows = self._rows(where)
        ours, theirs = (self.measure(m, metric, where).interval for m in (candidate, base))
        why = ours.why if isnan(ours.value) else theirs.why if isnan(theirs.value) else ""
        whole = Interval(
            value=ours.value / theirs.value if theirs.value else nan,
            confidence=self.confidence,
            n=ours.n,
            method="ratio of means",
            why=why or ("" if theirs.value else f"{base} has 0 on {name}: no ratio"),
        )
        if isnan(whole.value) or whole.value <= 0:
            return whole
        if metric == COST and self.costs is not None:
            x, y = ([self.costs(m)[i] for i in rows] for m in (base, candidate))
            clusters = None
        elif metric != COST and self._metric(metric).metric.pair in ("binary", "mean"):
            one = self._metric(metric)
            x, y = (row_means(one, self._part(m, one, rows)) for m in (base, candidate))
            clusters = _clusters(one, self._part(candidate, one, rows))
        elif metric != COST and self._metric(metric).metric.pair == "resample":
            one = self._metric(metric)
            parts = (self._part(m, one, rows) for m in (base, candidate))
            options = {key: value for key, value in one.options.items() if key != "seed"}
            found = ratio_of(
                one.metric, *parts, confidence=self.confidence, seed=self.seed, **options
            )
            return whole if isnan(found.low) else replace(found, value=whole.value)
        else:
            return replace(whole, why="no interval: it is no mean of rows")
        found = paired_ratio(x, y, confidence=self.confidence, clusters=clusters)
        # The value stays that of the two measures, which also count rows that only one has.
        return whole if isnan(found.low) else replace(found, value=whole.value)

    def rows_of(self, where: Where) -> Sequence[int]:
        """Indices of the rows that meet all conditions."""
        return self._rows(where)[1]

    def _pair(self, one: Chosen, candidate: str, base: str, rows: Sequence[int]) -> Paired:
        if base == BASELINE and base not in self.samples:
            if self.against is None:
                raise UsageError(
                    "a gate compares with `baseline`, and there is no baseline file",
                    "write it: evalkit baseline set SUITE",
                )
            return self.against(candidate, one, self._part(candidate, one, rows), self.confidence)
        return pair(
            one,
            self._part(base, one, rows),
            self._part(candidate, one, rows),
            confidence=self.confidence,
            seed=self.seed,
        )

    def _part(self, model: str, one: Chosen, rows: Sequence[int]) -> Repeats:
        return [[row[i] for i in rows] for row in self.samples[model][one.scorer]]

    def _cost(self, model: str, name: str, rows: Sequence[int]) -> Measure:
        found = cost_measure(self.models[model])
        if self.costs is None or isnan(found.interval.value):
            return found
        each = self.costs(model)
        spread = mean([each[i] for i in rows], confidence=self.confidence)
        if name != ALL:
            return replace(found, slice=name, interval=spread)
        return replace(found, interval=replace(found.interval, low=spread.low, high=spread.high))

    def _costs_paired(self, candidate: str, base: str, rows: Sequence[int]) -> Paired:
        known = self.costs or (lambda _model: [nan] * len(self.slices[ALL]))
        x, y = ([known(m)[i] for i in rows] for m in (base, candidate))
        found = paired_mean(x, y, confidence=self.confidence, seed=self.seed)
        if self._currency(candidate) != self._currency(base):
            why = "the two are priced in different currencies"
            return Paired(interval=Interval(value=nan, confidence=self.confidence, why=why))
        if isnan(found.interval.value):
            why = "no price or no token counts are known"
            return replace(found, interval=replace(found.interval, why=why))
        return found

    def _currency(self, model: str) -> str:
        return self.models[model].currency.lower()

    def _metric(self, name: str | None) -> Chosen:
        return self.choose(name) if name else self.primary

    def _rows(self, where: Where) -> tuple[str, Sequence[int]]:
        """The slice's name and its rows; several conditions must all hold."""
        if not where:
            return ALL, self.slices[ALL]
        named = [f"{field}={value}" for field, value in where]
        for name in named:
            if name not in self.slices:
                known = ", ".join(s for s in self.slices if s != ALL) or "none"
                raise UsageError(
                    f"a gate names the slice {name}, which the data has not", f"slices: {known}"
                )
        kept = set(self.slices[named[0]]).intersection(*(self.slices[n] for n in named[1:]))
        return " and ".join(named), sorted(kept)


def cost_measure(card: AskedModel) -> Measure:
    """Money per 1,000 answers; NaN where no price or no token counts are known."""
    interval = Interval(value=nan, why="no price or no token counts are known")
    if card.cost_per_1000 is not None:
        answered = card.requests - card.errors
        interval = Interval(
            value=float(card.cost_per_1000), n=answered, method="sum of priced tokens"
        )
    return Measure(
        model=card.name,
        metric=COST,
        slice=ALL,
        interval=interval,
        unit=card.currency.lower(),
        better="lower",
        signature=f"cost|per:1000|as_of:{card.price_as_of}",
    )


def row_means(one: Chosen, repeats: Repeats) -> list[float]:
    """The mean of each question that the metric looks at over its repeats; NaN = not scored."""
    rows = [one.metric.values(row, **one.options) for row in repeats]
    found = []
    for column in zip(*rows, strict=True):
        known = [value for value in column if not isnan(value)]
        found.append(sum(known) / len(known) if known else nan)
    return found


def _clusters(one: Chosen, repeats: Repeats) -> list[str]:
    looked = one.metric.among(repeats[0], **one.options)
    return [
        sample.id if sample.cluster is None else sample.cluster
        for sample, is_in in zip(repeats[0], looked, strict=True)
        if is_in
    ]
