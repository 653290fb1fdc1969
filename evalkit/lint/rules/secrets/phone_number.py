# SPDX-License-Identifier: Apache-2.0
"""SEC003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.personal import PHONE_NEEDLES, may_hold_phones, phones, removed, shown
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["phone_number"]


@rule(
    "SEC003",
    scope="example",
    severity="info",
    fix="unsafe",
    needles=PHONE_NEEDLES,
    en="a telephone number: {start}… ({length} characters); put a made-up one in its place",
    zh="电话号码：{start}…（{length} 个字符）；请换成虚构的号码",
)
def phone_number(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds mobile numbers of China, and numbers that are written internationally (`+49 …`). Samples such as
    +1 202 555 0100 and 13812345678, round sums, and digits of longer numbers are left alone. A finding shows
    the first 3 characters, nothing more.
    ## Why is this bad?
    The file is sent to a provider, and a model repeats what it has learned: strangers get called.
    ## Example
    {"messages": [{"role": "user", "content": "Call me: +49 30 23125 017"}, {"role": "assistant", "content": "Noted."}]}
    {"messages": [{"role": "user", "content": "我的手机号是14577031942"}, {"role": "assistant", "content": "已记录。"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Call me: +1 202 555 0100"}, {"role": "assistant", "content": "Noted."}]}
    ## Fix safety
    Unsafe: `[PHONE]` takes its place, which the model then learns.
    ## References
    ITU-T E.164: at most 15 digits after the plus sign.
    """
    raw = example.raw  # what a number is written with is only ever escaped as \u00..
    if not may_hold_phones(example.scanned if b"\\u00" in raw else raw):
        return
    for pointer, text in texts(example):
        for number, (start, end) in enumerate(phones(text)):
            # One edit mends the whole text, so only the first finding carries it.
            mended = {pointer: removed(text, phones, "[PHONE]")} if number == 0 else {}
            yield Fault(
                pointer=pointer,
                args={"start": shown(text[start:end]), "length": end - start},
                fix=Fix("unsafe", edits=mended) if mended else None,
            )
