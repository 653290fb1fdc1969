# SPDX-License-Identifier: Apache-2.0
"""Samples of a classification, made by hand."""

import pytest

from evalkit.core.exchange import Reply
from evalkit.core.score import Sample, Score


@pytest.fixture(scope="session")
def labelled():
    """`labelled([("spam", "ham"), ...])`: expected and given; None = no answer, "!" = failed."""

    def make(pairs, probabilities=None):
        given = probabilities or [None] * len(pairs)
        return [
            Sample(
                id=str(i),
                score=Score(float("nan"), why="the request failed")
                if answer == "!"
                else Score(float(answer == expected), answer=answer, probabilities=shares),
                expected=expected,
                reply=Reply(text=answer or ""),
            )
            for i, ((expected, answer), shares) in enumerate(zip(pairs, given, strict=True))
        ]

    return make
