# SPDX-License-Identifier: Apache-2.0
"""CNT009."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, without_code

__all__ = ["merged_examples"]

_WORDS = ("Instruction", "INSTRUCTION", "指令")
_COLONS = (":", " :", "：", " ：")


@rule(
    "CNT009",
    scope="example",
    severity="warning",
    needles=tuple(f"{word}{colon}".encode() for word in _WORDS for colon in _COLONS),
    en="another example begins inside the {role} message: `{text}`; cut it off, or make it a row",
    zh="{role} 消息里又开始了另一个样本：`{text}`；请截去，或另写成一行",
)
def merged_examples(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds messages in which the next example begins: a line such as `18. Instruction:`, mostly after
    a line of `##`. Points of a numbered list, and code, are left alone.
    ## Why is this bad?
    Models that were asked to invent examples number them, and a script that cuts at the wrong mark
    puts two into one: the model learns to go on with a task that nobody gave.
    ## Example
    {"messages": [{"role": "user", "content": "Greet a guest"}, {"role": "assistant", "content": "Welcome!\n##\n18. Instruction: Name a tree\n18. Output: Oak"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Greet a guest"}, {"role": "assistant", "content": "Welcome!"}]}
    {"messages": [{"role": "user", "content": "Name a tree"}, {"role": "assistant", "content": "Oak"}]}
    ## References
    AlpacaDataCleaned, README: one of the kinds of faults of the Alpaca set, whose prompt numbers its tasks.
    """
    for message in example.messages:
        text = message.text
        if message.role not in ("user", "assistant") or not _next().search(text):
            continue
        if found := _begins(without_code(text)):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role, "text": found})


def _begins(text: str) -> str:
    for match in _next().finditer(text):
        before = rf"^[ \t]*{int(match['number']) - 1}[.)、] ?(?!(?:in|out)put|输[入出])"
        if not re.search(before, text[: match.start()], re.MULTILINE | re.IGNORECASE):
            return match.group().strip()
    return ""


@cache
def _next() -> re.Pattern[str]:
    words, colon = "|".join(_WORDS), " ?[:：]"
    return re.compile(rf"^[ \t]*(?P<number>\d{{1,4}})[.)、] ?(?:{words}){colon}", re.MULTILINE)
