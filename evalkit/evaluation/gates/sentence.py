# SPDX-License-Identifier: Apache-2.0
"""The language of gates: a sentence (or a mapping) becomes a Gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.evaluation.gates.gate import BASELINE, JUDGE, UNITS, Gate, Relation, Where

__all__ = [
    "Gate",
    "is_difference",
    "margin_of",
    "parse_gate",
    "read_sentence",
    "sentence_of",
    "with_sentence",
]

_METRIC = r"(?P<metric>[A-Za-z][\w-]*(?:/[\w.-]+)?(?:\[[^\]]+\])?)"
_WHERE = r"(?:\s+where\s+(?P<where>\S.*?))?\s*"
_ON = rf"(?:\s+on\s+{_METRIC})?"
_NUMBER = r"(?P<number>-?\d{1,15}(?:\.\d{1,15})?)"
_LONGEST = 1000  # characters; blanks are matched in quadratic time
_UNIT = rf"(?:\s*(?P<unit>%|points?\b|(?:{'|'.join(UNITS)})\b))?"
_BY = rf"(?:\s+by\s+{_NUMBER}{_UNIT})?"
_END = r"(?P<end>\s+(?:low|high)|\.(?:low|high))?"
_SHAPES = (
    (
        "better",
        re.compile(rf"(?P<model>\S+)\s+(?:is\s+)?better than\s+(?P<other>\S+){_BY}{_ON}{_WHERE}"),
    ),
    (
        "not_worse",
        re.compile(
            rf"(?P<model>\S+)\s+(?:is\s+)?not worse than\s+(?P<other>\S+){_BY}{_ON}{_WHERE}"
        ),
    ),
    (
        "ratio",
        re.compile(
            rf"(?P<model>\S+)\s+{_METRIC}{_END}\s*<=\s*{_NUMBER}\s*x\s+(?P<other>\S+){_WHERE}"
        ),
    ),
    (
        "threshold",
        re.compile(
            rf"(?P<model>\S+)\s+{_METRIC}{_END}\s*(?P<sign>>=|<=|==|>|<)\s*{_NUMBER}{_UNIT}{_WHERE}"
        ),
    ),
    ("judge_agrees", re.compile(r"(?P<model>judge)\s+agrees with\s+humans")),
)
# A condition ends where the next begins: values may hold blanks, and even "and".
_AND = re.compile(r"\s+and\s+(?=[\w.-]+\s*=)")
_CONDITION = re.compile(r"""(?P<field>[\w.-]+)\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>\S.*?))\s*""")
_QUOTED = re.compile(r'"[^"]*"')
_MARGIN = re.compile(rf"\s*{_NUMBER}{_UNIT}\s*")
_SIGNS: dict[str, Relation] = {">=": "at_least", "<=": "at_most", ">": "above", "<": "below"}
_SIGN_OF = {relation: sign for sign, relation in _SIGNS.items()}
_FORMS = (
    "`tuned better than base`, `tuned not worse than old by 2 points`, `tuned accuracy >= 90%`, "
    "`tuned recall[refund] low >= 90%`, `tuned cost <= 1.2x base`, `judge agrees with humans`; "
    "each may end in `where lang=en`"
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
    if isinstance(gate, str):
        parsed = read_sentence(gate)
        if parsed is None:
            raise UsageError(
                f"{place}: the gate `{excerpt(gate, 200)}` is not understood", f"write {_FORMS}"
            )
    else:
        from evalkit.evaluation.gates.mapping import read_mapping

        parsed = read_mapping(gate, place)
    if parsed.bound < 0 and parsed.relation in ("better", "not_worse", "ratio"):
        raise UsageError(
            f"{place}: `{parsed.sentence}`: what may be lost or must be gained is not negative",
            "write it without the minus",
        )
    if parsed.model == parsed.other:
        raise UsageError(
            f"{place}: `{parsed.sentence}`: a model is not compared with itself",
            f"models: {', '.join(models)}",
        )
    known = [*models, *([] if parsed.relation == "ratio" else [BASELINE])]
    for name in (parsed.model, parsed.other):
        allowed = models if name is parsed.model else known
        if name is None or name in allowed or parsed.relation == "judge_agrees":
            continue
        raise UsageError(
            f"{place}: `{parsed.sentence}` names a model `{excerpt(name)}` that the suite has not"
            f"{suggestion(name, models)}",
            f"models of the suite: {', '.join(models)}",
        )
    return parsed


def read_sentence(sentence: str) -> Gate | None:
    """The gate that a sentence states; None where it is no gate. Models are not looked up."""
    sentence = sentence.strip()
    if len(sentence) > _LONGEST:
        return None
    for shape, pattern in _SHAPES:
        match = pattern.fullmatch(sentence)
        if match is None:
            continue
        part = {k: v for k, v in match.groupdict().items() if v is not None}
        relation: Relation = _SIGNS.get(part.get("sign", ""), "at_most")
        if shape != "threshold":
            relation = shape  # type: ignore[assignment]
        elif part["sign"] == "==" and float(part["number"]) != 0:
            return None  # equality with anything but "none at all" is never what is meant
        where = _conditions(part.get("where"))
        if where is None:
            return None
        bound, percent, unit = _amount(part.get("number", "0"), part.get("unit", ""))
        return Gate(
            sentence=sentence,
            model=part["model"],
            relation=relation,
            metric=part.get("metric"),
            other=part.get("other"),
            bound=bound,
            end=part.get("end", "value").strip(" .") or "value",  # type: ignore[arg-type]
            where=where,
            percent=percent,
            unit=unit,
        )
    return None


def is_difference(sentence: str) -> bool:
    """Whether the number of a gate's result is a difference of two models."""
    gate = read_sentence(sentence.removeprefix("forgetting: "))
    return gate is not None and gate.relation in ("better", "not_worse")


