# SPDX-License-Identifier: Apache-2.0
"""The mapping form of gates: the same gates as the sentences, for programs that write suites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.evaluation.gates.gate import JUDGE, Gate, Relation
from evalkit.evaluation.gates.sentence import margin_of, with_sentence

__all__ = ["mapping_of", "read_mapping"]

_RELATIONS: dict[str, Relation] = {
    "better_than": "better",
    "not_worse_than": "not_worse",
    "at_least": "at_least",
    "at_most": "at_most",
    "above": "above",
    "below": "below",
    "agrees_with": "judge_agrees",
}
_KEY_OF = {relation: key for key, relation in _RELATIONS.items()}
# What may stand beside each key that says what must hold.
_BESIDE = {
    "better_than": {"margin", "metric", "where"},
    "not_worse_than": {"margin", "metric", "where"},
    "at_least": {"metric", "end", "where"},
    "at_most": {"metric", "end", "where", "times"},
    "above": {"metric", "end", "where"},
    "below": {"metric", "end", "where"},
    "agrees_with": set(),
}
_FIELD = re.compile(r"[\w.-]+")
_METRIC = re.compile(r"[A-Za-z][\w-]*(?:/[\w.-]+)?(?:\[[^\]]+\])?")


def read_mapping(gate: Mapping[str, Any], place: str) -> Gate:
    """The gate that a mapping states, called by the sentence that means the same.

    Args:
        gate: Such as {"model": "tuned", "not_worse_than": "base", "margin": "2 points"}.
        place: Where it stands, for the error.

    Raises:
        UsageError: It says nothing that must hold, two things at once, or something beside it that
            has no meaning there.
    """
    said = [key for key in _RELATIONS if key in gate]
    if len(said) != 1:
        raise UsageError(
            f"{place}: the gate says {'nothing' if not said else ' and '.join(said)}"
            f"{' that must hold' if not said else ': two things at once'}",
            f"give one of {', '.join(_RELATIONS)}; two of them are two gates",
        )
    key = said[0]
    _check(gate, key, place)
    relation = _RELATIONS[key]
    if relation == "judge_agrees":
        return with_sentence(Gate(sentence="", model=JUDGE, relation=relation))
    metric = gate.get("metric")
    where = tuple((str(k), _shown(v)) for k, v in gate.get("where", {}).items())
    for name, value in where:
        if not _FIELD.fullmatch(name) or '"' in value or "\n" in value:
            raise UsageError(
                f"{place}: the condition `{excerpt(name)}={excerpt(value)}` is not understood",
                "such as where: {lang: zh}",
            )
    if relation in ("better", "not_worse"):
        bound, percent, unit = _bound(gate.get("margin", 0), place, "margin")
        other = str(gate[key])
    elif "times" in gate:
        bound, percent, unit = _bound(gate[key], place, key)
        if percent or unit:
            raise UsageError(
                f"{place}: `{key}: {excerpt(str(gate[key]))}` times a model is a factor",
                "such as at_most: 1.2",
            )
        relation, other = "ratio", str(gate["times"])
    else:
        bound, percent, unit = _bound(gate[key], place, key)
        other = None
    for name in filter(None, (gate["model"], other)):
        if not name or re.search(r"\s", name):
            raise UsageError(f"{place}: `{excerpt(name)}` names no model", "give its name")
    return with_sentence(
        Gate(
            sentence="",
            model=gate["model"],
            relation=relation,
            metric=metric,
            other=other,
            bound=bound,
            end=gate.get("end", "value"),
            where=where,
            percent=percent,
            unit=unit,
        )
    )


def mapping_of(gate: Gate) -> dict[str, Any]:
    """The mapping that means the gate: what programs write."""
    if gate.relation == "judge_agrees":
        return {"model": JUDGE, "agrees_with": "humans"}
    found: dict[str, Any] = {"model": gate.model}
    if gate.metric:
        found["metric"] = gate.metric
    amount: float | str = gate.bound
    if gate.percent:
        amount = f"{round(gate.bound * 100, 10):.12g}%"
    elif gate.unit:
        amount = f"{gate.bound:.12g} {gate.unit}"
    if gate.relation in ("better", "not_worse"):
        found[_KEY_OF[gate.relation]] = gate.other
        if gate.bound:
            found["margin"] = amount
    elif gate.relation == "ratio":
        found |= {"at_most": gate.bound, "times": gate.other}
    else:
        found[_KEY_OF[gate.relation]] = amount
    if gate.end != "value":
        found["end"] = gate.end
    if gate.where:
        found["where"] = dict(gate.where)
    return found


def _check(gate: Mapping[str, Any], key: str, place: str) -> None:
    allowed = _BESIDE[key] | {"model", key}
    for other in gate:
        if other not in allowed:
            raise UsageError(
                f"{place}: `{excerpt(str(other))}` has no meaning beside `{key}`"
                f"{suggestion(str(other), sorted(allowed))}",
                f"there may stand: {', '.join(sorted(allowed))}",
            )
    metric = gate.get("metric")
    if metric is None and key in ("at_least", "at_most", "above", "below"):
        raise UsageError(
            f"{place}: the gate holds nothing against `{key}`", "give a metric: accuracy"
        )
    if metric is not None and not _METRIC.fullmatch(metric):
        raise UsageError(
            f"{place}: `{excerpt(metric)}` is no metric", "such as accuracy or recall[refund]"
        )
    if key == "agrees_with" and (gate["model"], gate[key]) != (JUDGE, "humans"):
        raise UsageError(
            f"{place}: only the judge can agree with humans",
            "write {model: judge, agrees_with: humans}",
        )


def _bound(written: Any, place: str, key: str) -> tuple[float, bool, str]:
    found = margin_of(written)
    if found is None:
        raise UsageError(
            f"{place}: `{key}: {excerpt(str(written))}` is no number",
            "such as 0.9, 90%, 2 points, 800 ms",
        )
    return found


def _shown(value: Any) -> str:
    """A value of a condition as the data's fields are written."""
    return str(value).lower() if isinstance(value, bool) else str(value)
