# SPDX-License-Identifier: Apache-2.0
"""CNT004."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of

__all__ = ["placeholder_left"]

_ANYWHERE = re.compile(
    r"(?<![A-Za-z0-9\\^_{}$])\{\{\s*[A-Za-z_][A-Za-z0-9_. -]{0,40}\}\}(?!\})"  # not LaTeX's braces
    r"|<[Nn]o ?input>|[Ll]orem ipsum dolor"
)
# In a question they may be what is asked about; in an answer they are what nobody filled in.
_IN_ANSWERS = re.compile(
    r"\[(?i:(?:(?:enter |insert )?your|insert) [a-z' /]{2,40}|(?:company|customer|client|recipient)(?:'s)? name)\]"
    r"|[\[【](?:您的|你的|请填写|请输入|此处填写|插入)[^\]】\n]{1,12}[\]】]"
    r"|\b(?:TODO|TBD|FIXME)\b(?=:|$)|待补充|此处省略"
)
# One of these stands in every match: most texts hold none.
_HINTS = ("{{", "input>", "orem ipsum")
_ANSWER_HINTS = ("[", "【", "TODO", "TBD", "FIXME", "待补充", "此处省略")
_WHOLE = frozenset(
    {"none", "null", "nan", "undefined", "n/a", "nooutput", "todo", "tbd", "xxx", "#n/a", "#ref!"}
)
_FENCE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


@rule(
    "CNT004",
    scope="example",
    severity="warning",
    en="a placeholder was left in the {role} message: `{text}`",
    zh="{role} 消息里留有占位符：`{text}`",
)
def placeholder_left(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds `{{name}}`, `<noinput>`, lorem ipsum, and in answers also `[Your Name]`, 【您的姓名】, `TODO:`,
    and texts that are nothing but None, null, nan, N/A or xxx. Code is left out.
    ## Why is this bad?
    The template was never filled in, or a table's empty cell became a word; the model learns to say it.
    ## Example
    {"messages": [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "I am {{name}}."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "I am Ada."}]}
    """
    for message in example.messages:
        text = message.text
        if not text or message.role == "tool":
            continue
        if found := _placeholder(text, answers=message.role == "assistant"):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role, "text": found})


def _placeholder(text: str, *, answers: bool) -> str:
    if answers and len(text) < 16 and text.strip().lower() in _WHOLE:
        return text.strip()
    for pattern, hints in ((_ANYWHERE, _HINTS), (_IN_ANSWERS, _ANSWER_HINTS))[: 1 + answers]:
        if any(hint in text for hint in hints) and (match := pattern.search(text)):
            outside = _FENCE.sub("", text) if "`" in text else text
            if match := pattern.search(outside):
                return match.group()
    return ""
