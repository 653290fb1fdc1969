# SPDX-License-Identifier: Apache-2.0
"""One prompt for all."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["identical_prompts"]


@proposal(105, en="stop where all prompts are the same", zh="所有提示都相同时停止")
def identical_prompts(pairs: Pairs) -> Proposal | None:
    """Nothing can be learned from a prompt that never changes."""
    different = set(pairs.prompts)
    if len(pairs.rows) < 2 or len(different) > 1 or different == {""}:
        return None
    return Proposal(
        "stop",
        Phrase(
            f"all prompts are the same: {shown(pairs.rows[0].prompt)}; leave them empty for free "
            "generation, else make them differ",
            f"所有提示都相同：{shown(pairs.rows[0].prompt)}；自由生成请留空，否则应各不相同",
        ),
    )
