# SPDX-License-Identifier: Apache-2.0
"""SCH001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["unknown_format"]


@rule(
    "SCH001",
    scope="shape",
    severity="error",
    en="no known row format: {what}; chat rows have the key `messages`",
    zh="不是已知的数据格式：{what}；对话格式应有键 `messages`",
)
def unknown_format(example: Example, violation: Violation | None) -> Iterator[Fault]:
    """## What it does
    Finds rows that are of no format that evalkit knows, and parts of a row that its format's schema
    does not allow and that no other rule speaks of.
    ## Why is this bad?
    A provider refuses such a row, or a trainer learns from it what nobody meant.
    ## Example
    {"q": "Where is my parcel?", "a": "It arrives tomorrow."}
    ## Use instead
    {"messages": [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "It arrives tomorrow."}]}
    ## References
    OpenAI: "Unexpected file format, expected either prompt/completion pairs or chat messages".
    """
    if violation is None:
        keys = ", ".join(map(str, example.value)) or "{}"
        yield Fault(args={"what": keys})
    else:
        where = violation.pointer or "/"
        yield Fault(pointer=violation.pointer, args={"what": f"{where} ({violation.keyword})"})
