# SPDX-License-Identifier: Apache-2.0
"""SCH002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.core.secrets import quoted
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_messages"]


@rule(
    "SCH002",
    scope="shape",
    severity="error",
    en="no conversation: {what:en}",
    zh="没有对话：{what:zh}",
    aliases=("missing_messages_list",),
)
def missing_messages(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds rows whose list of messages is absent, empty, null, or something else than a list.
    ## Why is this bad?
    There is nothing to learn; providers refuse the file.
    ## Example
    {"messages": []}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    OpenAI: "missing key 'messages'". The cookbook's check calls it `missing_messages_list`.
    """
    where = f"`{quoted(violation.pointer)}`"
    if violation.missing:
        key = f"`{violation.missing}`"
        place, place_zh = (f" in {where}", f"{where} ") if violation.pointer else ("", "")
        what = Phrase(f"{key} is missing{place}", f"{place_zh}缺少 {key}")
    elif violation.keyword == "minItems":
        what = Phrase(f"{where} is empty", f"{where} 是空列表")
    elif violation.keyword == "anyOf":
        keys = "`messages`, `conversations`, `instruction`"
        what = Phrase(f"one of {keys} is missing", f"缺少 {keys} 之一")
    else:
        what = Phrase(f"{where} is not a list of messages", f"{where} 不是消息列表")
    yield Fault(pointer=violation.pointer, args={"what": what})
