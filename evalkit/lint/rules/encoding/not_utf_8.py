# SPDX-License-Identifier: Apache-2.0
"""ENC002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.result import JSON_CONTAINERS, FileReport
from evalkit.lint.rule import rule

__all__ = ["not_utf_8"]

_FINE = ("utf-8", "utf-8-sig", "utf8", "ascii")


@rule(
    "ENC002",
    scope="bytes",
    broken_only=True,
    severity="error",
    fix="safe",
    en="not UTF-8: {reason}; write it anew as UTF-8",
    zh="不是 UTF-8：{reason_zh}；请转成 UTF-8",
)
def not_utf_8(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds JSONL files in GBK, GB18030, Big5, UTF-16, Windows-1252 and other encodings, and records
    with bytes that are no text. Tables are not its matter: they are converted before any upload, and
    read in the encoding that they have.
    ## Why is this bad?
    Providers read UTF-8 only. Elsewhere the text is refused or learned as mojibake.
    ## Fix safety
    A file that is all of one encoding is decoded and written as UTF-8; the text stays the same. Single
    records with bytes that are no text are left to you.
    ## References
    RFC 8259, 8.1: JSON text "MUST be encoded using UTF-8".
    """
    broken = example.broken
    if broken is not None and broken.kind == "encoding":
        shown = {name: broken.args.get(name, "") for name in ("reason", "reason_zh")}
        yield Fault(args=shown)


@not_utf_8.finish
def whole_file(file: FileReport) -> Iterator[Fault]:
    """Once for a file that is all of another encoding."""
    if file.encoding and file.encoding.lower() not in _FINE and file.container in JSON_CONTAINERS:
        shown = {
            "reason": f"the file is {file.encoding}",
            "reason_zh": f"文件编码是 {file.encoding}",
        }
        yield Fault(args=shown, fix=Fix("safe", transcode=True))
