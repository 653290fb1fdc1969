# SPDX-License-Identifier: Apache-2.0
"""Rows of which no prompt and completion can be made."""

from __future__ import annotations

from collections import Counter

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["unusable_rows"]

_MOST = 4  # reasons that are named


@proposal(30, en="leave out rows that cannot be read", zh="不写入无法读取的行")
def unusable_rows(pairs: Pairs) -> Proposal | None:
    """Each with its reason: `evalkit lint` says more of them."""
    found = pairs.facts.set_aside
    if not found:
        return None
    reasons = Counter(found.values()).most_common(_MOST)
    return Proposal(
        "necessary",
        Phrase(
            "cannot be used: " + "; ".join(f"{why.en} ({n:,})" for why, n in reasons),
            "无法使用：" + "；".join(f"{why.zh}（{n:,}）" for why, n in reasons),
        ),
        Phrase("leave them out", "不写入"),
        lines=list(found),
    )
