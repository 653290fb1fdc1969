# SPDX-License-Identifier: Apache-2.0
"""What all prompts begin with."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.ends import common_start
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["common_prefix"]

_LONG = 12  # characters, openai 0.28.1


@proposal(120, en="take a long common start off the prompts", zh="去掉提示共同的长开头")
def common_prefix(pairs: Pairs) -> Proposal | None:
    """More than 12 characters: a tuned model needs no instruction. No word is cut in two."""
    prompts = pairs.prompts
    start = common_start(prompts)
    if len(prompts) < 2 or len(start) <= _LONG or len(set(prompts)) == 1:
        return None
    size = len(start)
    return Proposal(
        "optional",
        Phrase(f"all prompts begin with {shown(start)}", f"所有提示都以 {shown(start)} 开头"),
        Phrase(
            "take it off: a tuned model needs no instruction, but then never send it",
            "去掉：微调后的模型不需要指令，但调用时也不要再发送",
        ),
        rows=lambda rows: [row._replace(prompt=row.prompt[size:]) for row in rows],
    )
