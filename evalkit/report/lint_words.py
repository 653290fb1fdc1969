# SPDX-License-Identifier: Apache-2.0
"""The words of the page of a lint, in both languages."""

from __future__ import annotations

import re

from evalkit.core.errors import UsageError
from evalkit.page.markup import data
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, same, say

__all__ = ["counted", "fix_name", "path_name", "rule_says", "severity_name"]

_NOUNS = {
    "error": ("error", "errors", "个错误"),
    "warning": ("warning", "warnings", "个警告"),
    "info": ("info", "infos", "个提示"),
    "file": ("file", "files", "个文件"),
    "example": ("example", "examples", "个样本"),
}
_SEVERITIES = {
    "error": say("error", "错误"),
    "warning": say("warning", "警告"),
    "info": say("info", "提示"),
}
_FIXES = {
    "safe": say("--fix mends it", "--fix 可修复"),
    "unsafe": say(
        "--unsafe-fixes mends it but may change what it says: see --diff first",
        "--unsafe-fixes 可修复，但可能改变含义，请先看 --diff",
    ),
    "drop": say("--drop sets the row aside", "--drop 把该行移出"),
}
_ARGUMENT = re.compile(r"\{[^{}]*\}")


def counted(number: int, noun: str) -> Phrase:
    """`1 error`, `2 errors`, `2 个错误`; nouns: error, warning, info, file, example."""
    one, many, zh = _NOUNS[noun]
    return say(f"{{n}} {one if number == 1 else many}", f"{{n}} {zh}", n=count(number))


def severity_name(label: str) -> Phrase:
    """error, warning or info."""
    return _SEVERITIES[label]


def fix_name(safety: str | None) -> Phrase:
    """How it is mended; empty where that is done by hand."""
    return _FIXES.get(safety or "", same(""))


def path_name(path: str) -> Phrase:
    """A file; what lies between files has no path."""
    return same(data(path, 120)) if path else say("between the files", "文件之间")


def rule_says(name: str) -> Phrase:
    """The rule's message in both languages, its arguments left open; empty for unknown rules."""
    from evalkit.lint.catalogue import rule_named

    try:
        messages = rule_named(name).messages
    except UsageError:
        return same("")
    en, zh = (data(_ARGUMENT.sub("…", messages[language])) for language in ("en", "zh"))
    return Phrase(en, zh)
