# SPDX-License-Identifier: Apache-2.0
"""One label against the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

from evalkit.core.score import Sample
from evalkit.metrics._confusion import Labels
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["Outcomes", "one_against_rest", "smaller_side"]

_NEITHER, _HIT, _FALSE_ALARM, _MISS, _UNSCORED = range(5)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What happened to a label: for each sample a code, and how often each occurs."""

    codes: Sequence[int]

    @property
    def hits(self) -> int:
        """Expected and given."""
        return self.codes.count(_HIT)

    @property
    def false_alarms(self) -> int:
        """Given, not expected."""
        return self.codes.count(_FALSE_ALARM)

    @property
    def misses(self) -> int:
        """Expected, not given."""
        return self.codes.count(_MISS)

    @property
    def unscored(self) -> int:
        """Left out."""
        return self.codes.count(_UNSCORED)

    def counts(self, statistic: Callable[[Array, Array, Array], Array]) -> Counts:
        """For resampling: `statistic` maps hits, false alarms and misses to values."""
        import numpy as np

        def of(counts: Array) -> Array:
            with np.errstate(invalid="ignore", divide="ignore"):  # 0/0 is NaN: undefined
                return statistic(counts[:, _HIT], counts[:, _FALSE_ALARM], counts[:, _MISS])

        return Counts(np.array(self.codes, dtype=np.int64), _UNSCORED + 1, of)


def one_against_rest(samples: Sequence[Sample], label: str) -> Outcomes:
    """Code each sample by whether the label was expected and given."""
    known = Labels([label, *{s.expected for s in samples}])  # "A" is not "a" where both are labels
    wanted = known.place(label)
    codes = []
    for sample in samples:
        if isnan(sample.score.value):
            codes.append(_UNSCORED)
            continue
        expected = known.place(sample.expected) == wanted
        given = known.place(sample.score.answer) == wanted
        codes.append(
            (_HIT if given else _MISS) if expected else (_FALSE_ALARM if given else _NEITHER)
        )
    return Outcomes(codes)


def smaller_side(samples: Sequence[Sample], label: str) -> int:
    """Scored samples that expect the label, or another one, whichever are fewer."""
    seen = one_against_rest(samples, label)
    those = seen.hits + seen.misses
    return min(those, len(seen.codes) - seen.unscored - those)
