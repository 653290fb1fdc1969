# SPDX-License-Identifier: Apache-2.0
"""CNT017."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.habits import Habits
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer

__all__ = ["url_only_answer"]

_URL = "url"
_NEEDLES = tuple(
    f'"{before}{scheme}'.encode()
    for before in ("", " ", "<", " <")
    for scheme in ("http://", "https://", "www.")
)


@rule(
    "CNT017",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    needles=_NEEDLES,
    en="the whole answer is an address, unlike most; write out what stands there",
    zh="整个回答只是一个网址，与多数回答不同；请写出其中的内容",
)
def url_only_answer(example: Example, urls: Habits[str]) -> None:
    """## What it does
    Finds answers that are nothing but a URL. Where a tenth of the examples and more answer so, finding
    pages is the task, and nothing is reported. The first 100 are.
    ## Why is this bad?
    A model cannot look a page up while it learns: it learns to make up addresses that look right.
    ## Example
    {"messages": [{"role": "user", "content": "Which trees lose their leaves?"}, {"role": "assistant", "content": "https://example.org/trees"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Which trees lose their leaves?"}, {"role": "assistant", "content": "Oak, beech and larch; see https://example.org/trees."}]}
    """
    last = answer(example)
    if last is not None and _is_url().fullmatch(last.content):
        urls.add(_URL, example, last)


@url_only_answer.finish
def few(urls: Habits[str], file: FileReport) -> Iterator[Fault]:
    """All of them, where they are the exception."""
    number = urls.total()
    if number > 1 and 10 * number >= file.examples:
        return
    for seen in urls.seen(_URL):
        yield Fault(location=seen.location, pointer=seen.pointer)


@cache
def _is_url() -> re.Pattern[str]:
    return re.compile(r" ?<?(?:https?://|www\.)[^\s<>\"]+>?\s*")
