# SPDX-License-Identifier: Apache-2.0
"""What all completions begin with."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.ends import common_start
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["completion_prefix"]

_LONG = 5  # characters, openai 0.28.1


@proposal(130, en="take a common start off the completions", zh="去掉回答共同的开头")
def completion_prefix(pairs: Pairs) -> Proposal | None:
    """5 characters and more, but for one blank; not where nothing would be left of a row."""
    answers = pairs.completions
    start = common_start(answers)
    if len(answers) < 2 or len(start) < _LONG or any(len(a) == len(start) for a in answers):
        return None
    size, blank = len(start), " " if start[0] == " " else ""
    return Proposal(
        "optional",
        Phrase(f"all completions begin with {shown(start)}", f"所有回答都以 {shown(start)} 开头"),
        Phrase("take it off: it says nothing", "去掉：它不含信息"),
        rows=lambda rows: [row._replace(completion=blank + row.completion[size:]) for row in rows],
    )
