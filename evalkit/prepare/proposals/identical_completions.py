# SPDX-License-Identifier: Apache-2.0
"""One completion for all."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["identical_completions"]


@proposal(106, en="stop where all completions are the same", zh="所有回答都相同时停止")
def identical_completions(pairs: Pairs) -> Proposal | None:
    """The model would say that one thing, whatever it is asked."""
    if len(pairs.rows) < 2 or len(set(pairs.completions)) > 1:
        return None
    said = shown(pairs.rows[0].completion)
    return Proposal(
        "stop",
        Phrase(
            f"all completions are the same: {said}; the model would only repeat it",
            f"所有回答都相同：{said}；模型只会重复它",
        ),
    )
