# SPDX-License-Identifier: Apache-2.0
"""SEC001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.secrets import NEEDLES, found, removed
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["secret"]


@rule(
    "SEC001",
    scope="bytes",  # a row that is wrong otherwise is sent off all the same
    severity="error",
    fix="unsafe",
    needles=NEEDLES,
    en="looks like a secret ({kind}): {start}… ({length} characters); revoke it, then remove it",
    zh="疑似密钥（{kind}）：{start}…（{length} 个字符）；请先吊销，再删除",
)
def secret(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds keys and tokens of OpenAI, Anthropic, Hugging Face, Google, AWS, GitHub and Slack, JSON web
    tokens and private keys, in rows that are broken otherwise, too. A finding shows the first 4 characters and the length, nothing more.
    ## Why is this bad?
    The file is sent to a provider, and a model repeats what it has learned. Taking the key out of the
    file is not enough: revoke it.
    ## Use instead
    {"messages": [{"role": "user", "content": "My key is sk-..."}, {"role": "assistant", "content": "Keep it to yourself."}]}
    ## Fix safety
    Unsafe: `[REDACTED]` takes its place, which the model then learns.
    """
    if example.broken is not None:
        strings = iter([("", example.raw.decode("utf-8", "replace"))])
    else:
        strings = texts(example)
    for pointer, text in strings:
        for number, one in enumerate(found(text)):
            # One edit mends the whole text, so only the first finding carries it.
            fix = None
            if number == 0 and example.broken is None:
                fix = Fix("unsafe", edits={pointer: removed(text)})
            shown = {"kind": one.kind, "start": text[one.start : one.start + 4]}
            yield Fault(pointer=pointer, args={**shown, "length": one.end - one.start}, fix=fix)
