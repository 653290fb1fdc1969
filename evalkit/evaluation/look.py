# SPDX-License-Identifier: Apache-2.0
"""What gates ask for, worked out when they ask: any metric on any slice of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

from evalkit.core.errors import UsageError
from evalkit.core.measure import Difference, Interval, Measure
from evalkit.evaluation.measuring import ALL, Chosen, differences, measures, pair
from evalkit.evaluation.result import AskedModel
from evalkit.evaluation.scoring import Samples
from evalkit.statistics.paired import Paired

__all__ = ["Scored", "cost_measure"]

Where = tuple[str, str] | None


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
    """

    samples: Mapping[str, Samples]
    slices: Mapping[str, Sequence[int]]
    primary: Chosen
    choose: Callable[[str], Chosen]
    models: Mapping[str, AskedModel]
    confidence: float
    seed: int

    def measure(self, model: str, metric: str | None, where: Where) -> Measure:
        """One metric of one model on one slice; "cost" is the priced cost of 1,000 answers."""
        if metric == "cost":
            return cost_measure(self.models[model])
        name, rows = self._rows(where)
        return next(
            measures(
                model,
                self.samples[model],
                [self._metric(metric)],
                {name: rows},
                confidence=self.confidence,
            )
        )

    def difference(self, candidate: str, base: str, metric: str | None, where: Where) -> Difference:
        """The paired difference of two models."""
        name, rows = self._rows(where)
        return next(
            differences(
                candidate,
                base,
                self.samples,
                [self._metric(metric)],
                {name: rows},
                confidence=self.confidence,
                seed=self.seed,
            )
        )

    def paired(self, candidate: str, base: str, metric: str | None, where: Where) -> Paired:
        """The bare paired result: with the spread that planning needs."""
        one = self._metric(metric)
        _, rows = self._rows(where)
        return pair(
            one,
            [[row[i] for i in rows] for row in self.samples[base][one.scorer]],
            [[row[i] for i in rows] for row in self.samples[candidate][one.scorer]],
            confidence=self.confidence,
            seed=self.seed,
        )

    def _metric(self, name: str | None) -> Chosen:
        return self.choose(name) if name else self.primary

    def _rows(self, where: Where) -> tuple[str, Sequence[int]]:
        if where is None:
            return ALL, self.slices[ALL]
        name = f"{where[0]}={where[1]}"
        if name not in self.slices:
            known = ", ".join(s for s in self.slices if s != ALL) or "none"
            raise UsageError(
                f"a gate names the slice {name}, which the data has not", f"slices: {known}"
            )
        return name, self.slices[name]


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
        metric="cost",
        slice=ALL,
        interval=interval,
        unit=card.currency.lower(),
        better="lower",
        signature=f"cost|per:1000|as_of:{card.price_as_of}",
    )
