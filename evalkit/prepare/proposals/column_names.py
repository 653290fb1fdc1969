# SPDX-License-Identifier: Apache-2.0
"""Columns or keys that are called otherwise."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["column_names"]


@proposal(
    10, en="rename columns to `prompt` and `completion`", zh="把列名改为 prompt 和 completion"
)
def column_names(pairs: Pairs) -> Proposal | None:
    """`Prompt` or `问题` becomes `prompt`."""
    renamed = pairs.facts.renamed
    if not renamed:
        return None
    mend = ", ".join(f"{shown(old)} = `{new}`" for old, new in renamed.items())
    return Proposal(
        "necessary",
        Phrase("columns have other names", "列名不同"),
        Phrase(f"take {mend}", f"按 {mend} 读取"),
    )
