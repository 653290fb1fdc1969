# SPDX-License-Identifier: Apache-2.0
"""What an answer took: seconds and money, for the metrics that every task has unasked.

Seconds hang on the clock, so they stand in no row: metrics read them from samples, which are
values of one run, and files of rows keep none (`timings.jsonl` has them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evalkit.evaluation.asked import Asked
from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.scoring import Facts, Samples
from evalkit.models.price import cost_of, rate_of
from evalkit.models.spec import ModelSpec

__all__ = ["facts_of", "without_unknown"]

UNASKED = ("latency", "tokens")  # where no model has them they are no measures


def facts_of(spec: ModelSpec, asked: Asked) -> Facts:
    """Seconds and money of the answer to question i in repeat k, None where not known.

    Seconds are known of the first repeat; the store keeps them, recordings do not.
    """
    rate = rate_of(spec)
    repeats = asked.repeats or (asked.replies,)

    def of(k: int, i: int) -> tuple[float | None, float | None]:
        reply = repeats[k][i]
        seconds = asked.seconds[i] if k == 0 and i < len(asked.seconds) else None
        if reply.usage is None or reply.finish == "error":
            return seconds, None
        cost = cost_of([reply], rate, batch=asked.batch)
        return seconds, None if cost is None else float(cost)

    return of


def without_unknown(
    metrics: Sequence[Chosen], samples: Mapping[str, Samples], named: Iterable[str]
) -> list[Chosen]:
    """The metrics without those that nobody asked for and no answer has.

    Args:
        metrics: Of the run, the primary first.
        samples: Model name to its samples by scorer.
        named: Metrics that the suite or a gate names: they stay.
    """
    asked = set(named)
    return [
        one
        for one in metrics
        if one.name not in UNASKED or one.name in asked or _known(one.name, one.scorer, samples)
    ]


def _known(name: str, scorer: str, samples: Mapping[str, Samples]) -> bool:
    every = (s for of in samples.values() for repeat in of[scorer] for s in repeat)
    if name == "latency":
        return any(s.seconds is not None for s in every)
    return any(s.reply.usage is not None for s in every)
