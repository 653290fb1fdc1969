# SPDX-License-Identifier: Apache-2.0
"""More than two columns or keys."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["extra_columns"]


@proposal(20, en="drop every other column", zh="去掉其余的列")
def extra_columns(pairs: Pairs) -> Proposal | None:
    """Only the prompt and the completion are trained on."""
    dropped = pairs.facts.dropped
    if not dropped:
        return None
    named = ", ".join(f"{shown(name)} ({rows:,})" for name, rows in list(dropped.items())[:10])
    more = f" + {len(dropped) - 10}" if len(dropped) > 10 else ""
    return Proposal(
        "necessary",
        Phrase(
            f"further columns, with their rows: {named}{more}", f"多余的列及行数：{named}{more}"
        ),
        Phrase("leave them out", "不写入"),
    )
