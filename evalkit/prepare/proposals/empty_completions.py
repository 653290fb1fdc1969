# SPDX-License-Identifier: Apache-2.0
"""Rows with nothing to learn."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["empty_completions"]


@proposal(40, en="drop rows without a completion", zh="去掉没有回答的行")
def empty_completions(pairs: Pairs) -> Proposal | None:
    """Empty texts and null; null is never the text "None"."""
    lines = [row.line for row in pairs.rows if not row.completion]
    if not lines:
        return None
    return Proposal(
        "necessary",
        Phrase("the completion is empty or null", "completion 为空或 null"),
        Phrase("drop them: they teach nothing", "去掉：没有可学的内容"),
        lines=lines,
        rows=lambda rows: [row for row in rows if row.completion],
    )
