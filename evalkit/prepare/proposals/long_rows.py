# SPDX-License-Identifier: Apache-2.0
"""Rows that no legacy model could read whole."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pair, Pairs, Proposal, proposal

__all__ = ["long_rows"]

_LONG = 10_000  # characters, for the 2,048 tokens of the models of 2022 (openai 0.28.1)


@proposal(80, en="drop rows of more than 10,000 characters", zh="去掉超过 10,000 个字符的行")
def long_rows(pairs: Pairs) -> Proposal | None:
    """Prompt and completion together; texts for free generation may have any length."""
    if pairs.task == "open-ended":
        return None
    lines = [row.line for row in pairs.rows if _long(row)]
    if not lines:
        return None
    return Proposal(
        "optional",
        Phrase(
            f"more than {_LONG:,} characters, about 2,048 tokens",
            f"超过 {_LONG:,} 个字符，约 2,048 个词元",
        ),
        Phrase("drop them: their ends would be cut off", "去掉：结尾会被截断"),
        lines=lines,
        rows=lambda rows: [row for row in rows if not _long(row)],
    )


def _long(row: Pair) -> bool:
    return len(row.prompt) + len(row.completion) > _LONG
