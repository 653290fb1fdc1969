# SPDX-License-Identifier: Apache-2.0
"""A judge's health on the terminal, three lines or so, and as JSON."""

from __future__ import annotations

from math import isnan
from typing import Any

import click

from evalkit.cli._json_numbers import ends
from evalkit.core.measure import Interval
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.result import Run
from evalkit.evaluation.wording import amount, range_of

__all__ = ["judge_document", "judge_lines", "kappa_text", "share_text"]

_WORDS = {
    "judge": ("Judge {name}", "裁判 {name}"),
    "unread": ("no verdict in {v} of its answers", "{v} 的回答没有结论"),
    "flips": ("winner changes with the order {v}", "交换顺序后胜负反转 {v}"),
    "probes": ("turned by a text that speaks to it {v}", "被诱导文本改变 {v}"),
    "place": ("the answer shown first wins {v}", "先出现的回答获胜 {v}"),
    "length": ("the longer answer wins {v}", "较长的回答获胜 {v}"),
    "equal": ("win rate at equal length {v}", "长度相等时的胜率 {v}"),
    "people": (
        "agrees with people: {v}, kappa {k}",
        "与人工一致：{v}，kappa {k}",
    ),
    "alone": (
        "not held against people yet: evalkit label RUN_DIR -o labels.xlsx",
        "尚未与人工核对：evalkit label RUN_DIR -o labels.xlsx",
    ),
    "refused": ("decides no gate: {why}", "不能用于门槛：{why}"),
}


def judge_lines(run: Run, language: Language) -> list[str]:
    """Its bounds, its habits, its agreement with people; and why it may not gate, if so."""
    found = run.judge
    if found is None:
        return []
    at = language == "zh"

    def say(key: str, **values: object) -> str:
        return _WORDS[key][at].format(**values)

    head = say("judge", name=excerpt(found.judge, 60)) if found.judge else say("judge", name="")
    bounds = [say("unread", v=share_text(found.unreadable, bare=True))]
    if not isnan(found.flips.value):
        bounds.append(say("flips", v=share_text(found.flips)))
    if found.probes is not None:
        bounds.append(say("probes", v=share_text(found.probes)))
    habits = [
        say(key, v=share_text(value))
        for key, value in (
            ("place", found.first_position),
            ("length", found.longer_wins),
            ("equal", found.at_equal_length),
        )
        if not isnan(value.value)
    ]
    comma = "，" if at else ", "
    lines = [head.rstrip(), "  " + comma.join(bounds)]
    if habits:
        lines.append("  " + comma.join(habits))
    if found.people is None:
        lines.append("  " + say("alone"))
    else:
        people = found.people
        agreed, kappa = share_text(people.observed), kappa_text(people.kappa)
        lines.append("  " + say("people", v=agreed, k=kappa))
    if not found.may_gate:
        why = printable(found.why.get(language, ""))
        lines.append(click.style("  " + say("refused", why=why), fg="yellow"))
    return lines


def judge_document(run: Run) -> dict[str, Any] | None:
    """The machine contract (schemas/run-output.schema.json); None where nothing was judged."""
    found, card = run.judge, run.judged_by
    if found is None:
        return None
    told: dict[str, Any] = {
        "judge": found.judge,
        "mode": found.mode,
        "candidate": found.candidate,
        "base": found.base or None,
        "asked": found.asked,
        "identical": found.identical,
        **{
            name: _rate(getattr(found, name))
            for name in (
                "unreadable",
                "flips",
                "first_position",
                "longer_wins",
                "at_equal_length",
            )
        },
        "kappa": None if found.people is None else _rate(found.people.kappa),
        "may_gate": found.may_gate,
        "why": found.why.get("en", ""),
    }
    if card is not None:
        told |= {
            "host": card.host,
            "requests": card.requests,
            "errors": card.errors,
            "cost": card.cost,
            "currency": card.currency,
        }
    return told


def _rate(found: Interval) -> dict[str, Any]:
    told = {**ends(found), "n": found.n}
    return told if isnan(found.p) else {**told, "p": found.p}


def share_text(found: Interval, *, bare: bool = False) -> str:
    """`78.0 % (64.8 … 87.2), n = 50`, or why there is none; bare: the share alone."""
    if isnan(found.value):
        return f"– ({found.why})" if found.why else "–"
    if bare:
        return amount(found.value, "share")
    ends = range_of(found, "share")
    return f"{amount(found.value, 'share')}{f' ({ends}; n = {found.n})' if ends else ''}"


def kappa_text(found: Interval) -> str:
    """`0.61 (0.39 … 0.78)`, or why there is none."""
    if isnan(found.value):
        return f"– ({found.why})" if found.why else "–"
    return f"{found.value:.2f} ({found.low:.2f} … {found.high:.2f})"
