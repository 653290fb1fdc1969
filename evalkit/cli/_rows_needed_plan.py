# SPDX-License-Identifier: Apache-2.0
"""From the options of `evalkit rows-needed` to tables of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

from evalkit.cli._rows_needed_numbers import amounts, points, share
from evalkit.cli._rows_needed_pilot import Pilot, read_pilot
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.statistics.planning import Assumption, Question, Terms, needed, visible

__all__ = ["Column", "Plan", "Table", "plan_of"]

_SIZES = (0.01, 0.02, 0.03, 0.05, 0.1)
_RATES = (0.52, 0.53, 0.55, 0.6, 0.7)
_DISAGREEMENTS = (0.1, 0.2, 0.4)
_SHARES = (0.5, 0.8, 0.9, 0.95)
_TIES = (0.0, 0.3, 0.6)
_ASKED: Mapping[Question, str] = {
    "better": "difference",
    "not_worse": "margin",
    "width": "width",
    "win_rate": "win_rate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One assumption.

    Attributes:
        what: "disagreement", "baseline", "accuracy", "sd", "ties", "seen" or "careful".
        value: Of it; of "seen" and "careful" the disagreement there, (b + c)/n and the upper end of
            its 95 % interval.
        given: For the planner.
    """

    what: str
    value: float
    given: Assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One question under several assumptions.

    Attributes:
        question: Which.
        columns: Assumptions.
        sizes: Differences, margins, half widths or win rates asked for; empty the other way round.
        cells: Rows needed, shape (len(sizes), len(columns)), None = no number of rows; the other
            way round what shows, shape (1, len(columns)), None = nothing.
    """

    question: Question
    columns: Sequence[Column]
    sizes: Sequence[float]
    cells: Sequence[Sequence[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is shown.

    Attributes:
        terms: What is promised.
        rows: At hand, where that was the question.
        unit: "share", or "metric" for means.
        pilot: The run that it goes by.
        tables: By question.
    """

    terms: Terms
    rows: int | None
    unit: str
    pilot: Pilot | None
    tables: Sequence[Table]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "schema": 1,
            "command": "rows-needed",
            "alpha": self.terms.alpha,
            "power": self.terms.power,
            "design_effect": self.terms.design,
            "unit": self.unit,
            "rows": self.rows,
            "from": self._from(),
            "answers": [one for table in self.tables for one in self._answers(table)],
        }

    def _from(self) -> dict[str, Any] | None:
        if self.pilot is None:
            return None
        of = self.pilot.difference
        return {
            "run": self.pilot.folder,
            "metric": of.metric,
            "base": of.base,
            "candidate": of.candidate,
            "n": of.interval.n,
            "difference": of.interval.value,
            "fixed": of.fixed,
            "broken": of.broken,
        }

    def _answers(self, table: Table) -> list[dict[str, Any]]:
        found = []
        for i, line in enumerate(table.cells):
            for column, cell in zip(table.columns, line, strict=True):
                one: dict[str, Any] = {
                    "question": table.question,
                    "assumed": {column.what: column.value},
                }
                if self.rows is None:
                    one |= {"size": table.sizes[i], "rows": cell}
                else:
                    one |= {"rows": self.rows, "visible": cell}
                found.append(one)
        return found


def plan_of(given: Mapping[str, Any], *, terms: Terms) -> Plan:
    """Work out what was asked.

    Args:
        given: The options, as click names them.
        terms: What is promised.

    Raises:
        UsageError: A number that is none, or options that contradict each other.
        InputError: `--from` names no finished run.
    """
    _check(given)
    pilot = read_pilot(given["pilot"], given["metric"]) if given["pilot"] is not None else None
    if pilot is not None and terms.design == 1.0:
        terms = replace(terms, design=pilot.design)
    mean = given["sd"] is not None or (pilot is not None and pilot.difference.unit != "share")
    asked = [q for q, name in _ASKED.items() if given[name]]
    tables = []
    for question in asked or _all(given, pilot, mean=mean):
        columns = _columns(question, given, pilot)
        sizes = _sizes(question, given, pilot, mean=mean)
        if question == "better" and columns[0].what == "disagreement":
            sizes = _possible(sizes, columns, given)
            if not sizes and given["rows"] is None:
                continue  # models that never differ
        if given["rows"] is None:
            cells: list[list[float | None]] = [
                [_cell(question, size, c, terms) for c in columns] for size in sizes
            ]
        else:
            sizes = []
            seen = [visible(question, given["rows"], c.given, terms) for c in columns]
            cells = [[None if isnan(v) else v for v in seen]]
        tables.append(Table(question=question, columns=columns, sizes=sizes, cells=cells))
    return Plan(
        terms=terms,
        rows=given["rows"],
        unit="metric" if mean else "share",
        pilot=pilot,
        tables=tables,
    )


