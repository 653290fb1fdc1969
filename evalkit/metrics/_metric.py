# SPDX-License-Identifier: Apache-2.0
"""What a metric is: a function of samples that says its unit, direction and paired comparison."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from math import isnan
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.measure import Better, Interval
from evalkit.core.score import Sample
from evalkit.statistics.auroc import Curve
from evalkit.statistics.resample import Statistic

__all__ = ["Metric", "Pair", "Reads", "metric", "scored"]

Reads = Literal["score", "probabilities", "cost"]

Pair = Literal["binary", "mean", "preference", "resample", "rank"]
"""How two models are compared on a metric.

binary    one 0 or 1 per sample: Tango's interval, McNemar's mid-p
mean      one number per sample: t interval, sign flips
preference  of a judged pair: 1, 1/2 or 0 for the candidate, 1/2 for the base: half of Tango's
          interval, mid-p sign test
resample  a function of all samples: bootstrap of samples
rank      an area under curves: DeLong, MOVER
"""


class Metric:
    """A metric: call it with samples to get an Interval.

    Attributes:
        name: As in suites, such as "macro_f1".
        unit: "share", "score", "characters", ...
        better: Which direction is good.
        pair: Which paired comparison applies.
        scorer: Whose samples it reads: "label-logprob" for everything that reads a label (suites
            put "label" there where log-probabilities are not given), the empty string where any
            will do.
        reads: What of a sample it needs: its "score", its label "probabilities", or its score and
            its "cost".
        function: What was decorated.
        accepts: Names of its options, `confidence` apart.
    """

    def __init__(
        self,
        function: Callable[..., Interval],
        *,
        unit: str,
        better: Better,
        pair: Pair,
        scorer: str,
        reads: Reads = "score",
    ) -> None:
        self.name = function.__name__
        self.__doc__ = function.__doc__
        self.unit = unit
        self.better: Better = better
        self.pair: Pair = pair
        self.scorer = scorer
        self.reads: Reads = "probabilities" if pair == "rank" else reads
        self.function = function
        self.accepts = _options(function) - {"confidence"}
        self._required = _required(function)
        self._each: Callable[..., Sequence[float]] | None = None
        self._among: Callable[..., Sequence[bool]] | None = None
        self._counted: Callable[..., Statistic] | None = None
        self._ranked: Callable[..., Curve] | None = None
        self._classes: Callable[..., int] | None = None

    def __repr__(self) -> str:
        return f"<metric {self.name}>"

    def __call__(
        self, samples: Sequence[Sample], *, confidence: float = 0.95, **options: Any
    ) -> Interval:
        """The metric of the samples.

        Raises:
            UsageError: An option that the metric does not have, or one missing.
        """
        self._check(options)
        return self.function(samples, confidence=confidence, **options)

    def value(self, samples: Sequence[Sample], **options: Any) -> float:
        """The point estimate alone."""
        return self(samples, **options).value

    def values(self, samples: Sequence[Sample], **options: Any) -> list[float]:
        """One value per sample that the metric looks at, NaN = not scored.

        Of the pairs "binary", "mean" and "preference"; the others have none.

        Which samples those are depends on what was expected only, so the values of two models
        over the same examples are aligned.
        """
        if self.pair not in ("binary", "mean", "preference"):
            raise TypeError(f"{self.name} has no value per sample; use compare()")
        self._check(options)
        if self._each is None:
            return [s.score.value for s in samples]
        return list(self._each(samples, **_taken(self._each, options)))

    def among(self, samples: Sequence[Sample], **options: Any) -> list[bool]:
        """Which samples the metric looks at, shape (n,): those that `values` has a value of."""
        self._check(options)
        if self._among is None:
            return [True] * len(samples)
        return list(self._among(samples, **_taken(self._among, options)))

    def prepare(self, samples: Sequence[Sample], **options: Any) -> Statistic:
        """The metric as a function of sample indices, for resampling."""
        self._check(options)
        if self._counted is not None:
            return self._counted(samples, **_taken(self._counted, options))
        return lambda indices: self.value([samples[i] for i in indices], **options)

    def curve(self, samples: Sequence[Sample], **options: Any) -> Curve:
        """The ROC curve behind the metric ("rank"); every sample must be scored."""
        self._check(options)
        if self._ranked is None:
            raise TypeError(f"{self.name} has no curve")
        return self._ranked(samples, **_taken(self._ranked, options))

    def least(self, samples: Sequence[Sample], **options: Any) -> int | None:
        """Samples of the smallest class that a resampled metric rests on; None = has no classes.

        Under 10 its interval comes with a warning, under 5 there is none.
        """
        self._check(options)
        if self._classes is None:
            return None
        return self._classes(samples, **_taken(self._classes, options))

    def each(self, function: Callable[..., Sequence[float]]) -> Callable[..., Sequence[float]]:
        """Decorator: the values per sample, where they are not `sample.score.value`."""
        self._each = function
        return function

    def looks_at(self, function: Callable[..., Sequence[bool]]) -> Callable[..., Sequence[bool]]:
        """Decorator: which samples have a value in `each`, where not all of them have."""
        self._among = function
        return function

    def counted(self, function: Callable[..., Statistic]) -> Callable[..., Statistic]:
        """Decorator: the metric as a fast function of sample indices."""
        self._counted = function
        return function

    def smallest(self, function: Callable[..., int]) -> Callable[..., int]:
        """Decorator: how many samples the smallest class has."""
        self._classes = function
        return function

    def ranked(self, function: Callable[..., Curve]) -> Callable[..., Curve]:
        """Decorator: the curve whose area the metric is."""
        self._ranked = function
        return function

    def signature(
        self, *, scorer: str | None = None, confidence: float = 0.95, **options: Any
    ) -> str:
        """What the number depends on; two measures may be compared where these are equal.

        Such as "recall|label:refund|scorer:label-logprob|ci:wilson95|v:0.1.0".
        """
        from evalkit import __version__

        self._check(options)
        method = self.function([], confidence=confidence, **options).method
        reader = self.scorer if scorer is None else scorer
        parts = [
            self.name,
            *(f"{key}:{_plain(value)}" for key, value in sorted(options.items())),
            *([f"scorer:{reader}"] if self.scorer else []),
            f"ci:{method}{confidence * 100:g}",
            f"v:{__version__}",
        ]
        return "|".join(parts)

    def _check(self, options: dict[str, Any]) -> None:
        unknown = sorted(options.keys() - self.accepts)
        missing = sorted(self._required - options.keys())
        if unknown:
            raise UsageError(
                f"the metric `{self.name}` has no option `{unknown[0]}`",
                f"options: {', '.join(sorted(self.accepts)) or 'none'}",
            )
        if missing:
            raise UsageError(
                f"the metric `{self.name}` needs a {missing[0]}",
                f"write it as {self.name}[{missing[0].upper()}]",
            )


def metric(
    *, unit: str, better: Better, pair: Pair, scorer: str = "", reads: Reads = "score"
) -> Callable[[Callable[..., Interval]], Metric]:
    """Decorator that makes a function of samples a metric.

    Args:
        unit: Of the value: "share", "score", "characters", ...
        better: Which direction is good.
        pair: How two models are compared on it.
        scorer: Whose samples it reads by default.
        reads: What it needs of a sample.
    """

    def made(function: Callable[..., Interval]) -> Metric:
        return Metric(function, unit=unit, better=better, pair=pair, scorer=scorer, reads=reads)

    return made


def scored(samples: Sequence[Sample]) -> list[Sample]:
    """The samples that have a score."""
    return [s for s in samples if not isnan(s.score.value)]


def _options(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    return frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def _required(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    return frozenset(
        p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty
    )


def _taken(function: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    names = _options(function)
    return {key: value for key, value in options.items() if key in names}


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    return str(value)
