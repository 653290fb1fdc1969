# SPDX-License-Identifier: Apache-2.0
"""Does each gate hold? Pass, fail or undecided, by how much, and what would decide it.

Fail means that it was seen not to hold, undecided that these rows cannot tell. What was not
measured (NaN) fails, with its reason; what a judge measured that may not gate is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isnan, log, log1p

from evalkit.core.measure import Difference, Interval
from evalkit.evaluation.gates.gate import Gate
from evalkit.evaluation.gates.sentence import read_sentence
from evalkit.evaluation.gates.words import Line, amount_words, joined, more_rows, say
from evalkit.evaluation.look import COST, Scored
from evalkit.evaluation.result import Decision, GateResult, GateVerdict, Run
from evalkit.evaluation.verdict import improvement, in_rows
from evalkit.statistics.normal import quantile
from evalkit.statistics.paired import Paired
from evalkit.statistics.power import rows_needed_margin

__all__ = ["compared_result", "decide", "forgives", "judge", "stands"]

_NOTHING = 1e-12  # what is left of equal numbers by rounding
_ALPHA = 0.05  # of "not worse", one-sided


def judge(gate: Gate, look: Scored) -> GateResult:
    """The gate's verdict, with the number that decided and what is missing."""
    if gate.relation == "judge_agrees":
        return _judge_agrees(gate, look)
    if gate.relation in ("better", "not_worse"):
        found, paired = look.compared(gate.model, gate.other or "", gate.metric, gate.where)
        result = compared_result(gate, found, paired)
    elif gate.relation == "ratio":
        result = _ratio(gate, look)
    else:
        result = _threshold(gate, look)
    return _unless_judged(gate, look, result)


def decide(gates: Sequence[GateResult], primary: Difference | None) -> Decision:
    """The word of the first screen.

    A candidate that is worse on the primary metric is not shipped, unless a gate that allows a
    margin on just that has passed, or is still open; without gates the primary difference speaks
    alone.
    """
    verdicts = {gate.verdict for gate in gates}
    if "fail" in verdicts:
        return "dont_ship"
    if (
        primary is not None
        and primary.verdict == "worse"
        and not any(_allows_a_loss(gate, primary) for gate in gates)
    ):
        return "dont_ship"
    if "undecided" in verdicts:
        return "not_proven"
    if gates:
        return "ship"
    if primary is None:
        return "measured"
    return "ship" if primary.verdict == "better" else "not_proven"


def stands(run: Run, *, allow_undecided: bool = False) -> bool:
    """Whether CI may go on: every gate holds, and none of them hides a candidate that is worse.

    Args:
        run: Finished.
        allow_undecided: Whether what could not be told from these rows holds nobody up.
    """
    holding = {"pass", "undecided"} if allow_undecided else {"pass"}
    if not all(gate.verdict in holding for gate in run.gates):
        return False
    return not run.gates or run.decision != "dont_ship"


def forgives(result: GateResult, primary: Difference) -> bool:
    """Whether it passed and allows a loss of just this difference: its metric, pair, all rows."""
    return result.verdict == "pass" and _allows_a_loss(result, primary)


def _allows_a_loss(result: GateResult, primary: Difference) -> bool:
    gate = read_sentence(result.gate)
    return (
        gate is not None
        and gate.relation == "not_worse"
        and (gate.model, gate.other) == (primary.candidate, primary.base)
        and (gate.metric is None or _is_meant(gate.metric, primary.metric))
        and not gate.where
    )


def _is_meant(written: str, metric: str) -> bool:
    """Whether a sentence means the metric: `f1` is that of the positive label, old names too."""
    plain = written.rpartition("/")[2]
    return metric in (written, plain) or metric.startswith(f"{plain}[")


def compared_result(gate: Gate, found: Difference, paired: Paired) -> GateResult:
    """The result of a gate of the kind better or not_worse."""
    verdict, needed, needs = (_better if gate.relation == "better" else _not_worse)(
        gate, found, paired
    )
    return _result(gate, verdict, found.interval, found.unit, needs, needed)


