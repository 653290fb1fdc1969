# SPDX-License-Identifier: Apache-2.0
"""Does each gate hold? Pass, fail or undecided, and what would decide it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isnan, nan

from evalkit.core.measure import Difference, Interval
from evalkit.evaluation.gate_sentence import Gate
from evalkit.evaluation.look import Scored
from evalkit.evaluation.result import Decision, GateResult, GateVerdict
from evalkit.evaluation.verdict import improvement, in_rows
from evalkit.statistics.power import rows_needed_margin

__all__ = ["decide", "judge"]


def judge(gate: Gate, look: Scored) -> GateResult:
    """The gate's verdict, with the number that decided and what is missing."""
    if gate.relation == "better":
        return _better(gate, look)
    if gate.relation == "not_worse":
        return _not_worse(gate, look)
    if gate.relation == "ratio":
        return _ratio(gate, look)
    return _threshold(gate, look)


def decide(gates: Sequence[GateResult], primary: Difference | None) -> Decision:
    """The word of the first screen.

    A candidate that is worse on the primary metric is not shipped, unless a gate that allows a
    margin says otherwise; without gates the primary difference speaks alone.
    """
    verdicts = {gate.verdict for gate in gates}
    if "fail" in verdicts:
        return "dont_ship"
    if primary is not None and primary.verdict == "worse":
        forgiven = any(" not worse than " in g.gate and g.verdict == "pass" for g in gates)
        if not forgiven:
            return "dont_ship"
    if "undecided" in verdicts:
        return "not_proven"
    if gates:
        return "ship"
    if primary is None:
        return "measured"
    return "ship" if primary.verdict == "better" else "not_proven"


def _better(gate: Gate, look: Scored) -> GateResult:
    found = look.difference(gate.model, gate.other or "", gate.metric, gate.where)
    verdicts: dict[str, GateVerdict] = {"better": "pass", "worse": "fail"}
    verdict = verdicts.get(found.verdict, "undecided")
    if isnan(found.interval.value):
        verdict = "fail"
    return _result(gate, verdict, found.interval, found.unit, found.needed)


def _not_worse(gate: Gate, look: Scored) -> GateResult:
    """Pass: the one-sided bound lies above minus the margin. Fail: the whole interval below it."""
    found = look.difference(gate.model, gate.other or "", gate.metric, gate.where)
    _, _, high = improvement(found.interval, found.better)
    verdict: GateVerdict = "undecided"
    needed = _rows_for_margin(gate, look, found)
    if isnan(found.interval.value):
        verdict = "fail"
    elif found.low_one_sided > -gate.bound:
        verdict = "pass"
    elif high < -gate.bound or (gate.bound == 0 and found.verdict == "worse"):
        verdict = "fail"
    return _result(gate, verdict, found.interval, found.unit, needed)


def _rows_for_margin(gate: Gate, look: Scored, found: Difference) -> int | None:
    paired = look.paired(gate.model, gate.other or "", gate.metric, gate.where)
    gain = improvement(found.interval, found.better)[0]
    needed = rows_needed_margin(paired.spread, gain, gate.bound, paired.fixed is not None)
    return in_rows(needed, paired)


def _ratio(gate: Gate, look: Scored) -> GateResult:
    ours = look.measure(gate.model, gate.metric, gate.where)
    theirs = look.measure(gate.other or "", gate.metric, gate.where)
    bottom = theirs.interval.value
    value = ours.interval.value / bottom if bottom else nan
    interval = Interval(
        value=value,
        confidence=ours.interval.confidence,
        n=ours.interval.n,
        method="ratio of means",
        why=ours.interval.why or theirs.interval.why,
    )
    return _result(gate, "pass" if value <= gate.bound else "fail", interval, "times", None)


def _threshold(gate: Gate, look: Scored) -> GateResult:
    found = look.measure(gate.model, gate.metric, gate.where)
    value = getattr(found.interval, gate.end)
    holds = {
        "at_least": value >= gate.bound,
        "at_most": value <= gate.bound,
        "above": value > gate.bound,
        "below": value < gate.bound,
    }[gate.relation]
    interval = found.interval
    near = gate.end == "value" and interval.low < gate.bound < interval.high
    return _result(gate, "pass" if holds else "fail", interval, found.unit, None, within_noise=near)


def _result(
    gate: Gate,
    verdict: GateVerdict,
    interval: Interval,
    unit: str,
    needed: int | None,
    *,
    within_noise: bool = False,
) -> GateResult:
    return GateResult(
        gate=gate.sentence,
        verdict=verdict,
        interval=interval,
        unit=unit,
        needs=_needs(gate, verdict, interval, unit, needed),
        needed=needed if verdict == "undecided" else None,
        within_noise=within_noise,
    )


def _needs(
    gate: Gate, verdict: GateVerdict, interval: Interval, unit: str, needed: int | None
) -> dict[str, str]:
    if verdict == "pass":
        return {"en": "", "zh": ""}
    if isnan(interval.value):
        why = interval.why or "nothing was scored"
        return {"en": f"not measured: {why}", "zh": f"没有测得：{why}"}
    if verdict == "undecided":
        more = max(0, needed - interval.n) if needed else 0
        if more:
            rounded = ceil(more / 10) * 10 if more > 20 else more
            return {
                "en": f"about {rounded:,} more rows would decide it",
                "zh": f"大约再有 {rounded:,} 行数据才能判定",
            }
        return {
            "en": "this set shows no difference; no number of rows is known to decide it",
            "zh": "这组数据看不出差别，无法估计还需要多少行",
        }
    if gate.relation in ("better", "not_worse"):
        return {"en": "it is worse", "zh": "结果更差"}
    gap = abs(getattr(interval, gate.end) - gate.bound)
    if unit == "share":
        return {"en": f"short by {gap * 100:.1f} points", "zh": f"差 {gap * 100:.1f} 个百分点"}
    return {"en": f"off by {gap:.4g}", "zh": f"差 {gap:.4g}"}
