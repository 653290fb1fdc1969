# SPDX-License-Identifier: Apache-2.0
"""Gates against the committed file: `tuned not worse than baseline by 2 points`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import nan
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.measure import Interval
from evalkit.evaluation.baseline.check import default_path, judge_digest, prompt_digest
from evalkit.evaluation.baseline.file import (
    Baseline,
    changes,
    load_baseline,
    paired_with,
    plain_signature,
)
from evalkit.evaluation.gates.gate import BASELINE, Gate
from evalkit.evaluation.look import Against, row_means
from evalkit.evaluation.measuring import Chosen, signature_of
from evalkit.evaluation.result import AskedModel
from evalkit.evaluation.suite import Suite
from evalkit.metrics._sampled import Repeats
from evalkit.statistics.paired import Paired

__all__ = ["against_baseline", "baseline_path", "check_baseline", "needs_baseline", "without"]


def needs_baseline(suite: Suite) -> bool:
    """Whether a gate of the suite compares with the committed file."""
    return any(_is_against(suite, gate) for gate in suite.gates)


def baseline_path(suite: Suite) -> Path:
    """Where the suite's baseline stands: as it says, else beside it."""
    if suite.baseline is not None:
        return suite.folder / suite.baseline
    return default_path(suite.folder, suite.name)


def check_baseline(suite: Suite) -> None:
    """Whether the file that gates compare with can be read: told before anything is asked.

    Raises:
        UsageError: A gate compares on another metric than the file holds.
        InputError: The file is missing, or no baseline.
    """
    if not needs_baseline(suite):
        return
    kept = load_baseline(baseline_path(suite))
    for gate in suite.gates:
        if _is_against(suite, gate) and gate.metric not in (None, kept.metric):
            raise UsageError(
                f"the gate `{gate.sentence}` compares on {gate.metric}, and the baseline "
                f"{baseline_path(suite)} holds {kept.metric}",
                f"set it anew: evalkit baseline set --metric {gate.metric}",
            )


def without(suite: Suite) -> Suite:
    """The suite without the gates that compare with the file: to set it for the first time."""
    return replace(suite, gates=tuple(g for g in suite.gates if not _is_against(suite, g)))


def against_baseline(
    suite: Suite,
    cards: Sequence[AskedModel],
    ids: Sequence[str],
    facts: Callable[[], Mapping[str, object]],
) -> Against | None:
    """How a gate compares a model with the file; None where no gate does.

    Args:
        suite: With its gates.
        cards: Of its models.
        ids: Of all rows.
        facts: The run's provenance.

    Returns:
        A function of model, metric, samples and confidence. Where something changed that must not,
        its value is NaN and says what: such a gate fails.
    """
    if not needs_baseline(suite):
        return None

    @cache
    def known() -> tuple[Baseline, Mapping[str, object]]:
        return load_baseline(baseline_path(suite)), facts()

    def compare(model: str, one: Chosen, part: Repeats, confidence: float) -> Paired:
        then, told = known()
        card = next(card for card in cards if card.name == model)
        looked = one.metric.among(part[0], **one.options)
        rows = [s for s, is_in in zip(part[0], looked, strict=True) if is_in]
        scores = dict(zip((s.id for s in rows), row_means(one, part), strict=True))
        now = replace(
            then,
            metric=one.name,
            signature=plain_signature(signature_of(one, part, confidence)),
            data=f"sha256:{told.get('data sha256', '')}",
            prompt=prompt_digest(ids, card, str(told.get("temperature", ""))),
            judge=judge_digest(told) if one.scorer.startswith("judge") else "",
        )
        found = changes(then, now)
        if not found and not scores.keys() <= then.scores.keys():
            found = ["the rows changed"]
        if found:
            why = f"not comparable with the baseline: {'; '.join(found)}"
            return Paired(interval=Interval(value=nan, confidence=confidence, why=why))
        clusters = {s.id: s.cluster for s in rows if s.cluster is not None}
        return paired_with(then, scores, clusters, confidence=confidence)

    return compare


def _is_against(suite: Suite, gate: Gate) -> bool:
    return gate.other == BASELINE and BASELINE not in suite.models
