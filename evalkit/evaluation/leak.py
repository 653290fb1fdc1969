# SPDX-License-Identifier: Apache-2.0
"""Held-out rows that the model was trained on: what they show is memory."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.printable import printable
from evalkit.data.similarity import prompt_key
from evalkit.evaluation.questions import Question
from evalkit.evaluation.suite import Suite

__all__ = ["check_held_out", "leaked"]


def leaked(questions: Sequence[Question], train: Sequence[Example]) -> int:
    """How many of the questions stand in the training examples too."""
    seen = {prompt_key(example.messages) for example in train}
    return sum(prompt_key(question.example.messages) in seen for question in questions)


def check_held_out(suite: Suite, questions: Sequence[Question], train: Sequence[Example]) -> None:
    """Ask nothing where most of the test set was trained on; a few such rows are counted instead.

    A model that is measured alone, without a gate, gets no verdict that could be wrong: it passes.

    Raises:
        UsageError: Half of the questions or more stand in the training file.
    """
    if not (suite.compare or suite.gates):
        return
    known = leaked(questions, train)
    if known and 2 * known >= len(questions):
        raise UsageError(
            f"{known:,} of {len(questions):,} rows of {printable(str(suite.data))} also stand in "
            f"the training file {printable(str(suite.train))}: no verdict on them says anything",
            "take a held-out set (`evalkit split` makes one); or leave `train` out of the suite "
            "if you mean to see what was learned by heart",
        )
