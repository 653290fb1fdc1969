# SPDX-License-Identifier: Apache-2.0
"""Files beside the held-out set that numbers rest on: what they were, in record and signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.questions import fingerprint
from evalkit.evaluation.suite import Suite
from evalkit.metrics._threshold import SCORER

__all__ = ["marked", "side_facts"]


def side_facts(suite: Suite) -> Mapping[str, str]:
    """For the record: the suite's positive label, threshold and files; empty where it has none."""
    found = {"positive label": suite.positive or ""}
    if suite.threshold is not None:
        found["threshold"] = str(suite.threshold)
    if suite.validation is not None:
        found["validation"] = suite.validation
        found["validation sha256"] = fingerprint(suite.folder / suite.validation)
    if suite.expected is not None:
        from evalkit.models.replay import named_parts

        found["expected"] = suite.expected
        found["expected sha256"] = fingerprint(named_parts(suite.expected, suite.folder)[0])
    return {label: value for label, value in found.items() if value}


def marked(one: Chosen, facts: Mapping[str, str]) -> Chosen:
    """The metric with what its numbers rest on in its signature.

    Args:
        one: The metric.
        facts: From `side_facts`.
    """
    parts = []
    if one.scorer == SCORER:
        parts = [
            f"{label.replace(' ', '-')}:{facts[label][:12]}"
            for label in ("positive label", "threshold", "validation sha256")
            if label in facts
        ]
    if "expected sha256" in facts and one.metric.scorer:
        parts.append(f"expected:{facts['expected sha256'][:12]}")
    said = ",".join(filter(None, (one.scored_by, *parts)))
    return replace(one, scored_by=said) if parts else one
