# SPDX-License-Identifier: Apache-2.0
"""FIL013."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["line_too_long"]


@rule(
    "FIL013",
    scope="bytes",
    broken_only=True,
    severity="error",
    en="the record has {bytes} bytes, more than the limit of {limit}; is a line break missing?",
    zh="该记录有 {bytes} 字节，超过上限 {limit} 字节，是否缺少换行？",
)
def line_too_long(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds lines, and records of JSON documents, of more than 16 MiB (`--max-line-bytes`). Such a record
    is not read: only its beginning is kept, so that memory does not grow with it.
    ## Why is this bad?
    It is far beyond what any model can be trained on in one example; usually a line break is missing
    between records, or a file of another kind was given.
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    """
    broken = example.broken
    if broken is not None and broken.kind == "too-long":
        yield Fault(args={name: broken.args.get(name, "") for name in ("bytes", "limit")})
