# SPDX-License-Identifier: Apache-2.0
"""Rows that stand there more than once."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pair, Pairs, Proposal, proposal

__all__ = ["duplicates"]


@proposal(
    70, en="drop exact duplicates (--keep first|last)", zh="去掉完全相同的行（--keep first|last）"
)
def duplicates(pairs: Pairs) -> Proposal | None:
    """Equal prompt and equal completion, to the character."""
    again = _again(pairs.rows, last=pairs.keep == "last")
    if not again:
        return None
    other = ("an earlier", "前面") if pairs.keep == "first" else ("a later", "后面")
    return Proposal(
        "optional",
        Phrase(f"the same prompt and completion as {other[0]} row", f"与{other[1]}某行完全相同"),
        Phrase(
            f"drop them, keep the {pairs.keep}",
            f"去掉，保留{'第一' if pairs.keep == 'first' else '最后一'}行",
        ),
        lines=[pairs.rows[index].line for index in again],
        rows=lambda rows: [row for index, row in enumerate(rows) if index not in again],
    )


def _again(rows: Sequence[Pair], *, last: bool) -> dict[int, None]:
    """Indices of the rows to drop, in order."""
    seen: set[tuple[str, str]] = set()
    again: list[int] = []
    order = range(len(rows) - 1, -1, -1) if last else range(len(rows))
    for index in order:
        said = (rows[index].prompt, rows[index].completion)
        if said in seen:
            again.append(index)
        seen.add(said)
    return dict.fromkeys(sorted(again))
