# SPDX-License-Identifier: Apache-2.0
"""What a command asks of where it prints: a file or not, colours, letters that can be drawn."""

from __future__ import annotations

import os
import sys

__all__ = ["colours", "draws_blocks", "to_file"]


def to_file(path: str | None) -> bool:
    """Whether `-o` names a file; `-` and nothing mean standard output."""
    return path is not None and path != "-"


def colours() -> bool:
    """Whether standard output takes colours (NO_COLOR, FORCE_COLOR, or a terminal)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def draws_blocks() -> bool:
    """Whether standard output's encoding has the letters of small charts."""
    try:
        "▁█→–".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
