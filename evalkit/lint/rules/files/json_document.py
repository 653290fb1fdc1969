# SPDX-License-Identifier: Apache-2.0
"""FIL003."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from evalkit.core.finding import Fault, Fix
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["json_document"]

_LINES = {".jsonl", ".ndjson"}


@rule(
    "FIL003",
    scope="file",
    severity="error",
    fix="safe",
    en="the file is one JSON document, not one object a line; write it as JSONL",
    zh="整个文件是一个 JSON 文档，而不是每行一个对象；请改写为 JSONL",
)
def json_document(file: FileReport, *, targeted: bool = False) -> Iterator[Fault]:
    """## What it does
    Finds files that hold a JSON list of rows, or rows that are printed over several lines. Without a
    target it speaks of files that claim to be lines by their name (`.jsonl`, `.ndjson`) only; with a
    target, of every such file that goes there. Trainers that read documents switch it off.
    ## Why is this bad?
    Providers read line by line: the first line of such a file is `[`.
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    ## Fix safety
    Each row is written on a line of its own; the values stay the same.
    ## References
    OpenAI: "Expected file to have JSONL format, where every line is a JSON dictionary. Line 1 is not a
    dictionary".
    """
    claims = _LINES & {suffix.lower() for suffix in PurePath(file.path).suffixes[-2:]}
    if file.container == "json" and (targeted or claims):
        yield Fault(fix=Fix("safe", transcode=True))
