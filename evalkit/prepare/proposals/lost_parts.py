# SPDX-License-Identifier: Apache-2.0
"""The layout of the input holds what a prompt and a completion have no place for."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["lost_parts"]


@proposal(
    2,
    en="say what prompts and completions cannot hold",
    zh="说明 prompt 和 completion 无法容纳的内容",
)
def lost_parts(pairs: Pairs) -> Proposal | None:
    """System prompts, tools and the like are gone afterwards: whoever goes on should know."""
    lost = sorted(pairs.facts.lost.items())
    if not lost:
        return None
    named = "; ".join(f"{what} ({rows:,})" for what, rows in lost)
    return Proposal(
        "message",
        Phrase(
            f"warning: prompts and completions have no place for these, they will be lost: {named}",
            f"注意：prompt/completion 无法容纳以下内容，将会丢失：{named}",
        ),
    )
