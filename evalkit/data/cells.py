# SPDX-License-Identifier: Apache-2.0
"""Cells that a spreadsheet program takes for text and never for a formula (CWE-1236)."""

from __future__ import annotations

import re

__all__ = ["column_letters", "guarded", "unguarded"]

# What begins a formula in Excel, LibreOffice or Google Sheets, also behind blanks (OWASP, "CSV
# Injection", 2026-11), and in their full-width forms, which Excel takes for the same. Quotes that
# stand before it count as well: else what the guard added could not be told from what was there.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")
# What begins with a `'` and is no guard: a short quotation, as in "'-ly' makes adverbs".
_QUOTATION = re.compile(r"'[=+\-@＝＋－＠][^'\r\n]{0,40}'(?!\w)")


def guarded(text: str) -> str:
    """The text, with a `'` before it where a spreadsheet program might run it.

    A text that would then look like a quotation gets two; one that is a quotation begins with a
    `'` of its own and stays as it is.
    """
    if not _FORMULA.match(text) or _QUOTATION.match(text):
        return text
    return f"''{text}" if _QUOTATION.match(f"'{text}") else f"'{text}"


def unguarded(text: str) -> str:
    """The text that was guarded: the inverse of `guarded` for every text."""
    if not text.startswith("'") or not _FORMULA.match(text) or _QUOTATION.match(text):
        return text
    return text[2:] if _QUOTATION.match(text, 1) else text[1:]


def column_letters(index: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
