# SPDX-License-Identifier: Apache-2.0
"""How completions begin."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pair, Pairs, Proposal, proposal

__all__ = ["leading_blank"]


@proposal(150, en="begin each completion with one blank", zh="每条回答以一个空格开头")
def leading_blank(pairs: Pairs) -> Proposal | None:
    """The tokens of words begin with their blank (openai 0.28.1)."""
    lines = [row.line for row in pairs.rows if not row.completion.startswith(" ")]
    if not lines:
        return None
    return Proposal(
        "optional",
        Phrase("the completion does not begin with a blank", "回答不以空格开头"),
        Phrase("add it: the tokens of words begin with one", "加上：词元以空格开头"),
        lines=lines,
        rows=_begun,
    )


def _begun(rows: Sequence[Pair]) -> list[Pair]:
    return [
        row if row.completion.startswith(" ") else row._replace(completion=f" {row.completion}")
        for row in rows
    ]
