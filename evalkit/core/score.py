# SPDX-License-Identifier: Apache-2.0
"""What a scorer says of one answer (Score), and the row that metrics read (Sample)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from evalkit.core.exchange import Reply

__all__ = ["Fault", "Sample", "Score"]

Fault = Literal["", "scorer", "asking", "reading", "row"]
"""What left an answer unscored that is not the answer's doing: the scorer raised or returned no
score; a request of it failed; what its model said cannot be read; the row lacks what it names."""


@dataclass(frozen=True, slots=True)
class Score:
    """The worth of one answer.

    Attributes:
        value: Usually in [0, 1]; NaN = cannot say (then `why` says why), never 0.0 for that.
        answer: What was read out of the reply: the label, the number, the normalised text.
        why: One line.
        probabilities: Label to probability, for scorers that read them.
        covered: Probability mass that the labels cover, in [0, 1].
        parts: What a metric of the whole corpus sums over answers, such as counts of n-grams.
        fault: Of whom it is that there is no value; "" where there is one, or where that is told
            otherwise.
    """

    value: float
    answer: str | None = None
    why: str = ""
    probabilities: Mapping[str, float] | None = None
    covered: float | None = None
    parts: tuple[float, ...] | None = None
    fault: Fault = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One scored answer of one model to one example.

    Attributes:
        id: Of the example; the same for every model, so that models are compared pairwise.
        score: By the scorer of the metric.
        expected: The expected text or label.
        reply: The answer.
        slices: Field to value, such as {"lang": "zh"}.
        cluster: Of examples that belong together; None = each is its own.
        seconds: That the model took; None where not known (recordings have no time).
        cost: Of the answer, in the currency of the model's price; None where not known.
    """

    id: str
    score: Score
    expected: str
    reply: Reply
    slices: Mapping[str, str] = field(default_factory=dict)
    cluster: str | None = None
    seconds: float | None = None
    cost: float | None = None
