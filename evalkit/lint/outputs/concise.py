# SPDX-License-Identifier: Apache-2.0
"""One line for each finding, capped per rule and file: for hooks and for grep."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.lint.outputs._look import Look, capped, place, totals, word
from evalkit.lint.result import Result, is_fixable

__all__ = ["concise"]


def concise(result: Result, look: Look) -> Iterator[str]:
    """Lines of text: `path:line: CODE [*] message`."""
    for path, shown, hidden in capped(result.findings, look):
        if hidden:
            yield word("more", look, n=hidden, name=shown[0].name, path=path)
            continue
        for finding in shown:
            star = " [*]" if is_fixable(finding) else ""
            yield f"{place(finding)}: {finding.code}{star} {finding.message}"
    yield from totals(result, look)
