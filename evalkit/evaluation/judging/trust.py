# SPDX-License-Identifier: Apache-2.0
"""Whether a judge may gate: measured on one pair, and within its bounds on all it judged."""

from __future__ import annotations

from dataclasses import replace

from evalkit.evaluation.judging.health import health
from evalkit.evaluation.judging.judge_health import JudgeHealth
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.verdicts import pair_name
from evalkit.evaluation.raters.humans import Humans

__all__ = ["trust"]


def trust(
    judged: Judged,
    pair: tuple[str, str],
    humans: Humans | None = None,
    confidence: float = 0.95,
    *,
    judge: str = "",
) -> JudgeHealth:
    """The health of a judge on a pair, held to its bounds on all else that it judged.

    A judge that cannot be believed on one pair decides no gate: which pair it fails on is chance
    as much as anything. Where it scores answers one by one, every further model counts alone.

    Args:
        judged: What it said.
        pair: (candidate, base): whose rates are shown, and which people rated.
        humans: People's verdicts on that pair.
        confidence: Of intervals, in (0, 1).
        judge: Its specification, for the record.
    """
    found = health(judged, pair, humans, confidence, judge=judge)
    why = [found.why] if found.why else []
    others = {pair_name(*other): other for other in judged.pairs if other != pair}
    others |= {model: (model, "") for model in judged.points if model not in pair}
    unprobed = replace(judged, probes=None)  # probes are of the first pair
    for name, other in others.items():
        apart = health(unprobed, other, None, confidence)
        if apart.asked and not apart.may_gate:
            why.append({"en": f"{name}: {apart.why['en']}", "zh": f"{name}：{apart.why['zh']}"})
    if not why or why == [found.why]:
        return found
    joined = {"en": "; ".join(w["en"] for w in why), "zh": "；".join(w["zh"] for w in why)}
    return replace(found, may_gate=False, why=joined)