def _better(gate: Gate, found: Difference, paired: Paired) -> tuple[GateVerdict, int | None, Line]:
    """Better, by more than the bound where one is given: the whole interval lies above it."""
    gain, low, high = improvement(found.interval, found.better)
    if isnan(gain):
        return "fail", None, _not_measured(found.interval)
    if found.verdict == "better" and (gate.bound == 0 or low > gate.bound):
        return "pass", None, say("nothing")
    if found.verdict == "worse":
        return "fail", None, say("worse", **amount_words("a", -gain, found.unit))
    if gate.bound and high < gate.bound:
        asked = amount_words("b", gate.bound, found.unit)
        return "fail", None, say("gain", **amount_words("a", max(high, 0.0), found.unit), **asked)
    needed = found.needed
    against = bool(gate.bound) and gain <= gate.bound
    if against:
        needed = _rows(paired, -gain, gate.bound, alpha=0.025)
    elif gate.bound:  # to prove more than the bound is to prove "not worse by minus the bound"
        needed = _rows(paired, gain, -gate.bound, alpha=0.025)
    return "undecided", needed, more_rows(needed, found.interval.n, against=against)


def _not_worse(
    gate: Gate, found: Difference, paired: Paired
) -> tuple[GateVerdict, int | None, Line]:
    """Pass: the one-sided bound lies above minus the margin. Fail: the whole interval below it.

    Shares that differ by the same in every row have no interval: there, as many rows as were not
    seen to differ otherwise may be hidden (1 - .05^(1/n) of all), each by as much as can be.
    """
    gain, _, high = improvement(found.interval, found.better)
    if isnan(gain):
        return "fail", None, _not_measured(found.interval)
    bound = found.low_one_sided
    alike = isnan(bound) and paired.spread == 0 and found.unit == "share"
    if alike:
        unseen = 1 - _ALPHA ** (1 / found.interval.n)
        bound, high = gain - unseen * (1 + gain), gain + unseen * (1 - gain)
    if bound > -gate.bound:
        return "pass", None, say("nothing")
    allowed = amount_words("b", gate.bound, found.unit)
    if high < -gate.bound or (gate.bound == 0 and found.verdict == "worse"):
        lost = amount_words("a", -gain, found.unit) | amount_words("c", -high, found.unit)
        if gate.bound == 0:
            return "fail", None, say("worse", **lost)
        return "fail", None, say("lost", **lost, **allowed)
    seen_too_bad = gain < 0 and gain <= -gate.bound
    if seen_too_bad:  # what would decide it is proof of the contrary
        needed = _rows(paired, -gain, -gate.bound, alpha=0.025)
    elif alike:
        needed = _rows_alike(gain, gate.bound)
    else:
        needed = _rows(paired, gain, gate.bound)
    rows = more_rows(needed, found.interval.n, against=seen_too_bad)
    if isnan(bound):
        return "undecided", needed, rows
    may = say("may_lose", **amount_words("a", max(-bound, 0.0), found.unit), **allowed)
    return "undecided", needed, joined(may, rows)


def _rows(paired: Paired, gain: float, margin: float, *, alpha: float = 0.05) -> int | None:
    binary = paired.fixed is not None
    return in_rows(rows_needed_margin(paired.spread, gain, margin, binary, alpha=alpha), paired)


def _rows_alike(gain: float, margin: float) -> int | None:
    """Rows that differ all by the same at which those that may be hidden keep the margin."""
    room = (gain + margin) / (1 + gain)
    return floor(log(_ALPHA) / log1p(-room)) + 1 if 0 < room < 1 else None


def _ratio(gate: Gate, look: Scored) -> GateResult:
    """By the value, or by an end of the interval where the gate names one."""
    interval = look.ratio(gate.model, gate.other or "", gate.metric, gate.where)
    return _held(gate, interval, "times", upward=False, holds=lambda value: value <= gate.bound)


def _threshold(gate: Gate, look: Scored) -> GateResult:
    found = look.measure(gate.model, gate.metric, gate.where)
    holds = {
        "at_least": lambda value: value >= gate.bound,
        "at_most": lambda value: value <= gate.bound,
        "above": lambda value: value > gate.bound,
        "below": lambda value: value < gate.bound,
    }[gate.relation]
    upward = gate.relation in ("at_least", "above")
    rows = False
    if gate.metric is not None and gate.metric != COST and found.unit == "share":
        rows = look.choose(gate.metric).metric.pair == "binary"
    return _held(gate, found.interval, found.unit, upward=upward, holds=holds, rows=rows)


