# SPDX-License-Identifier: Apache-2.0
"""GitHub Actions: an annotation for each gate that did not pass, the verdicts below for the log.

GitHub shows 10 errors, 10 warnings and 10 notices of a step and drops the rest (its docs, 2026-11),
so the last of ten says how many more there are. Escapes: actions/toolkit, packages/core/src/
command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.printable import printable
from evalkit.report.outputs._judged import Judged, Look, gate_text, headline_text, level_of, placed

__all__ = ["command", "github"]

_SLOTS = 10  # of each level
_MARKS = {"pass": "pass", "fail": "FAIL", "undecided": "open"}


def github(judged: Sequence[Judged], look: Look) -> Iterator[str]:
    """Workflow commands, errors first, then plain lines."""
    found: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for one in judged:
        for line in one.incomplete:
            found["error"].append(
                command("error", line, file=one.file or None, title=_title(one, "incomplete"))
            )
        for gate, line_ in placed(one):
            level = level_of(gate, look)
            if level != "ok":
                found[level].append(
                    command(
                        level,
                        gate_text(gate, look),
                        file=one.file or None,
                        line=line_,
                        title=_title(one, gate.gate),
                    )
                )
        found["notice"].append(
            command(
                "notice", headline_text(one.run, look), file=one.file or None, title=_title(one)
            )
        )
    for name, lines in found.items():
        yield from _fitting(name, lines, look)
    for one in judged:
        yield _plain(f"{one.run.suite}: {headline_text(one.run, look)}")
        for gate, _ in placed(one):
            yield _plain(f"  {_MARKS[gate.verdict]}  {gate.gate}: {gate_text(gate, look)}")
        if one.page:
            yield _plain(f"  {'report' if look.language == 'en' else '报告'}: {one.page}")


def _fitting(level: str, lines: Sequence[str], look: Look) -> Iterator[str]:
    if len(lines) <= _SLOTS:
        yield from lines
        return
    yield from lines[: _SLOTS - 1]
    more = len(lines) - _SLOTS + 1
    said = f"… {more} more, see the log" if look.language == "en" else f"… 还有 {more} 条，见日志"
    yield command(level, said, title="evalkit")


def _title(one: Judged, gate: str = "") -> str:
    return f"{one.run.suite}: {gate}" if gate else one.run.suite


def command(level: str, message: str, **properties: object) -> str:
    """A workflow command; nothing in it can end it or begin another."""
    stated = ",".join(
        f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None
    )
    return f"::{level} {stated}::{_data(printable(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """A line of the log: neither the runner's commands nor its older way of them."""
    shown = printable(text).replace("##[", "## [")
    return f". {shown}" if shown.lstrip().startswith("::") else shown
