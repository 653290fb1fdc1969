# SPDX-License-Identifier: Apache-2.0
"""GitHub Actions: one annotation for each rule and file, the totals below for the log.

GitHub shows 10 errors, 10 warnings and 10 notices of a step and drops the rest (its docs, 2026-11),
so a rule and file share one, each rule has its turn before any has a second, and the last of ten
says what the others would have said. Escapes: actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.lint.outputs._groups import Kind, kinds
from evalkit.lint.outputs._jsontext import forward
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._totals import closing, notes, partial
from evalkit.lint.outputs._words import counted, listed, word
from evalkit.lint.result import Result

__all__ = ["github"]

_SLOTS = 10  # of each level
_NAMED = 8  # rules in the last annotation
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(result: Result, look: Look) -> Iterator[str]:
    """Workflow commands, errors first, then plain lines."""
    found = kinds(result)
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        extra = _extra(result, severity, look)
        yield from extra
        free = max(_SLOTS - len(extra), 1)
        ordered = _in_turns([kind for kind in found if kind.severity == severity])
        fits = ordered if len(ordered) <= free else ordered[: free - 1]
        for kind in fits:
            yield _annotation(kind, look)
        if rest := ordered[len(fits) :]:
            yield _command(severity, _rest(rest, look), title="evalkit")
    for line in (*notes(result, look), *closing(result, look)):
        yield line.replace("##[", "## [")  # the runner's older way of commands


def _extra(result: Result, severity: Severity, look: Look) -> list[str]:
    """What is no finding and must be seen all the same."""
    if severity == Severity.ERROR:
        title = word("unreadable", look)
        return [_command(severity, line, title=title) for line in result.unreadable[: _SLOTS // 2]]
    if severity == Severity.WARNING and result.partial:
        return [_command(severity, partial(result, look), title="evalkit")]
    return []


def _in_turns(found: Sequence[Kind]) -> list[Kind]:
    """Each rule's most frequent kind first, then each rule's second, and so on."""
    ranks: dict[str, int] = {}
    ranked = []
    for kind in sorted(found, key=lambda kind: -kind.number):
        rank = ranks[kind.name] = ranks.get(kind.name, -1) + 1
        ranked.append((rank, kind))
    return [kind for _, kind in sorted(ranked, key=lambda one: one[0])]


def _annotation(kind: Kind, look: Look) -> str:
    message = printable(kind.first.message) if kind.first is not None else kind.name
    if kind.number > 1:
        message = f"{counted(kind.number, 'finding', look)}: {message}"
        if kind.lines:
            more = ", …" if kind.number > len(kind.lines) else ""
            message += f" ({word('at', look, lines=listed(kind.lines, look))}{more})"
    title = f"{kind.name} ({kind.code})" if kind.code else kind.name
    where = kind.first.location if kind.first is not None else None
    line = where.line if where is not None else None
    end = where.end_line if where is not None else None
    return _command(
        kind.severity, message, file=forward(kind.path) or None, line=line, endLine=end, title=title
    )


def _rest(rest: Sequence[Kind], look: Look) -> str:
    counts: dict[str, int] = {}
    for kind in rest:
        counts[kind.name] = counts.get(kind.name, 0) + kind.number
    named = [f"{name} ({number:,})" for name, number in list(counts.items())[:_NAMED]]
    more = ", …" if len(counts) > _NAMED else ""
    files = counted(len({kind.path for kind in rest}), "file", look)
    total = counted(sum(counts.values()), "finding", look)
    return f"… {total}, {files}: {', '.join(named)}{more}"


def _command(severity: Severity, message: str, **properties: object) -> str:
    stated = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None
    )
    return f"::{_COMMANDS[severity]} {stated}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
