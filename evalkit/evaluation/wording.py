# SPDX-License-Identifier: Apache-2.0
"""Numbers and verdicts in the words of both languages, for the terminal and for gates."""

from __future__ import annotations

from math import isnan

from evalkit.core.measure import Difference, Interval, Verdict
from evalkit.core.strings import Language
from evalkit.evaluation.gates.decide import forgives
from evalkit.evaluation.gates.sentence import is_difference
from evalkit.evaluation.result import GateResult, Run

__all__ = ["amount", "change", "gate_line", "headline", "range_of", "run_verdict"]

_DECISIONS = {
    "ship": ("SHIP", "可以上线"),
    "dont_ship": ("DON'T SHIP", "不要上线"),
    "not_proven": ("NOT PROVEN", "尚未证明"),
    "measured": ("MEASURED", "已测量"),
}
_VERDICTS = {
    "better": ("{c} is better than {b}", "{c} 优于 {b}"),
    "worse": ("{c} is worse than {b}", "{c} 差于 {b}"),
    "not_worse": ("{c} is not worse than {b}", "{c} 不差于 {b}"),
    "undecided": ("{c} against {b} is undecided", "{c} 与 {b} 尚难分高下"),
}


def run_verdict(run: Run) -> Verdict | None:
    """The primary difference in one word; not_worse where a gate with a margin has passed."""
    first = next((d for d in run.differences if d.metric == run.primary and d.slice == "all"), None)
    if first is None:
        return None
    if first.verdict == "undecided" and any(forgives(gate, first) for gate in run.gates):
        return "not_worse"
    return first.verdict


def headline(run: Run, language: Language) -> str:
    """`SHIP: tuned is better than base`."""
    at = 0 if language == "en" else 1
    word = _DECISIONS[run.decision][at]
    verdict = run_verdict(run)
    failed = [gate for gate in run.gates if gate.verdict != "pass"]
    kept = _kept(run, language)
    if verdict is None:
        if not failed:
            return word
        return f"{word}: {kept}" if language == "en" else f"{word}：{kept}"
    said = _VERDICTS[verdict][at].format(c=run.candidate, b=run.base)
    if run.decision == "ship" and verdict in ("undecided", "worse"):
        # The gates ask for less, or for something else: they are what ships.
        held = ("all gates pass", "门槛全部通过")[at]
        return f"{word}: {held}; {said}" if language == "en" else f"{word}：{held}；{said}"
    if run.decision != "ship" and failed and verdict in ("better", "not_worse"):
        said += f", but {kept}" if language == "en" else f"，但 {kept}"
    elif run.decision == "dont_ship" and verdict == "undecided":
        # What does not ship is the gates' doing: the comparison alone would not say so.
        said = f"{kept}; {said}" if language == "en" else f"{kept}；{said}"
    return f"{word}: {said}" if language == "en" else f"{word}：{said}"


def _kept(run: Run, language: Language) -> str:
    """`1 of 5 gates failed, 3 undecided`: what is open has not failed."""
    of = len(run.gates)
    failed = sum(gate.verdict == "fail" for gate in run.gates)
    undecided = sum(gate.verdict == "undecided" for gate in run.gates)
    if language == "en":
        said = f"{failed} of {of} gates failed" if failed else f"{undecided} of {of} gates"
        if not failed:
            return f"{said} undecided"
        return f"{said}, {undecided} undecided" if undecided else said
    if not failed:
        return f"{of} 项门槛中有 {undecided} 项未定"
    rest = f"，{undecided} 项未定" if undecided else ""
    return f"{of} 项门槛中有 {failed} 项未通过{rest}"


def amount(value: float, unit: str) -> str:
    """A value in its unit, without the unit's name: `90.7 %`, `0.42`, `123`."""
    if isnan(value):
        return "–"
    if unit == "share":
        return f"{value * 100:.1f} %"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def range_of(interval: Interval, unit: str) -> str:
    """`63.1 to 78.4`, or the empty string where there is no interval."""
    if isnan(interval.low) or isnan(interval.high):
        return ""
    low, high = amount(interval.low, unit), amount(interval.high, unit)
    return f"{low.removesuffix(' %')} … {high.removesuffix(' %')}"


def change(found: Difference, language: Language) -> str:
    """`+14.3 points (9.7 … 19.4)`; without a range, why there is none."""
    value = found.interval.value
    if isnan(value):
        return f"– {found.interval.why}".strip()
    if found.unit == "share":
        unit = "points" if language == "en" else "个百分点"
        text = f"{value * 100:+.1f} {unit}"
        ends = f"{found.interval.low * 100:+.1f} … {found.interval.high * 100:+.1f}"
    else:
        text = f"{value:+.3g}"
        ends = f"{found.interval.low:+.3g} … {found.interval.high:+.3g}"
    if isnan(found.interval.low):
        why = found.interval.why
        return f"{text} ({why})" if why else text
    return f"{text} ({ends})"


def gate_line(gate: GateResult, language: Language) -> str:
    """What a gate saw and what it needs: `88.5 % (82.5 … 92.6), n = 156; short by 1.5 points`."""
    interval = gate.interval
    unit = gate.unit
    seen = f"{interval.value:.3g}x" if unit == "times" else amount(interval.value, unit)
    if unit != "times" and not isnan(interval.value) and is_difference(gate.gate):
        points = "points" if language == "en" else "个百分点"
        seen = f"{interval.value:+.3g}"
        if unit == "share":
            seen = f"{interval.value * 100:+.1f} {points}"
    ends = range_of(interval, unit)
    text = f"{seen} ({ends}), n = {interval.n}" if ends else f"{seen}, n = {interval.n}"
    if gate.within_noise:
        text += " ~"
    needs = gate.needs.get(language, "")
    return f"{text}; {needs}" if needs else text
