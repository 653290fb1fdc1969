# SPDX-License-Identifier: Apache-2.0
"""Cells with commas between them."""

from __future__ import annotations

from evalkit.data.writers._delimited import separated, why_not
from evalkit.data.writers._writer import Writer

__all__ = ["csv"]

csv = Writer(
    name="csv", suffixes=(".csv",), takes="rows", write=separated(","), flat=True, why_not=why_not
)
