# SPDX-License-Identifier: Apache-2.0
"""ENC010."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["unpaired_surrogate"]


@rule(
    "ENC010",
    scope="bytes",
    broken_only=True,
    severity="error",
    en="half of a character (an unpaired surrogate) that UTF-8 cannot hold; restore the character",
    zh="只有半个字符（未配对的代理项），UTF-8 无法表示；请补全该字符",
)
def unpaired_surrogate(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds rows with half of a surrogate pair: `\ud83d` without `\ude00` behind it, or the three bytes
    that stand for such a half. It is what is left of an emoji that was cut in the middle.
    ## Why is this bad?
    No such character exists. Python reads the escape and fails when it writes the text; strict parsers
    refuse the row.
    ## Example
    {"messages": [{"role": "user", "content": "Great \ud83d"}, {"role": "assistant", "content": "Thanks!"}]}
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Great \ud83d\ude00"}, {"role": "assistant", "content": "Thanks!"}]}
    ## References
    RFC 8259, 8.2: the behaviour of software that receives unpaired surrogates is unpredictable.
    """
    if example.broken is not None and example.broken.kind == "surrogate":
        yield Fault()
