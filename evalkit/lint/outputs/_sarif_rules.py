# SPDX-License-Identifier: Apache-2.0
"""Rules as SARIF describes them, out of their pages."""

from __future__ import annotations

from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.finding import Finding, Severity
from evalkit.core.printable import printable
from evalkit.lint.rule import Rule

__all__ = ["HOME", "LEVELS", "described"]

HOME = "https://pypi.org/project/evalkit-ft/"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def described(finding: Finding) -> dict[str, Any]:
    """The reportingDescriptor of the finding's rule; a short one where no page is known."""
    from evalkit.lint.catalogue import rule_named

    code, name = printable(finding.code), printable(finding.name)
    descriptor: dict[str, Any] = {
        "id": code,
        "name": name,
        "shortDescription": {"text": name},
        "helpUri": f"{HOME}#{finding.name}" if finding.name.isascii() else HOME,
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"problem.severity": _GITHUB[finding.severity]},
    }
    try:
        rule = rule_named(finding.name)
    except UsageError:
        return descriptor
    return descriptor | _from_page(rule)


def _from_page(rule: Rule) -> dict[str, Any]:
    from evalkit.lint.pages import page_of

    page = rule.page
    first = rule.summary.partition(". ")[0].rstrip(".")
    why = " ".join(page.get("Why is this bad?", "").split())
    return {
        "shortDescription": {"text": f"{rule.name}: {first}" if first else rule.name},
        "fullDescription": {"text": f"{rule.summary} {why}".strip() or rule.name},
        "defaultConfiguration": {"level": LEVELS[rule.severity], "enabled": rule.default},
        "help": {
            "text": f"{rule.summary} {why}\n`evalkit rule {rule.name}` shows the whole page.",
            "markdown": page_of(rule),
        },
        "properties": {
            "tags": ["fine-tuning-data", rule.family or "plug-in"],
            "problem.severity": _GITHUB[rule.severity],
        },
    }
