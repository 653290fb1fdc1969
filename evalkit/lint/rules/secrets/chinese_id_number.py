# SPDX-License-Identifier: Apache-2.0
"""SEC004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.personal import IDENTITY_NEEDLES, identities, removed, shown
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["chinese_id_number"]


@rule(
    "SEC004",
    scope="example",
    severity="warning",
    fix="unsafe",
    needles=IDENTITY_NEEDLES,
    en="an identity number of a Chinese citizen: {start}… ({length} characters); take it out",
    zh="疑似居民身份证号：{start}…（{length} 个字符）；请删去",
)
def chinese_id_number(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds the 18 characters of a Chinese identity card: place, date of birth and check character must be
    right. The sample of the standard is left alone. A finding shows the first 3 characters, nothing more.
    ## Why is this bad?
    It is sensitive personal information by law (PIPL, article 28). The file is sent to a provider, and a
    model repeats what it has learned.
    ## Example
    {"messages": [{"role": "user", "content": "我的身份证号是379900198704123613"}, {"role": "assistant", "content": "已登记。"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "我的身份证号是[已隐去]"}, {"role": "assistant", "content": "已登记。"}]}
    ## Fix safety
    Unsafe: `[ID]` takes its place, which the model then learns.
    ## References
    GB 11643-1999 and ISO 7064 (MOD 11-2): the check character.
    """
    for pointer, text in texts(example):
        for number, (start, end) in enumerate(identities(text)):
            # One edit mends the whole text, so only the first finding carries it.
            mended = {pointer: removed(text, identities, "[ID]")} if number == 0 else {}
            yield Fault(
                pointer=pointer,
                args={"start": shown(text[start:end]), "length": end - start},
                fix=Fix("unsafe", edits=mended) if mended else None,
            )
