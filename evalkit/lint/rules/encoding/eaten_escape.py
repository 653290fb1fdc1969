# SPDX-License-Identifier: Apache-2.0
"""ENC007."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._escapes import NEEDLES, eaten, restored
from evalkit.lint.texts import texts

__all__ = ["eaten_escape"]


@rule(
    "ENC007",
    scope="example",
    severity="warning",
    fix="safe",
    needles=NEEDLES,
    en="a backslash was read as an escape: `{wrong}` stands where `{right}` was meant",
    zh="反斜杠被当作转义读掉了：`{wrong}` 应为 `{right}`",
)
def eaten_escape(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds LaTeX commands and Windows paths whose backslash and first letter became a control character:
    a form feed and `rac` for `\frac`, a tab and `imes` for `\times`, `C:` with a tab and `emp`. Only
    words that are nothing else count.
    ## Why is this bad?
    The model learns to write formulas that no program can set. Such text comes from backslashes that
    were written once in a JSON file or a program where two are needed.
    ## Example
    {"messages": [{"role": "user", "content": "What is half?"}, {"role": "assistant", "content": "It is \frac{1}{2}."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "What is half?"}, {"role": "assistant", "content": "It is \\frac{1}{2}."}]}
    ## Fix safety
    Commands get their backslash and letter back. Paths are left to you: they may be two lines.
    """
    for pointer, text in texts(example):
        found = eaten(text)
        if found:
            right = restored(text)
            fix = Fix("safe", edits={pointer: right}) if right != text else None
            yield Fault(
                pointer=pointer,
                args={"wrong": found[0], "right": _meant(found[0])},
                fix=fix,
            )


def _meant(wrong: str) -> str:
    letters = {"\f": "f", "\b": "b", "\x0b": "v", "\x07": "a", "\t": "t", "\r": "r", "\n": "n"}
    return "".join(f"\\{letters[c]}" if c in letters else c for c in wrong)
