# SPDX-License-Identifier: Apache-2.0
"""Numbers and truth values where text belongs."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["not_text"]


@proposal(6, en="write numbers as text", zh="把数字写成文本")
def not_text(pairs: Pairs) -> Proposal | None:
    """`{"completion": 3}`: the text is "3". A null is no text: it counts as empty."""
    lines = pairs.facts.spelled
    if not lines:
        return None
    return Proposal(
        "necessary",
        Phrase("a number or a truth value stands where text belongs", "应为文本处是数字或布尔值"),
        Phrase("write it as the text that JSON shows", "按 JSON 中的写法改为文本"),
        lines=lines,
    )
