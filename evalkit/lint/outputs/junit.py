# SPDX-License-Identifier: Apache-2.0
"""JUnit XML: a suite for each file, a case for each rule that found something in it.

Elements and attributes as Jenkins' junit-10.xsd has them (jenkinsci/xunit-plugin), which GitLab,
Azure and the rest read too. A rule whose findings are below `--fail-on` passes and says what it
found in `system-out`, so that the file agrees with the exit code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from evalkit.core.finding import Finding, Severity
from evalkit.core.printable import printable
from evalkit.lint.outputs._groups import FileFindings, Kind, by_file, kinds
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._matrix import answer_of, blockers_of
from evalkit.lint.outputs._more import more_lines
from evalkit.lint.outputs._totals import partial
from evalkit.lint.outputs._words import counted, place, shown_path, word
from evalkit.lint.result import FileReport, Result

__all__ = ["junit"]

_NO_XML = re.compile("[\ufffe\uffff]")  # what `printable` leaves and XML 1.0 (2.2) does not take


def junit(result: Result, look: Look) -> Iterator[str]:
    """One document, line by line."""
    found: dict[str, list[Kind]] = {file.path: [] for file in result.files}
    for kind in kinds(result):
        found.setdefault(kind.path, []).append(kind)
    failures = sum(_fails(kind, result) for every in found.values() for kind in every)
    errors, aside = len(result.unreadable), len(result.skipped) + bool(result.partial)
    cases = sum(len(every) or 1 for every in found.values()) + errors + aside
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    counts = f'tests="{cases}" failures="{failures}" errors="{errors}"'
    yield f'<testsuites name="evalkit lint" {counts}>'
    if errors or aside:
        yield _suite("evalkit lint", errors + aside, errors=errors, skipped=aside)
        yield from _apart(result, look)
        yield "</testsuite>"
    shown = {file.path: file for file in by_file(result, look)}
    reports = {file.path: file for file in result.files}
    for path, every in found.items():
        failed = sum(_fails(kind, result) for kind in every)
        named = shown_path(path) if path else word("across", look)
        yield _suite(named, len(every) or 1, failures=failed)
        yield from _properties(path, reports.get(path), result, look)
        if not every:
            yield f'<testcase classname={_attribute(named)} name="lint"/>'
        names = Counter(kind.name for kind in every)
        for kind in every:
            # One rule may have found things of two severities: two cases, two names.
            label = f" {kind.severity.label}" if names[kind.name] > 1 else ""
            yield from _case(kind, label, shown.get(path), result, look)
        yield "</testsuite>"
    yield "</testsuites>"


def _suite(name: str, tests: int, *, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"<testsuite name={_attribute(name)} {counts}>"


def _apart(result: Result, look: Look) -> Iterator[str]:
    """What is about no finding: unreadable files, skipped ones, and that not all was looked at."""
    for number, line in enumerate(result.unreadable, 1):
        yield f'<testcase classname="evalkit lint" name="unreadable file {number}">'
        yield f"<error message={_attribute(line)}/></testcase>"
    for number, line in enumerate(result.skipped, 1):
        yield f'<testcase classname="evalkit lint" name="skipped file {number}">'
        yield f"<skipped message={_attribute(line)}/></testcase>"
    if result.partial:
        yield '<testcase classname="evalkit lint" name="the rest of the data">'
        yield f"<skipped message={_attribute(partial(result, look))}/></testcase>"


def _properties(path: str, report: FileReport | None, result: Result, look: Look) -> Iterator[str]:
    stated: dict[str, object] = {}
    if report is not None:
        stated = {"format": report.format, "lines": report.lines, "examples": report.examples}
        if report.tokens is not None:
            stated[f"tokens ({report.tokens.encoding})"] = report.tokens.total
            stated["tokens of the largest example"] = report.tokens.largest
    for verdict in result.verdicts:
        if verdict.path == path:
            why = blockers_of(verdict, look)
            answer = answer_of(verdict, look)
            stated[f"target {verdict.target}"] = f"{answer}: {why}" if why else answer
    if result.known:
        stated["known to the baseline, in all files"] = result.known
    if stated:
        yield "<properties>"
        for name, value in stated.items():
            if value is not None:
                yield f"<property name={_attribute(name)} value={_attribute(str(value))}/>"
        yield "</properties>"


def _case(
    kind: Kind, label: str, file: FileFindings | None, result: Result, look: Look
) -> Iterator[str]:
    path = _attribute(shown_path(kind.path) if kind.path else word("across", look))
    name = (f"{kind.name} ({kind.code})" if kind.code else kind.name) + label
    yield f"<testcase classname={path} name={_attribute(name)}>"
    message = counted(kind.number, "finding", look)
    if kind.first is not None:
        message += f": {kind.first.message}"
    if _fails(kind, result):
        yield f'<failure type="{kind.severity.label}" message={_attribute(message)}>'
        yield from _lines(kind, file, look)
        yield "</failure>"
    else:
        yield f"<system-out>{_text(message)}"
        yield from _lines(kind, file, look)
        yield "</system-out>"
    yield "</testcase>"


def _lines(kind: Kind, file: FileFindings | None, look: Look) -> Iterator[str]:
    if file is None:
        return
    for finding in file.shown:
        if finding.name == kind.name and finding.severity == kind.severity:
            yield _text(_line(finding))
    if kind.name in file.more:
        only = FileFindings(
            file.path,
            more={kind.name: file.more[kind.name]},
            lines={kind.name: file.lines.get(kind.name, [])},
        )
        yield from map(_text, more_lines(only, look))


def _line(finding: Finding) -> str:
    return f"{place(finding)}: {finding.message}"


def _fails(kind: Kind, result: Result) -> bool:
    return result.fail_on != "never" and kind.severity >= Severity[result.fail_on.upper()]


def _text(text: str) -> str:
    return escape(_NO_XML.sub("?", printable(text)))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("?", printable(text)))
