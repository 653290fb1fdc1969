# SPDX-License-Identifier: Apache-2.0
"""GitLab's Code Quality report: gates that did not pass, at their lines of the suite file.

Keys as https://docs.gitlab.com/ci/testing/code_quality/ (2026-11) names them. A gate is known by
its suite and its sentence, so it stays the same finding while lines move and figures change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

from evalkit.core.printable import printable
from evalkit.report.outputs._judged import Judged, Look, gate_text, level_of, placed

__all__ = ["gitlab"]

_SEVERITIES = {"fail": "critical", "undecided": "major"}


def gitlab(judged: Sequence[Judged], look: Look) -> Iterator[str]:
    """One JSON array, one finding a line; answers that are missing are blockers."""
    before = "["
    for record in _records(judged, look):
        yield before + json.dumps(record, ensure_ascii=False)
        before = ","
    yield "]" if before == "," else "[]"


def _records(judged: Sequence[Judged], look: Look) -> Iterator[dict[str, object]]:
    for one in judged:
        for line in one.incomplete:
            yield _record(one, "incomplete", line, f"{one.run.suite}: {line}", "blocker", None)
        for gate, line_ in placed(one):
            level = level_of(gate, look)
            if level == "ok":
                continue
            severity = "minor" if level == "warning" else _SEVERITIES[gate.verdict]
            told = f"{one.run.suite}: {gate.gate}: {gate_text(gate, look)}"
            yield _record(one, f"gate-{gate.verdict}", gate.gate, told, severity, line_)


def _record(
    one: Judged, name: str, key: str, told: str, severity: str, line: int | None
) -> dict[str, object]:
    identity = "\0".join(("evalkit", one.file, one.run.suite, name.partition("-")[0], key))
    return {
        "description": printable(told),
        "check_name": f"evalkit-{name}",
        "fingerprint": sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": severity,
        "location": {"path": printable(one.file) or ".", "lines": {"begin": line or 1}},
    }
