# SPDX-License-Identifier: Apache-2.0
"""Whether a gate's bound can be meant of its metric: told before anything is asked.

A bound in the wrong unit is worse than a typo: `accuracy >= 90` never holds, and `not worse by 2`
of a share always does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.evaluation.gates.gate import Gate
from evalkit.evaluation.suite import Suite

__all__ = ["check_bounds"]

_COST = "cost"
_MONEY = ("usd", "eur", "cny")


def check_bounds(suite: Suite, metric_of: Callable[[str | None], Any]) -> None:
    """Hold each gate's bound against the unit of its metric.

    Args:
        suite: With its gates.
        metric_of: The metric by its name in suites, the primary one for None.

    Raises:
        UsageError: A bound that cannot be meant, with what is.
    """
    for gate in suite.gates:
        if gate.relation == "judge_agrees" and suite.judge is None:
            raise UsageError(
                f"the gate `{printable(gate.sentence)}`: the suite has no judge",
                "name one: judge: {use: openai/gpt-5.5, ask: Which reply is better?}",
            )
        if gate.relation in ("ratio", "judge_agrees"):
            continue
        if gate.relation in ("better", "not_worse") and not gate.bound:
            continue
        if gate.metric == _COST:
            _check_money(gate)
            continue
        found = metric_of(gate.metric)
        name = gate.metric or found.name
        if found.unit == "share":
            _check_share(gate, name)
        elif gate.percent:
            raise UsageError(
                f"the gate `{printable(gate.sentence)}` is in percent, and {printable(name)} is "
                f"measured in {found.unit}",
                f"write the number of {found.unit}, or a ratio: "
                f"`{printable(gate.model)} {printable(name)} <= 1.1x base`",
            )
        elif gate.unit and gate.unit != found.unit:
            raise UsageError(
                f"the gate `{printable(gate.sentence)}` is in {gate.unit}, and {printable(name)} "
                f"is measured in {found.unit}",
                "write the bound in its unit",
            )


def _check_share(gate: Gate, name: str) -> None:
    margin = gate.relation in ("better", "not_worse")
    # A threshold above 100 % is told by the outlook: these rows, as any, cannot pass it.
    if gate.percent and (gate.bound <= 1 or not margin):
        return
    if gate.unit:
        raise UsageError(
            f"the gate `{printable(gate.sentence)}` is in {gate.unit}, and {printable(name)} is a "
            "share",
            "write percent or points",
        )
    if gate.bound <= 1:
        return
    number = f"{gate.bound * 100:g}" if gate.percent else f"{gate.bound:g}"
    fits = gate.bound <= 100 and not gate.percent
    meant = f"{number} points" if margin else f"{number}%"
    raise UsageError(
        f"the gate `{printable(gate.sentence)}`: {printable(name)} is a share, from 0 to 1",
        f"write {meant}" if fits else "write at most 100%",
    )


def _check_money(gate: Gate) -> None:
    if gate.percent or (gate.unit and gate.unit not in _MONEY):
        raise UsageError(
            f"the gate `{printable(gate.sentence)}`: the cost is money per 1,000 answers",
            "write it as usd, or as a ratio: `tuned cost <= 1.2x base`",
        )
