# SPDX-License-Identifier: Apache-2.0
"""Completions that are labels."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["classification"]


@proposal(
    85, en="split labelled rows into _train and _valid", zh="把带标签的行分为 _train 和 _valid"
)
def classification(pairs: Pairs) -> Proposal | None:
    """Fewer different completions than a third of the rows: hold some out to measure with."""
    if pairs.task != "classification":
        return None
    labels = len(set(pairs.completions))
    return Proposal(
        "optional",
        Phrase(
            f"the completions are {labels} labels: this is classification",
            f"回答是 {labels} 个标签：这是分类任务",
        ),
        Phrase(
            "hold a fifth of the rows out (at most 1,000), to measure with",
            "留出五分之一的行（至多 1,000）用于评估",
        ),
    )
