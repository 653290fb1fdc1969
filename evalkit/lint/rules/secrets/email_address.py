# SPDX-License-Identifier: Apache-2.0
"""SEC002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.personal import EMAIL_NEEDLES, emails, removed, shown
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["email_address"]


@rule(
    "SEC002",
    scope="example",
    severity="info",
    fix="unsafe",
    needles=EMAIL_NEEDLES,
    en="an e-mail address: {start}… ({length} characters); put a made-up one of example.com in its place",
    zh="电子邮箱地址：{start}…（{length} 个字符）；请换成 example.com 的虚构地址",
)
def email_address(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds e-mail addresses that may be a person's. Those of example.com, test@test and the like are made up,
    noreply@ and git@ are nobody's: they are left alone. A finding shows the first 3 characters, nothing more.
    ## Why is this bad?
    The file is sent to a provider, and a model repeats what it has learned: the address of a customer in an
    answer to another one.
    ## Example
    {"messages": [{"role": "user", "content": "Write to ada.byron@engine-mail.net"}, {"role": "assistant", "content": "Done."}]}
    {"messages": [{"role": "user", "content": "我的邮箱是zhang.wei@yanfa-bumen.com.cn，请回复"}, {"role": "assistant", "content": "好的。"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Write to ada@example.com"}, {"role": "assistant", "content": "Done."}]}
    ## Fix safety
    Unsafe: `[EMAIL]` takes its place, which the model then learns.
    ## References
    RFC 2606: example.com, example.net and example.org are reserved for samples.
    """
    for pointer, text in texts(example):
        for number, (start, end) in enumerate(emails(text)):
            # One edit mends the whole text, so only the first finding carries it.
            mended = {pointer: removed(text, emails, "[EMAIL]")} if number == 0 else {}
            yield Fault(
                pointer=pointer,
                args={"start": shown(text[start:end]), "length": end - start},
                fix=Fix("unsafe", edits=mended) if mended else None,
            )
