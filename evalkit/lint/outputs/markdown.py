# SPDX-License-Identifier: Apache-2.0
"""Markdown for the comment of a pull request or `$GITHUB_STEP_SUMMARY`: a table for each file.

One row for each rule, and at most what a comment takes (GitHub: 65,536 characters). Data is text
there: it makes no markup, no link, no mention and no reference to an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.core.markdown import quoted
from evalkit.lint.outputs._groups import Kind, kinds
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._matrix import answer_of, blockers_of, verdicts_by_file
from evalkit.lint.outputs._totals import notes, partial, token_lines, totals
from evalkit.lint.outputs._words import listed, word
from evalkit.lint.result import Result

__all__ = ["markdown"]

_MOST = 60_000  # characters
_FOOT = 4_000  # of them for the last lines
_TEXT = 300  # of a message
_SIGNS = {"error": "🔴", "warning": "🟡", "info": "🔵"}
_BLOCK = re.compile(r"[\s\d+>=-]")  # may begin a list, a quote or a heading


def markdown(result: Result, look: Look) -> Iterator[str]:
    """Lines of GitHub-flavoured Markdown."""
    room = _MOST - _FOOT
    for line in (*_tables(result, look), *_verdicts(result, look)):
        room -= len(line) + 1
        if room < 0:
            yield ""
            yield word("md-cut", look)
            break
        yield line
    yield ""
    yield from _foot(result, look)


def _tables(result: Result, look: Look) -> Iterator[str]:
    files: dict[str, list[Kind]] = {}
    for kind in kinds(result):
        files.setdefault(kind.path, []).append(kind)
    head = [word(f"col-{key}", look) for key in ("severity", "rule", "number", "where", "what")]
    for path, found in files.items():
        yield f"### {quoted(path) if path else word('across', look)}"
        yield ""
        yield f"| {' | '.join(head)} |"
        yield "|---|---|---:|---|---|"
        for kind in sorted(found, key=lambda kind: (-kind.severity, -kind.number)):
            yield f"| {' | '.join(_cells(kind, look))} |"
        yield ""


def _cells(kind: Kind, look: Look) -> list[str]:
    label = kind.severity.label
    where = ""
    if kind.lines:
        more = ", …" if kind.number > len(kind.lines) else ""
        key = "at-one" if kind.number == 1 else "at"
        where = word(key, look, lines=listed(kind.lines, look)) + more
    message = kind.first.message if kind.first is not None else ""
    if len(message) > _TEXT:
        message = message[: _TEXT - 1] + "…"
    star = " \\[\\*\\]" if kind.safe == kind.number else ""
    return [
        f"{_SIGNS[label]} {word(label, look)}",
        f"{quoted(kind.name)} ({quoted(kind.code)}){star}",
        f"{kind.number:,}",
        where,
        quoted(message),
    ]


def _verdicts(result: Result, look: Look) -> Iterator[str]:
    head = [word(key, look) for key in ("target", "takes", "errors", "warnings", "blockers")]
    for path, verdicts in verdicts_by_file(result).items():
        yield f"### {quoted(path)}"
        yield ""
        yield f"| {' | '.join(head)} |"
        yield "|---|---|---:|---:|---|"
        for verdict in verdicts:
            answer, why = answer_of(verdict, look), quoted(blockers_of(verdict, look))
            numbers = f"{verdict.errors:,} | {verdict.warnings:,}"
            yield f"| {quoted(verdict.target)} | {answer} | {numbers} | {why} |"
        yield ""


def _foot(result: Result, look: Look) -> Iterator[str]:
    """The totals, the unreadable files and the notes, a paragraph each, as far as there is room."""
    room = _FOOT
    for line in _closing(result, look):
        room -= len(line) + 2
        if room < 0:
            yield word("md-cut", look)
            return
        yield line
        yield ""


def _closing(result: Result, look: Look) -> Iterator[str]:
    for line in result.unreadable:
        yield f"**{_SIGNS['error']} {word('unreadable', look)}:** {quoted(line)}"
    loud = partial(result, look)
    for line in totals(result, look):
        yield f"**{quoted(line)}**" if line == loud else _ours(line)
    for line in (*token_lines(result, look), *notes(result, look)):
        yield f"&#8203;{quoted(line)}" if _BLOCK.match(line) else quoted(line)


def _ours(line: str) -> str:
    """Our own words: their backticks are code."""
    return line.replace("[*]", "\\[\\*\\]").replace("<", "&lt;")
