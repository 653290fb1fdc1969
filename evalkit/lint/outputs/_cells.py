# SPDX-License-Identifier: Apache-2.0
"""Cells that a spreadsheet program takes for text and never for a formula (CWE-1236)."""

from __future__ import annotations

import re

__all__ = ["guarded", "unguarded"]

# What begins a formula in Excel, LibreOffice or Google Sheets, also behind blanks (OWASP, "CSV
# Injection", 2026-11), and in their full-width forms, which Excel takes for the same. Quotes that
# stand before it count as well: else what the guard added could not be told from what was there.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """The text, with a `'` before it where a spreadsheet program might run it."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
