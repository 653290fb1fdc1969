# SPDX-License-Identifier: Apache-2.0
"""ENC001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.result import JSON_CONTAINERS, FileReport
from evalkit.lint.rule import rule

__all__ = ["byte_order_mark"]


@rule(
    "ENC001",
    scope="file",
    severity="info",
    default=False,
    fix="safe",
    en="the file begins with a byte order mark; write it without one",
    zh="文件以 BOM（字节顺序标记）开头，请去掉",
)
def byte_order_mark(file: FileReport) -> Iterator[Fault]:
    """## What it does
    Finds JSONL files that begin with U+FEFF (bytes EF BB BF in UTF-8). Excel and Notepad write it.
    Off unless the target minds it: evalkit and many trainers read such files.
    ## Why is this bad?
    A strict parser takes the mark for a part of the first record and refuses line 1.
    ## Fix safety
    The three bytes are removed; the text stays the same.
    ## References
    OpenAI: "Line 1 is not a dictionary (HINT: line starts with ...)". RFC 8259, 8.1: "MUST NOT add
    a byte order mark". Azure's documentation of 2025-04 asked for the mark, later ones do not.
    """
    if file.bom and file.container in JSON_CONTAINERS:
        yield Fault(fix=Fix("safe", transcode=True))
