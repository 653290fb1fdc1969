# SPDX-License-Identifier: Apache-2.0
"""Capitals: what both columns are asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pair, Pairs, Proposal

__all__ = ["lower_case"]


def lower_case(pairs: Pairs, column: Literal["prompt", "completion"]) -> Proposal | None:
    """Proposes lower case where upper letters are more than a third (openai 0.28.1)."""
    texts = pairs.prompts if column == "prompt" else pairs.completions
    upper = sum(_upper(text) for text in texts)
    lower = sum(_lower(text) for text in texts)
    if upper * 2 <= lower:
        return None

    def lowered(rows: Sequence[Pair]) -> list[Pair]:
        if column == "prompt":
            return [row._replace(prompt=row.prompt.lower()) for row in rows]
        return [row._replace(completion=row.completion.lower()) for row in rows]

    lines = [row.line for row, text in zip(pairs.rows, texts, strict=True) if text != text.lower()]
    share = f"{upper / (upper + lower):.0%}"
    return Proposal(
        "optional",
        Phrase(
            f"{share} of the cased letters in the column `{column}` are capitals",
            f"`{column}` 列中 {share} 的字母是大写",
        ),
        Phrase("write them in lower case, if they mean the same", "若含义不变，改为小写"),
        lines=lines,
        rows=lowered,
    )


def _upper(text: str) -> int:
    return sum(map(str.isupper, text))


def _lower(text: str) -> int:
    return sum(map(str.islower, text))
