# SPDX-License-Identifier: Apache-2.0
"""How a provider runs training jobs, as data: epochs, batches, cuts and bills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from evalkit.targets.source import Source

__all__ = ["BatchRule", "EpochRule", "Timing", "Training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRule:
    """Epochs where none are asked for.

    With n rows: `default`; if `default` x n < `min_seen`, `min_seen` // n, at most `most`; if it is
    over `max_seen`, `max_seen` // n, at least `least`.

    Attributes:
        default: Epochs of a set of ordinary size.
        min_seen: Fewest examples that are to be seen; None = no such rule.
        max_seen: Most examples that are to be seen; None = no such rule.
        least: Epochs at least.
        most: Epochs at most; None = any.
        as_of: When the source said so.
        source: Where it stands.
    """

    default: int
    min_seen: int | None = None
    max_seen: int | None = None
    least: int = 1
    most: int | None = None
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRule:
    """Batch size where none is asked for.

    Attributes:
        default: Examples a step; None = by `share`.
        share: Decimal string, of the rows; at least 1 row, rounded down.
        most: At most so many.
        as_of: When the source said so.
        source: Where it stands.
    """

    default: int | None = None
    share: str | None = None
    most: int | None = None
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one real job took.

    Attributes:
        model: What was trained.
        tokens: Billed, over all epochs.
        seconds: From its start to its end.
        queue_seconds: Before its start; None = not known.
        as_of: When it ran.
        source: Where its log stands.
    """

    model: str
    tokens: int
    seconds: int
    queue_seconds: int | None = None
    as_of: date
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How jobs run; None = not known.

    Attributes:
        epochs: The rule for epochs that nobody asked for.
        max_epochs: Most that can be asked for.
        batch: The rule for the batch size that nobody asked for.
        max_batch_size: Most that can be asked for.
        cut: What becomes of an over-long example: "end" = it loses its end, "drop" = it is left
            out, "refuse" = the job fails.
        validation: Whether validation tokens are billed: "free", or "each" = each evaluation of the
            validation file is billed as that many training tokens.
        evaluations: How often validation runs where nobody says; None = once an epoch.
        packing: Whether short examples share a sequence: "packed" = tokens alone are billed,
            "padded" = each row is billed as the whole sequence length.
        unpacked: The same for a job that turns packing off; None = it cannot be turned off, or
            nobody says what is billed then.
        billing: The form that its bill counts an example by: "openai" (exact on three jobs), or
            None = not published: the model's own template is taken.
        timings: Real jobs, for what a job may take.
        basis: Where what has no source of its own stands; None where nothing is known.
        sources: Name of a field above to its own source, where it has one.
    """

    epochs: EpochRule | None = None
    max_epochs: int | None = None
    batch: BatchRule | None = None
    max_batch_size: int | None = None
    cut: Literal["end", "drop", "refuse"] | None = None
    validation: Literal["free", "each"] | None = None
    evaluations: int | None = None
    packing: Literal["packed", "padded"] | None = None
    unpacked: Literal["packed", "padded"] | None = None
    billing: Literal["openai"] | None = None
    timings: tuple[Timing, ...] = ()
    basis: Source | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    def source_of(self, name: str) -> Source | None:
        """Where a fact stands and since when; None where nothing at all is known."""
        rule = getattr(self, name)
        if isinstance(rule, EpochRule | BatchRule):
            return Source(rule.as_of, rule.source)
        return self.sources.get(name) or self.basis
