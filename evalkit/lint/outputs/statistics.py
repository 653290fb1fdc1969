# SPDX-License-Identifier: Apache-2.0
"""How often each rule was broken, most often first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evalkit.lint.outputs._look import Look, totals, word
from evalkit.lint.result import Result, is_fixable

__all__ = ["statistics"]


def statistics(result: Result, look: Look) -> Iterator[str]:
    """A table: count, code, `[*]` where `--fix` mends all of them, severity, name."""
    counts = Counter((f.code, f.name, f.severity) for f in result.findings)
    unfixable = {f.code for f in result.findings if not is_fixable(f)}
    for (code, name, severity), number in sorted(counts.items(), key=lambda c: (-c[1], c[0][0])):
        star = "   " if code in unfixable else "[*]"
        yield f"{number:>9,}  {code}  {star}  {word(severity.label, look):<7}  {name}"
    yield from totals(result, look)
