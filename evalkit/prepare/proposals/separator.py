# SPDX-License-Identifier: Apache-2.0
"""What marks where a prompt ends."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.ends import common_end, free_separator, mark
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["separator"]

_LONG = 10  # characters, openai 0.28.1


@proposal(110, en="add a separator to the end of the prompts", zh="在提示末尾加上分隔符")
def separator(pairs: Pairs) -> Proposal | None:
    """One that stands in no prompt, where they have none; see `prepare.ends` for what is one."""
    if pairs.task == "open-ended":
        return None
    prompts = pairs.prompts
    end = common_end(prompts)
    known = mark(end)
    new = free_separator(prompts)
    if not known:
        content = shown(end, 30) if end and len(prompts) > 1 else ""
        return Proposal(
            "optional",
            Phrase(
                f"all prompts end with {content}, which is content and no separator"
                if content
                else "no common separator marks the end of the prompts",
                f"所有提示都以 {content} 结尾，但那是内容，不是分隔符"
                if content
                else "提示末尾没有统一的分隔符",
            ),
            Phrase(f"add {shown(new)} to each", f"逐行加上 {shown(new)}"),
            rows=lambda rows: [row._replace(prompt=row.prompt + new) for row in rows],
        )
    inside = [row.line for row in pairs.rows if known in row.prompt[: -len(known)]]
    if not inside and len(known) <= _LONG:
        return None
    trouble = ("is long", "过长")
    if inside:
        trouble = ("stands inside some of them as well", "也出现在一些提示的内部")
    return Proposal(
        "message",
        Phrase(
            f"the common end of the prompts, {shown(known, 40)}, {trouble[0]}; "
            f"{shown(new)} would be free",
            f"提示的共同结尾 {shown(known, 40)} {trouble[1]}；可改用 {shown(new)}",
        ),
        lines=inside,
    )
