# SPDX-License-Identifier: Apache-2.0
"""The two languages that evalkit speaks to its users."""

from __future__ import annotations

import os
from typing import Literal

__all__ = ["Language", "language"]

Language = Literal["en", "zh"]


def language(wanted: str | None = None) -> Language:
    """The language to speak: the one asked for, else the locale's, else English."""
    for value in (wanted, *(os.environ.get(k) for k in ("LC_ALL", "LC_MESSAGES", "LANG"))):
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
