# SPDX-License-Identifier: Apache-2.0
"""Lines that are no JSON and still mean a row beyond doubt."""

from __future__ import annotations

from collections import Counter

from evalkit.lint.phrase import Phrase
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["broken_rows"]


@proposal(
    5, en="mend lines such as `{…},` that surely mean a row", zh="修复含义明确的坏行，如 `{…},`"
)
def broken_rows(pairs: Pairs) -> Proposal | None:
    """A comma behind the object, a row spread over lines, a raw line break in a text."""
    mended = pairs.facts.mended
    if not mended:
        return None
    reasons = Counter(mended.values()).most_common()
    return Proposal(
        "necessary",
        Phrase(
            "not valid JSON: " + "; ".join(why.en for why, _ in reasons),
            "不是合法的 JSON：" + "；".join(why.zh for why, _ in reasons),
        ),
        Phrase("read them as what they surely mean", "按其明确的含义读取"),
        lines=list(mended),
    )
