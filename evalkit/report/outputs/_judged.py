# SPDX-License-Identifier: Apache-2.0
"""What the forms are handed: runs with the places of their gates, and how they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal

from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.evaluation.result import GateResult, Run
from evalkit.evaluation.wording import change, gate_line, headline

__all__ = ["Judged", "Level", "Look", "NotRun", "gate_text", "headline_text", "level_of", "placed"]

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A run, or a comparison, that is done.

    Attributes:
        run: The result.
        file: The suite file as seen from the root of the repository, with slashes; "" = none.
        lines: 1-based lines of its gates in that file, in their order; may be shorter.
        incomplete: One line per model whose answers are not all there.
        page: Where the page was written, with slashes; "" = nowhere.
    """

    run: Run
    file: str = ""
    lines: Sequence[int] = ()
    incomplete: Sequence[str] = ()
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """A suite that could not be run, while others were.

    Attributes:
        name: Of the suite.
        file: As in `Judged`.
        message: What was wrong and how to mend it, one line.
    """

    name: str
    file: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How it is to be said.

    Attributes:
        language: Of sentences.
        allow_undecided: Whether an undecided gate passes, as in the exit code.
        command: Whose result it is: "run" or "compare".
        not_run: Suites that could not be run; for forms that say so.
    """

    language: Language = "en"
    allow_undecided: bool = False
    command: str = "run"
    not_run: Sequence[NotRun] = ()


def placed(judged: Judged) -> Iterator[tuple[GateResult, int | None]]:
    """Each gate with its line in the suite file, where that is known."""
    for index, gate in enumerate(judged.run.gates):
        yield gate, judged.lines[index] if index < len(judged.lines) else None


def level_of(gate: GateResult, look: Look) -> Level:
    """How bad it is; agrees with the exit code: errors are what makes it 1."""
    if gate.verdict == "pass":
        return "ok"
    return "warning" if gate.verdict == "undecided" and look.allow_undecided else "error"


def gate_text(gate: GateResult, look: Look) -> str:
    """What the gate saw and what it needs, with the verdict where it is no plain yes."""
    en = look.language == "en"
    words = {"pass": "", "fail": "", "undecided": "undecided: " if en else "尚难判定："}
    return printable(words[gate.verdict] + gate_line(gate, look.language))


def headline_text(run: Run, look: Look) -> str:
    """`SHIP: tuned is better than base; accuracy +14.3 points (9.7 … 19.4), n = 300`."""
    first = next((d for d in run.differences if d.metric == run.primary and d.slice == "all"), None)
    told = headline(run, look.language)
    if first is not None and not isnan(first.interval.value):
        told += f"; {run.primary} {change(first, look.language)}, n = {first.interval.n}"
    return printable(told)
