# SPDX-License-Identifier: Apache-2.0
"""What the providers' APIs take, read from `services.toml`: bounds of an order, and of uploads."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Bounds", "Service", "service"]

_FILE = Path(__file__).resolve().parent / "services.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a hyperparameter may be.

    Attributes:
        methods: Of training that take it.
        whole: Whether it is a whole number.
        words: The texts that it may be; empty = it is a number.
        least: Of it, itself allowed.
        above: What it must be greater than.
        most: Of it, itself allowed.
    """

    methods: tuple[str, ...]
    whole: bool = False
    words: tuple[str, ...] = ()
    least: float | None = None
    above: float | None = None
    most: float | None = None

    def allow(self, value: float | str) -> bool:
        """Whether it may be that."""
        if self.words or isinstance(value, str):
            return value in self.words
        if self.whole and value != int(value):
            return False
        return (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
        )

    def __str__(self) -> str:
        if self.words:
            return " | ".join(self.words)
        parts = ["a whole number" if self.whole else "a number"]
        if self.least is not None:
            parts.append(f"from {self.least:,}")
        if self.above is not None:
            parts.append(f"above {self.above:f}".rstrip("0").rstrip("."))
        if self.most is not None:
            parts.append(f"up to {self.most:,}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What an API for training jobs takes; None = it does not say.

    Attributes:
        direct_bytes: The largest file that one request uploads.
        part_bytes: Of one part of a larger file.
        most_bytes: The largest file of all.
        suffix: Letters of the suffix.
        seed: The largest seed; the least is 0.
        metadata: "pairs", "name", "value": how many and how long; empty = it keeps none.
        needs: Method to what a job of it cannot do without: "validation", "grader".
        hyperparameters: By their neutral names; empty = nothing is known of them.
    """

    direct_bytes: int | None = None
    part_bytes: int = 16_000_000
    most_bytes: int | None = None
    suffix: int | None = None
    seed: int | None = None
    metadata: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hyperparameters: Mapping[str, Bounds] = field(default_factory=dict)


UNKNOWN = Service()  # nothing is held against anything


@cache
def service(name: str) -> Service:
    """What is known of a provider's API; of others a `Service` without bounds."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    table: dict[str, Any] = dict(tables.get(name, {}))
    table = {**tables.get(table.pop("like", ""), {}), **table}
    if not table:
        return UNKNOWN
    known = {key: value for key, value in table.items() if key not in ("as_of", "source")}
    bounds = known.pop("hyperparameters", {})
    needs = known.pop("needs", {})
    return Service(
        **known,
        needs={method: tuple(what) for method, what in needs.items()},
        hyperparameters={name: _bounds(one) for name, one in bounds.items()},
    )


def _bounds(table: Mapping[str, Any]) -> Bounds:
    lists = {key: tuple(table.get(key, ())) for key in ("methods", "words")}
    return Bounds(**{**table, **lists})
