# SPDX-License-Identifier: Apache-2.0
"""CNT004."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, without_code

__all__ = ["placeholder_left"]

_ANYWHERE = (
    r"(?<![A-Za-z0-9\\^_{}$])\{\{\s*[A-Za-z_][A-Za-z0-9_. -]{0,40}\}\}(?!\})"  # not LaTeX's braces
    r"|<[Nn]o ?input>|[Ll]orem ipsum dolor"
)
# In a question they may be what is asked about; in an answer they are what nobody filled in.
_YOUR = ("Your", "your", "YOUR", "Insert", "insert", "INSERT",
         "Enter your", "enter your", "Enter Your", "ENTER YOUR")  # fmt: skip
_WHOSE = ("Company", "company", "COMPANY", "Customer", "customer", "CUSTOMER",
          "Client", "client", "CLIENT", "Recipient", "recipient", "RECIPIENT")  # fmt: skip
_FILL_IN = ("您的", "你的", "请填写", "请输入", "此处填写", "插入")
_IN_ANSWERS = (
    rf"\[(?:{'|'.join(_YOUR)}) [A-Za-z' /]{{2,40}}\]"
    rf"|\[(?:{'|'.join(_WHOSE)})(?:'s|'S)? (?i:name)\]"
    rf"|[\[【](?:{'|'.join(_FILL_IN)})[^\]】\n]{{1,12}}[\]】]"
    r"|\b(?:TODO|TBD|FIXME)\b(?=:|$)|待补充|此处省略"
)
# The answer is nothing but the name of nothing, as tables and templates leave it.
_NOTHING = ("none", "null", "nan", "undefined", "n/a", "nooutput", "todo", "tbd", "xxx")
_WHOLE = frozenset(
    form for word in _NOTHING for form in (word, word.upper(), word.capitalize())
) | {"NaN", "NoOutput", "#N/A", "#REF!"}


def _needles() -> tuple[bytes, ...]:
    words = [
        "{{", "<noinput>", "<Noinput>", "<no input>", "<No input>", "orem ipsum dolor",
        "TODO", "TBD", "FIXME", "待补充", "此处省略",
        *(f"[{word} " for word in _YOUR),
        *(f"[{word}{end}" for word in _WHOSE for end in ("'", " ")),
        *(f"{bracket}{word}" for word in _FILL_IN for bracket in "[【"),
        *(f'"{word}' for word in sorted(_WHOLE)), *(f'{word}"' for word in sorted(_WHOLE)),
    ]  # fmt: skip
    return tuple(word.encode() for word in words)


@rule(
    "CNT004",
    scope="example",
    severity="warning",
    needles=_needles(),
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
    if answers and len(text) < 16 and (word := text.strip()) in _WHOLE:
        # Flush with one end: what stands in JSON beside a quote can be looked for.
        return word if text.startswith(word) or text.endswith(word) else ""
    for pattern in _patterns()[: 1 + answers]:
        if pattern.search(text) and (match := pattern.search(without_code(text))):
            return match.group()
    return ""


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(_ANYWHERE), re.compile(_IN_ANSWERS)
