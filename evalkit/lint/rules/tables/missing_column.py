# SPDX-License-Identifier: Apache-2.0
"""TAB001."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.finding import Fault
from evalkit.core.secrets import quoted
from evalkit.lint.phrase import Phrase
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["missing_column"]

_ROLES = {"user": ("the user", "用户提问"), "assistant": ("the assistant", "助手回答")}
_SHOWN = 12


@rule(
    "TAB001",
    scope="file",
    severity="error",
    en="no column for the text of {roles:en} among {headers}; say which: --columns {columns}",
    zh="各列（{headers}）中没有{roles:zh}一列；请指明：--columns {columns}",
)
def missing_column(file: FileReport) -> Iterator[Fault]:
    """## What it does
    Finds tables with a column for the question and none for the answer, or the other way round. Usual
    headers are known in English and Chinese: question, prompt, instruction, 用户, 问题; answer, completion,
    output, label, 助手, 回答. A table without any of them is not taken for a data set.
    ## Why is this bad?
    There is nothing to learn, or nothing to learn it from.
    """
    missing = [role for role in _ROLES if role not in file.columns]
    if not file.headers or not missing or file.examples:
        return  # where rows were read, the columns were named by the user
    words = [_ROLES[role] for role in missing]
    roles = Phrase(" and ".join(en for en, _ in words), "和".join(zh for _, zh in words))
    names = [quoted(header.strip(), 24) for header in file.headers if header.strip()]
    more = f" +{len(names) - _SHOWN}" if len(names) > _SHOWN else ""
    taken = {*file.columns.values()}
    free = [header.strip() for header in file.headers if header.strip() not in taken]
    known = [f"{role}={quoted(header, 24)}" for role, header in file.columns.items()]
    wanted = [f"{role}={_likely(role, free)}" for role in missing]
    yield Fault(
        args={
            "roles": roles,
            "headers": Phrase(*[", ".join(f"`{name}`" for name in names[:_SHOWN]) + more] * 2),
            "columns": Phrase(*[",".join([*known, *wanted])] * 2),
        }
    )


def _likely(role: str, headers: Sequence[str]) -> str:
    """The header that looks most like one of that role (`anwser`), else the word HEADER."""
    from difflib import get_close_matches

    from evalkit.data.columns import NAMES, simplified

    for header in headers:
        if get_close_matches(simplified(header), NAMES[role], n=1, cutoff=0.75):
            return quoted(header, 24)
    return quoted(headers[0], 24) if len(headers) == 1 else "HEADER"
