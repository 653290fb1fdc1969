# SPDX-License-Identifier: Apache-2.0
"""Cells with tabs between them, quoted like CSV."""

from __future__ import annotations

from evalkit.data.writers._delimited import separated, why_not
from evalkit.data.writers._writer import Writer

__all__ = ["tsv"]

tsv = Writer(
    name="tsv",
    suffixes=(".tsv", ".tab"),
    takes="rows",
    write=separated("\t"),
    flat=True,
    why_not=why_not,
)
