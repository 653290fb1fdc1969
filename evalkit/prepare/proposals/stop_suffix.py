# SPDX-License-Identifier: Apache-2.0
"""What marks where a completion ends."""

from __future__ import annotations

from evalkit.lint.phrase import Phrase
from evalkit.prepare.ends import common_end, free_stop, mark, only_punctuation
from evalkit.prepare.plan import shown
from evalkit.prepare.proposal import Pairs, Proposal, proposal

__all__ = ["stop_suffix"]

_LONG = 10  # characters, openai 0.28.1


@proposal(140, en="add a stop sequence to the end of the completions", zh="在回答末尾加上停止符")
def stop_suffix(pairs: Pairs) -> Proposal | None:
    """One that stands in no completion, where they have none; labels need none.

    The full stop of a sentence is a stop sequence only where no completion has two sentences.
    """
    if pairs.task != "conditional":
        return None
    answers = pairs.completions
    end = common_end(answers)
    known = mark(end)
    new = free_stop(answers)
    inside = [row.line for row in pairs.rows if known and known in row.completion[: -len(known)]]
    if not known or (inside and only_punctuation(known)):
        content = shown(end, 30) if end and len(answers) > 1 else ""
        return Proposal(
            "optional",
            Phrase(
                f"all completions end with {content}, which is content and no stop sequence"
                if content
                else "no common stop sequence marks the end of the completions",
                f"所有回答都以 {content} 结尾，但那是内容，不是停止符"
                if content
                else "回答末尾没有统一的停止符",
            ),
            Phrase(f"add {shown(new)} to each", f"逐行加上 {shown(new)}"),
            rows=lambda rows: [row._replace(completion=row.completion + new) for row in rows],
        )
    if not inside and len(known) <= _LONG:
        return None
    trouble = ("is long", "过长")
    if inside:
        trouble = (
            "stands inside some of them as well: they would be cut off there",
            "也出现在一些回答的内部，会在那里被截断",
        )
    return Proposal(
        "message",
        Phrase(
            f"the common end of the completions, {shown(known, 40)}, {trouble[0]}; "
            f"{shown(new)} would be free",
            f"回答的共同结尾 {shown(known, 40)} {trouble[1]}；可改用 {shown(new)}",
        ),
        lines=inside,
    )
