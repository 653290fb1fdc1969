# SPDX-License-Identifier: Apache-2.0
"""How often each rule was broken, most often first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from evalkit.core.finding import Severity
from evalkit.core.printable import columns, printable
from evalkit.lint.outputs._groups import kinds
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._totals import closing, notes
from evalkit.lint.outputs._words import word
from evalkit.lint.result import Result

__all__ = ["statistics"]


def statistics(result: Result, look: Look) -> Iterator[str]:
    """A table: count, code, `[*]` where `--fix` mends all of them, severity, name."""
    counts: Counter[tuple[str, Severity]] = Counter()
    safe: Counter[tuple[str, Severity]] = Counter()
    codes: dict[str, str] = {}
    for kind in kinds(result):
        counts[kind.name, kind.severity] += kind.number
        safe[kind.name, kind.severity] += kind.safe
        codes[kind.name] = codes.get(kind.name) or kind.code
    order = sorted(counts.items(), key=lambda one: (-one[1], codes[one[0][0]], one[0][0]))
    for (name, severity), number in order:
        star = "[*]" if safe[name, severity] == number else "   "
        label = word(severity.label, look)
        label += " " * (7 - columns(label))
        code = printable(codes[name])
        yield f"{number:>9,}  {code:<6}  {star}  {label}  {printable(name)}"
    yield from notes(result, look)
    yield from closing(result, look)
