# SPDX-License-Identifier: Apache-2.0
"""What a suite says of what must not be forgotten: `forgetting: {data: general.jsonl, ...}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.evaluation.gates.gate import Gate
from evalkit.evaluation.gates.sentence import margin_of, with_sentence

__all__ = ["FORGETTING", "ForgettingSpec", "parse_forgetting"]

FORGETTING = "forgetting"  # what its gate, its folder and its section are called


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgettingSpec:
    """A general set that the tuned model must still be good at.

    Attributes:
        gate: What must hold on it: not worse than the base by the margin.
        data: The set, in any layout; None where `suite` is given.
        suite: A suite file whose questions and metrics are meant, in the same folder.
        limit: Only the first rows.
    """

    gate: Gate
    data: str | None = None
    suite: str | None = None
    limit: int | None = None

    @property
    def sentence(self) -> str:
        """Its gate's line: `forgetting: tuned not worse than base by 2 points`."""
        return f"{FORGETTING}: {self.gate.sentence}"

    @property
    def name(self) -> str:
        """The set, as it was written."""
        return self.data or self.suite or ""


def parse_forgetting(
    written: Mapping[str, Any] | None, *, compare: Sequence[tuple[str, str]], place: str
) -> ForgettingSpec | None:
    """Understand the suite key `forgetting`; reads nothing.

    Args:
        written: A mapping with `data` or `suite`, and `margin`.
        compare: The suite's pairs; the first is held against the margin.
        place: For messages.

    Raises:
        UsageError: Both or neither of `data` and `suite`, no margin, or nothing to compare.
    """
    if written is None:
        return None
    where = f"{place}: `{FORGETTING}`"
    said = written
    if ("data" in said) == ("suite" in said):
        raise UsageError(
            f"{where} names {'both data and a suite' if 'data' in said else 'no data'}",
            "such as forgetting: {data: general.jsonl, margin: 2 points}",
        )
    if not compare:
        raise UsageError(
            f"{where} compares two models, and the suite has one", "name the base under `models`"
        )
    if "margin" not in said:
        raise UsageError(
            f"{where} has no margin: how much may be lost?", "such as margin: 2 points"
        )
    margin = margin_of(said["margin"])
    if margin is None or margin[0] < 0:
        raise UsageError(
            f"{where}: `{excerpt(str(said['margin']))}` is no margin", "such as 2 points or 0.02"
        )
    candidate, base = compare[0]
    bound, percent, unit = margin
    gate = Gate(
        sentence="",
        model=candidate,
        relation="not_worse",
        other=base,
        metric=said.get("metric"),
        bound=bound,
        percent=percent,
        unit=unit,
    )
    return ForgettingSpec(
        gate=with_sentence(gate),
        data=said.get("data"),
        suite=said.get("suite"),
        limit=said.get("limit"),
    )
