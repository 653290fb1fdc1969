# SPDX-License-Identifier: Apache-2.0
"""SARIF 2.1.0, for code scanning.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/ (sections 3.13 to 3.58).
GitHub keeps 5,000 results of a run and refuses 25,000 (its "SARIF support for code scanning",
2026-11): the worst 5,000 are written, and a notification says that there are more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from evalkit import __version__
from evalkit.core.finding import Finding
from evalkit.core.printable import printable
from evalkit.lint.outputs._fingerprints import Fingerprints
from evalkit.lint.outputs._jsontext import dumped, forward
from evalkit.lint.outputs._look import SARIF_RESULTS, Look
from evalkit.lint.outputs._sarif_rules import HOME, LEVELS, described
from evalkit.lint.outputs._totals import notes, partial
from evalkit.lint.outputs._words import word
from evalkit.lint.result import Result

__all__ = ["sarif"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def sarif(result: Result, look: Look) -> Iterator[str]:
    """One log with one run, one result a line."""
    findings = _worst(result.findings)
    firsts = {finding.code: finding for finding in reversed(findings)}
    codes = sorted(firsts)
    index = {code: number for number, code in enumerate(codes)}
    driver = {
        "name": "evalkit",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME,
        "rules": [described(firsts[code]) for code in codes],
    }
    yield f'{{"$schema": {dumped(_SCHEMA)}, "version": "2.1.0", "runs": [{{'
    yield f'"tool": {dumped({"driver": driver})},'
    yield '"columnKind": "unicodeCodePoints",'
    yield f'"invocations": [{dumped(_invocation(result, look, len(findings)))}],'
    yield f'"artifacts": {dumped([_artifact(file.path) for file in result.files])},'
    yield '"results": ['
    fingerprints = Fingerprints()
    for number, finding in enumerate(findings, 1):
        record = _result(finding, index[finding.code], fingerprints.of(finding))
        yield dumped(record) + ("," if number < len(findings) else "")
    yield "]}]}"


def _worst(findings: Sequence[Finding]) -> Sequence[Finding]:
    if len(findings) <= SARIF_RESULTS:
        return findings
    return sorted(findings, key=lambda finding: -finding.severity)[:SARIF_RESULTS]


def _result(finding: Finding, rule: int, fingerprint: str) -> dict[str, Any]:
    where = finding.location
    region = {"startLine": where.line or 1}  # GitHub wants one, of whole files too
    if where.end_line is not None:
        region["endLine"] = where.end_line
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _uri(where.source), "region": region}
    }
    if finding.pointer:
        pointer = printable(finding.pointer)
        location["logicalLocations"] = [{"fullyQualifiedName": pointer, "kind": "value"}]
    stated = {
        "example": where.number,
        "sheet": where.sheet,
        "cell": finding.cell,
        "pointer": finding.pointer or None,
        "fix": None if finding.fix is None else finding.fix.safety,
    }
    return {
        "ruleId": printable(finding.code),
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": printable(finding.message)},
        "locations": [location],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{fingerprint[:16]}:1",
            "evalkitFinding/v1": fingerprint,
        },
        "properties": {
            key: printable(value) if isinstance(value, str) else value
            for key, value in stated.items()
            if value is not None
        },
    }


def _invocation(result: Result, look: Look, written: int) -> dict[str, Any]:
    told = [_told("unreadable-file", "error", line) for line in result.unreadable]
    if result.partial:
        told.append(_told("partial", "warning", partial(result, look)))
    total = len(result.findings) + sum(result.omitted.values())
    if total > written:
        text = (
            f"{written:,} of {total:,} results are here, the worst first: GitHub shows no more of a"
            " run. `--output-format json` has all of them."
        )
        told.append(_told("results-cut", "warning", text))
    if result.known:
        told.append(_told("baseline", "note", word("known", look, n=result.known)))
    told += [_told("note", "note", line) for line in notes(result, look)]
    return {
        "executionSuccessful": not result.unreadable,
        "exitCode": result.exit_code,
        "toolExecutionNotifications": told,
    }


def _told(name: str, level: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": printable(text)}}


def _artifact(path: str) -> dict[str, Any]:
    return {"location": _uri(path), "roles": ["analysisTarget"]}


def _uri(path: str) -> dict[str, str]:
    """An artifactLocation: relative to the checkout where the path is, else `file:`."""
    shown = forward(path)
    try:
        raw = shown.encode("utf-8", "surrogateescape")  # the bytes that the file system has
    except UnicodeEncodeError:
        raw = shown.encode("utf-8", "surrogatepass")
    quoted = quote(raw, safe="/~")
    if shown.startswith("/"):
        return {"uri": f"file://{quoted}"}
    if shown[1:3] == ":/":  # a drive of Windows
        return {"uri": f"file:///{shown[0]}:{quoted.partition('%3A')[2]}"}
    return {"uri": quoted, "uriBaseId": "%SRCROOT%"}