def sentence_of(gate: Gate) -> str:
    """The gate in the plainest words; read again, it is the same gate."""
    on = f" on {gate.metric}" if gate.metric else ""
    where = " and ".join(f"{field}={_value(value)}" for field, value in gate.where)
    tail = f" where {where}" if where else ""
    end = "" if gate.end == "value" else f" {gate.end}"
    if gate.relation == "judge_agrees":
        return f"{JUDGE} agrees with humans"
    if gate.relation in ("better", "not_worse"):
        word = "better" if gate.relation == "better" else "not worse"
        by = f" by {_written(gate, points=True)}" if gate.bound else ""
        return f"{gate.model} {word} than {gate.other}{by}{on}{tail}"
    if gate.relation == "ratio":
        return f"{gate.model} {gate.metric}{end} <= {_plain(gate.bound)}x {gate.other}{tail}"
    sign = _SIGN_OF[gate.relation]
    return f"{gate.model} {gate.metric}{end} {sign} {_written(gate, points=False)}{tail}"


def margin_of(written: float | str) -> tuple[float, bool, str] | None:
    """A bound as people write it: `2 points`, `2%`, `50 ms`, 0.5; None where it is none.

    Returns:
        The bound in the metric's unit, whether it is of a share, and the unit that was written.
    """
    if isinstance(written, bool):
        return None
    if isinstance(written, int | float):
        if not abs(written) < 1e15:  # NaN and infinity, which YAML can write, decide nothing
            return None
        return _amount(_plain(written), "")
    match = _MARGIN.fullmatch(written)
    return _amount(match["number"], match["unit"] or "") if match else None


def with_sentence(gate: Gate) -> Gate:
    """The gate, called by its plainest words."""
    return replace(gate, sentence=sentence_of(gate))


def _amount(number: str, unit: str) -> tuple[float, bool, str]:
    if unit == "%" or unit.startswith("point"):
        return float(number) / 100, True, ""
    name, factor = UNITS.get(unit, ("", 1))
    return float(number) * factor, False, name


def _written(gate: Gate, *, points: bool) -> str:
    if gate.percent:
        number = _plain(round(gate.bound * 100, 10))  # 0.07 * 100 is 7.000000000000001
        if not points:
            return f"{number}%"
        return f"{number} point" if number == "1" else f"{number} points"
    return f"{_plain(gate.bound)}{f' {gate.unit}' if gate.unit else ''}"


def _plain(number: float) -> str:
    """Digits without an exponent, as sentences hold them."""
    return f"{number:.12f}".rstrip("0").rstrip(".")


def _conditions(written: str | None) -> Where | None:
    """`lang=zh and topic="bills and refunds"`; None where it is not understood."""
    if written is None:
        return ()
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f'"{len(kept) - 1}"'

    found = []
    for part in _AND.split(_QUOTED.sub(hide, written)):
        match = _CONDITION.fullmatch(part)
        if match is None:
            return None
        value = match["plain"]
        if match["quoted"] is not None:
            value = kept[int(match["quoted"])].strip('"')
        elif '"' in value:
            return None
        found.append((match["field"], value))
    return tuple(found)


def _value(value: str) -> str:
    """A value as a condition holds it: in quotes where it would not be read back as it is."""
    plain = value == value.strip() and value and '"' not in value and " and " not in value
    return value if plain else f'"{value}"'