def _check(given: Mapping[str, Any]) -> None:
    known = [n for n in ("pilot", "disagreement", "baseline", "sd") if given[n]]
    if len(known) > 1:
        names = " and ".join("--" + {"pilot": "from"}.get(n, n) for n in known)
        raise UsageError(f"{names} both say how much the models differ", "leave one of them out")
    if given["metric"] and given["pilot"] is None:
        raise UsageError("--metric names a metric of a run", "add --from RUN")
    if given["sd"] is not None and (given["width"] or given["win_rate"]):
        raise UsageError(
            "--sd is of means; --width and --win-rate are of shares",
            "with --sd ask for --difference or --margin",
        )
    asked = [name for name in _ASKED.values() if given[name]]
    if given["rows"] is not None and asked:
        raise UsageError(
            f"--rows asks what rows show, --{asked[0].replace('_', '-')} how many are needed",
            "give one of the two",
        )


def _all(given: Mapping[str, Any], pilot: Pilot | None, *, mean: bool) -> list[Question]:
    """The questions that the other options leave open."""
    if mean:
        return ["better", "not_worse"]
    if given["ties"] and not given["disagreement"] and not given["baseline"] and pilot is None:
        return ["win_rate"]
    questions: list[Question] = ["better", "not_worse"]
    if not given["disagreement"]:
        questions.append("width")
    if given["ties"] or (pilot is None and not given["disagreement"] and not given["baseline"]):
        questions.append("win_rate")
    return questions


def _columns(question: Question, given: Mapping[str, Any], pilot: Pilot | None) -> Sequence[Column]:
    if question == "win_rate":
        ties = [share(t, "--ties") for t in given["ties"]] or _TIES
        return [Column(what="ties", value=t, given=Assumption(ties=t)) for t in ties]
    if question == "width":
        shares = [share(b, "--baseline") for b in given["baseline"]] or _SHARES
        if pilot is not None and pilot.accuracy is not None:
            shares = [pilot.accuracy]
        return [Column(what="accuracy", value=s, given=Assumption(share=s)) for s in shares]
    if pilot is not None:
        return _of_pilot(pilot)
    if given["sd"] is not None:
        sd = amounts(given["sd"], "--sd")
        return [Column(what="sd", value=sd, given=Assumption(sd=sd))]
    if given["baseline"]:
        of = [share(b, "--baseline") for b in given["baseline"]]
        return [Column(what="baseline", value=b, given=Assumption(share=b)) for b in of]
    psi = [share(d, "--disagreement") for d in given["disagreement"]] or _DISAGREEMENTS
    return [Column(what="disagreement", value=d, given=Assumption(disagreement=d)) for d in psi]


def _of_pilot(pilot: Pilot) -> list[Column]:
    if pilot.expected.sd is not None:
        return [Column(what="sd", value=pilot.expected.sd, given=pilot.expected)]
    named = (("seen", pilot.expected), ("careful", pilot.careful))
    return [
        Column(what=what, value=of.disagreement or 0.0, given=of)
        for what, of in named
        if of is not None
    ]


def _sizes(
    question: Question, given: Mapping[str, Any], pilot: Pilot | None, *, mean: bool
) -> Sequence[float]:
    option = f"--{_ASKED[question].replace('_', '-')}"
    written: Sequence[str] = given[_ASKED[question]]
    if question == "win_rate":
        rates = [share(text, option) for text in written] or _RATES
        if any(rate == 0.5 for rate in rates):
            raise UsageError("--win-rate 50% is no difference", "such as 55%")
        return rates
    if mean:
        sizes: Sequence[float] = [amounts(text, option) for text in written]
        return sizes or _of_sd(given, pilot)
    sizes = [points(text, option) for text in written]
    if any(size <= 0 for size in sizes):
        raise UsageError(f"{option} 0: no number of rows shows that", "such as `2 points`")
    seen = abs(pilot.difference.interval.value) if pilot is not None else 0.0
    if not sizes and question == "better" and seen >= 0.001:
        return sorted({*_SIZES, seen})
    return sizes or _SIZES


def _possible(
    sizes: Sequence[float], columns: Sequence[Column], given: Mapping[str, Any]
) -> Sequence[float]:
    """Sizes that models of that disagreement can differ by.

    Raises:
        UsageError: One that was asked for is greater than all of them.
    """
    most = max(column.value for column in columns)
    for text, size in zip(given["difference"], sizes, strict=False):
        if size > most:
            raise UsageError(
                f"--difference {excerpt(text, 40)}: models that disagree on {_percent(most)} of "
                "the rows cannot differ by more",
                f"raise --disagreement to {_percent(size)} at least, or leave it out",
            )
    return [size for size in sizes if size <= most] or [most] * (most > 0)


def _cell(question: Question, size: float, column: Column, terms: Terms) -> float | None:
    """Rows; None where that column's models cannot differ by so much."""
    if question == "better" and column.what == "disagreement" and size > column.value:
        return None
    return needed(question, size, column.given, terms)


def _percent(value: float) -> str:
    return f"{value * 100:.4g}%"


def _of_sd(given: Mapping[str, Any], pilot: Pilot | None) -> Sequence[float]:
    """Small, medium and large as parts of the spread (Cohen 1988), where nothing is asked for."""
    sd = amounts(given["sd"], "--sd") if pilot is None else pilot.expected.sd
    return [part * (sd or 1.0) for part in (0.1, 0.2, 0.3, 0.5, 0.8)]
