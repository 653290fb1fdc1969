# SPDX-License-Identifier: Apache-2.0
"""The language of gates: a sentence (or a mapping) becomes a Gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion

__all__ = ["Gate", "parse_gate"]

Relation = Literal["better", "not_worse", "at_least", "at_most", "above", "below", "ratio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What must hold of one model.

    Attributes:
        sentence: As the user wrote it; its name everywhere.
        model: The model judged.
        relation: How the number is held against the bound.
        metric: None = the suite's primary metric.
        other: The model compared with, for better, not_worse and ratio.
        bound: Threshold or margin in the metric's unit (a share for "90%" and "2 points"), or the
            factor of a ratio.
        end: Which end of the interval is held against the bound.
        where: Slice, such as ("lang", "en"); None = all rows.
        percent: Whether the bound was written in percent or points, so that it needs a share.
    """

    sentence: str
    model: str
    relation: Relation
    metric: str | None = None
    other: str | None = None
    bound: float = 0.0
    end: Literal["value", "low", "high"] = "value"
    where: tuple[str, str] | None = None
    percent: bool = False


_METRIC = r"(?P<metric>[A-Za-z][\w-]*(?:\[[^\]]+\])?)"
_WHERE = r"(?:\s+where\s+(?P<field>[\w.-]+)\s*=\s*(?P<value>.+?))?\s*$"
_ON = rf"(?:\s+on\s+{_METRIC})?"
_NUMBER = r"(?P<number>-?\d+(?:\.\d+)?)\s*"
_SHAPES = (
    (
        "better",
        re.compile(rf"(?P<model>\S+)\s+(?:is\s+)?better than\s+(?P<other>\S+){_ON}{_WHERE}"),
    ),
    (
        "not_worse",
        re.compile(
            rf"(?P<model>\S+)\s+(?:is\s+)?not worse than\s+(?P<other>\S+)"
            rf"(?:\s+by\s+{_NUMBER}(?P<unit>points?|%|))?{_ON}{_WHERE}"
        ),
    ),
    (
        "ratio",
        re.compile(rf"(?P<model>\S+)\s+{_METRIC}\s*<=\s*{_NUMBER}x\s+(?P<other>\S+){_WHERE}"),
    ),
    (
        "threshold",
        re.compile(
            rf"(?P<model>\S+)\s+{_METRIC}(?P<end>\s+(?:low|high)|\.(?:low|high))?\s*"
            rf"(?P<sign>>=|<=|==|>|<)\s*{_NUMBER}(?P<unit>%|points?|){_WHERE}"
        ),
    ),
)
_SIGNS: dict[str, Relation] = {">=": "at_least", "<=": "at_most", ">": "above", "<": "below"}
_FORMS = (
    "`tuned better than base`, `tuned not worse than old by 2 points`, `tuned accuracy >= 90%`, "
    "`tuned recall[refund] low >= 90%`, `tuned cost <= 1.2x base`; each may end in `where lang=en`"
)


def parse_gate(gate: str | Mapping[str, Any], *, models: list[str], place: str) -> Gate:
    """A gate from its sentence or its mapping form.

    Args:
        gate: As the suite holds it.
        models: Names that the suite knows.
        place: Where it stands, for the error: `suites/x.eval.yaml, gate 2`.

    Raises:
        UsageError: Not understood, or a model that the suite does not have.
    """
    parsed = _from_sentence(gate, place) if isinstance(gate, str) else _from_mapping(gate, place)
    for name in filter(None, (parsed.model, parsed.other)):
        if name not in models:
            raise UsageError(
                f"{place}: `{parsed.sentence}` names a model `{name}` that the suite has not"
                f"{suggestion(name, models)}",
                f"models of the suite: {', '.join(models)}",
            )
    return parsed


def _from_sentence(sentence: str, place: str) -> Gate:
    for shape, pattern in _SHAPES:
        match = pattern.fullmatch(sentence.strip())
        if match is None:
            continue
        part = {k: v for k, v in match.groupdict().items() if v is not None}
        unit = part.get("unit", "")
        relation: Relation = _SIGNS.get(part.get("sign", ""), "at_most")
        if shape != "threshold":
            relation = shape  # type: ignore[assignment]
        elif part["sign"] == "==" and float(part["number"]) != 0:
            break  # equality with anything but "none at all" is never what is meant
        scale = 0.01 if unit else 1.0
        return Gate(
            sentence=sentence.strip(),
            model=part["model"],
            relation=relation,
            metric=part.get("metric"),
            other=part.get("other"),
            bound=float(part.get("number", 0)) * scale,
            end=part.get("end", "value").strip(" .") or "value",  # type: ignore[arg-type]
            where=(part["field"], part["value"]) if "field" in part else None,
            percent=bool(unit),
        )
    raise UsageError(f"{place}: the gate `{sentence}` is not understood", f"write {_FORMS}")


def _from_mapping(gate: Mapping[str, Any], place: str) -> Gate:
    """Written out as the sentence that it means, so that both forms have one meaning."""
    model, metric = gate["model"], gate.get("metric")
    end = f" {gate['end']}" if gate.get("end", "value") != "value" else ""
    where = "".join(f" where {k}={v}" for k, v in gate.get("where", {}).items())
    on = f" on {metric}" if metric else ""
    if "better_than" in gate:
        sentence = f"{model} better than {gate['better_than']}{on}"
    elif "not_worse_than" in gate:
        by = f" by {_points(gate['margin'])}" if "margin" in gate else ""
        sentence = f"{model} not worse than {gate['not_worse_than']}{by}{on}"
    elif "times" in gate and "at_most" in gate:
        sentence = f"{model} {metric} <= {gate['at_most']}x {gate['times']}"
    elif "at_least" in gate:
        sentence = f"{model} {metric}{end} >= {gate['at_least']}"
    elif "at_most" in gate:
        sentence = f"{model} {metric}{end} <= {gate['at_most']}"
    else:
        raise UsageError(
            f"{place}: the gate says nothing that must hold",
            "give one of better_than, not_worse_than, at_least, at_most",
        )
    return _from_sentence(sentence + where, place)


def _points(margin: float | str) -> str:
    return margin if isinstance(margin, str) else f"{margin * 100:g} points"