def _held(
    gate: Gate,
    interval: Interval,
    unit: str,
    *,
    upward: bool,
    holds: object,
    rows: bool = False,
) -> GateResult:
    """A number held against a bound: by its value pass or fail, by an end three-valued."""
    assert callable(holds)  # noqa: S101  for the type checker
    value = getattr(interval, gate.end)
    if isnan(value):
        return _result(gate, "fail", interval, unit, _not_measured(interval))
    near = gate.end == "value" and interval.low < gate.bound < interval.high
    if holds(value):
        return _result(gate, "pass", interval, unit, say("nothing"), within_noise=near)
    gap = abs(value - gate.bound)
    missed = amount_words("a", gap, unit)
    side = "short" if upward else "over"
    if gate.end == "value":
        needs = say(side, **missed) if gap > _NOTHING else say("not_equal")
        if rows:
            needs = joined(needs, _few_rows(gate, interval, upward=upward))
        return _result(gate, "fail", interval, unit, needs, within_noise=near)
    best = interval.high if upward else interval.low
    needs = say(f"{side}_end", end=gate.end, **missed)
    if not holds(best):
        return _result(gate, "fail", interval, unit, joined(needs, say(f"all_{side}")))
    needed, against = _rows_for_end(gate, interval, upward=upward)
    return _result(
        gate,
        "undecided",
        interval,
        unit,
        joined(needs, more_rows(needed, interval.n, against=against)),
        needed,
    )


def _few_rows(gate: Gate, interval: Interval, *, upward: bool) -> Line:
    """How many rows would have had to be otherwise."""
    n = interval.n
    seen = interval.value * n
    if n == 0 or abs(seen - round(seen)) > 1e-6:  # means over repeats are no counts
        return say("nothing")
    line = gate.bound * n
    strict = gate.relation in ("above", "below")
    if upward:
        asked = floor(line + 1e-9) + 1 if strict else ceil(line - 1e-9)
        return say("up", k=asked - round(seen), n=n) if asked <= n else say("nothing")
    asked = ceil(line - 1e-9) - 1 if strict else floor(line + 1e-9)
    return say("down", k=round(seen) - asked, n=n) if asked >= 0 else say("nothing")


def _rows_for_end(gate: Gate, interval: Interval, *, upward: bool) -> tuple[int | None, bool]:
    """About how many rows bring the end to the bound, and whether they would rather fail it.

    Wilson's end is at the bound b where the score test is: n = z² b (1 - b) / (value - b)². Other
    ends come nearer to the value as 1/√n. A value on the wrong side of the bound stays there: then
    it is the other end that more rows bring to the bound.
    """
    room = interval.value - gate.bound if upward else gate.bound - interval.value
    against = room < 0
    toward_low = upward != against
    reach = interval.value - interval.low if toward_low else interval.high - interval.value
    if isnan(reach) or reach <= 0 or abs(room) <= _NOTHING:
        return None, against
    if interval.method == "wilson":
        z = quantile((1 + interval.confidence) / 2)
        return ceil(z * z * gate.bound * (1 - gate.bound) / (room * room)), against
    return ceil(interval.n * (reach / room) ** 2), against


def _judge_agrees(gate: Gate, look: Scored) -> GateResult:
    from evalkit.evaluation.judging.health import agrees

    if look.judge is None:
        interval = Interval(value=float("nan"), why="no judge was asked")
        return _result(gate, "fail", interval, "kappa", _not_measured(interval))
    verdict, interval, (en, zh) = agrees(look.judge)
    return _result(gate, verdict, interval, "kappa", {"en": en, "zh": zh})


def _unless_judged(gate: Gate, look: Scored, result: GateResult) -> GateResult:
    """A gate on what a judge said is undecided where the judge is beyond its bounds."""
    if look.judge is None or look.judge.may_gate or gate.metric == COST:
        return result
    chosen = look.choose(gate.metric) if gate.metric else look.primary
    if not chosen.scorer.startswith("judge"):
        return result
    why = look.judge.why
    needs = say("not_judged", en=why.get("en", ""), zh=why.get("zh", ""))
    return _result(gate, "undecided", result.interval, result.unit, needs)


def _not_measured(interval: Interval) -> Line:
    why = interval.why or "nothing was scored"
    if not isnan(interval.value):
        why = f"no interval: {interval.why or f'{interval.n} rows'}"
    return say("not_measured", why=why)


def _result(
    gate: Gate,
    verdict: GateVerdict,
    interval: Interval,
    unit: str,
    needs: Line,
    needed: int | None = None,
    *,
    within_noise: bool = False,
) -> GateResult:
    return GateResult(
        gate=gate.sentence,
        verdict=verdict,
        interval=interval,
        unit=unit,
        needs=needs,
        needed=needed if verdict == "undecided" else None,
        within_noise=within_noise,
    )
