# SPDX-License-Identifier: Apache-2.0
"""JUnit XML: a suite for each run, a case for each gate.

Elements and attributes as Jenkins' junit-10.xsd has them (jenkinsci/xunit-plugin), which GitLab,
Azure and the rest read too. A gate that fails is a failure; one that is undecided is a failure of
type "undecided", or skipped where `--allow-undecided` lets it pass, so that the file agrees with
the exit code. Answers that are missing are an error, and so is a suite that could not be run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import isnan
from xml.sax.saxutils import escape, quoteattr

from evalkit.core.printable import printable
from evalkit.evaluation.result import GateResult
from evalkit.report.outputs._judged import (
    Judged,
    Look,
    NotRun,
    gate_text,
    headline_text,
    level_of,
    placed,
)

__all__ = ["junit"]

_NO_XML = re.compile("[\ufffe\uffff]")  # what `printable` leaves and XML 1.0 (2.2) does not take


def junit(judged: Sequence[Judged], look: Look) -> Iterator[str]:
    """One document, line by line."""
    totals: Counter[str] = Counter()
    for one in judged:
        totals.update(_counts(one, look))
    totals.update({"tests": len(look.not_run), "errors": len(look.not_run)})
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    name = f"evalkit {look.command}"
    yield (
        f'<testsuites name="{name}" tests="{totals["tests"]}" failures="{totals["failures"]}" '
        f'errors="{totals["errors"]}">'
    )
    for one in judged:
        yield from _suite(one, look)
    for absent in look.not_run:
        yield from _not_run(absent)
    yield "</testsuites>"


junit.suffixes = (".xml",)  # type: ignore[attr-defined]


def _counts(one: Judged, look: Look) -> Counter[str]:
    counts: Counter[str] = Counter()
    counts["tests"] = (len(one.run.gates) or 1) + len(one.incomplete)
    counts["errors"] = len(one.incomplete)
    for gate, _ in placed(one):
        level = level_of(gate, look)
        counts["failures"] += level == "error"
        counts["skipped"] += level == "warning"
    return counts


def _suite(one: Judged, look: Look) -> Iterator[str]:
    counts = _counts(one, look)
    shown = " ".join(f'{key}="{counts[key]}"' for key in ("tests", "failures", "errors", "skipped"))
    yield f"<testsuite name={_attribute(one.run.suite)} {shown}>"
    yield "<properties>"
    for name, value in _properties(one).items():
        yield f"<property name={_attribute(name)} value={_attribute(value)}/>"
    yield "</properties>"
    place = _attribute(one.file or one.run.suite)
    for number, line in enumerate(one.incomplete, 1):
        yield f'<testcase classname={place} name="incomplete {number}">'
        yield f"<error message={_attribute(line)}/></testcase>"
    if not one.run.gates:  # nothing must hold: what was found is worth a line all the same
        yield f'<testcase classname={place} name="run">'
        yield f"<system-out>{_text(headline_text(one.run, look))}</system-out></testcase>"
    for gate, line_ in placed(one):
        yield from _case(gate, line_, one, look)
    yield f"<system-out>{_text(headline_text(one.run, look))}</system-out>"
    yield "</testsuite>"


def _not_run(one: NotRun) -> Iterator[str]:
    yield (f'<testsuite name={_attribute(one.name)} tests="1" failures="0" errors="1" skipped="0">')
    yield f'<testcase classname={_attribute(one.file or one.name)} name="run">'
    yield f"<error message={_attribute(one.message)}/></testcase>"
    yield "</testsuite>"


def _properties(one: Judged) -> dict[str, str]:
    run = one.run
    stated = {"decision": run.decision, "primary": run.primary, "rows": str(len(run.rows))}
    if run.base is not None:
        stated |= {"base": run.base, "candidate": run.candidate or ""}
    stated |= {f"model {model.name}": model.spec for model in run.models}
    if one.page:
        stated["report"] = one.page
    return stated


def _case(gate: GateResult, line: int | None, one: Judged, look: Look) -> Iterator[str]:
    place = f"classname={_attribute(one.file or one.run.suite)} name={_attribute(gate.gate)}"
    if one.file:
        place += f" file={_attribute(one.file)}" + (f' line="{line}"' if line else "")
    yield f"<testcase {place}>"
    yield from _numbers(gate)
    told = gate_text(gate, look)
    level = level_of(gate, look)
    if level == "error":
        kind = "fail" if gate.verdict == "fail" else "undecided"
        yield f'<failure type="{kind}" message={_attribute(told)}>'
        yield f"{_text(f'{gate.gate}: {told}')}</failure>"
    elif level == "warning":
        yield f"<skipped message={_attribute(told)}/>"
    else:
        yield f"<system-out>{_text(told)}</system-out>"
    yield "</testcase>"


def _numbers(gate: GateResult) -> Iterator[str]:
    """The figure that decided, for whoever plots them over builds."""
    seen = gate.interval
    stated = {"value": seen.value, "low": seen.low, "high": seen.high}
    yield "<properties>"
    for name, value in stated.items():
        if not isnan(value):
            yield f'<property name="evalkit.{name}" value="{value:.6g}"/>'
    yield f'<property name="evalkit.n" value="{seen.n}"/>'
    yield f'<property name="evalkit.unit" value={_attribute(gate.unit)}/>'
    yield "</properties>"


def _text(text: str) -> str:
    return escape(_NO_XML.sub("?", printable(text)))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("?", printable(text)))
