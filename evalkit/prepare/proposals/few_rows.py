# SPDX-License-Identifier: Apache-2.0
"""Less than a hundred rows."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["few_rows"]

_FEW = 100  # openai 0.28.1


@proposal(50, en="say that there are less than 100 rows", zh="提示不足 100 行")
def few_rows(pairs: Pairs) -> Proposal | None:
    """Says so; more examples help more than anything else."""
    count = len(pairs.rows)
    if count >= _FEW:
        return None
    rows = "row" if count == 1 else "rows"
    return Proposal(
        "message",
        Phrase(
            f"{count} {rows}: a few hundred are advised, and each doubling tends to help as much "
            "as the one before",
            f"只有 {count} 行：建议至少几百行，数量每翻一倍，效果大致同等提升",
        ),
    )
