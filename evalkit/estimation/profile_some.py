# SPDX-License-Identifier: Apache-2.0
"""What only some data sets have: tools, media, weights, reasoning, two answers, verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.estimation.profile_spread import Counted, Spread

__all__ = ["Media", "Pairs", "Reasoning", "Tools", "Verdicts", "Weights"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Tool definitions, calls and results.

    Attributes:
        rows: With definitions.
        definitions: Per such row; None where no row has any.
        defined: Name of a tool to rows that define it.
        calling_rows: Rows with a call.
        calls: In all.
        called: Name of a tool to its calls; shares of calls.
        parallel: Messages that call several tools at once.
        results: Messages with a result.
    """

    rows: int
    definitions: Spread | None
    defined: tuple[Counted, ...]
    calling_rows: int
    calls: int
    called: tuple[Counted, ...]
    parallel: int
    results: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Images, sounds, videos and files.

    Attributes:
        rows: That have any.
        parts: Kind to number of parts; shares of parts.
        per_row: Parts of a row that has any.
    """

    rows: int
    parts: tuple[Counted, ...]
    per_row: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Messages that say whether they are learned.

    Attributes:
        messages: With a weight.
        masked: Answers with weight 0.
        masked_rows: Rows that have answers, none of which is learned.
    """

    messages: int
    masked: int
    masked_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoning:
    """Thoughts before the answer: `reasoning_content`, or `<think>` in the text.

    Attributes:
        rows: That have any.
        messages: That have any.
        characters: Of the thoughts of each such message.
    """

    rows: int
    messages: int
    characters: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """A preferred and a rejected answer.

    Attributes:
        rows: With both.
        chosen: Characters of the preferred answer.
        rejected: Characters of the other one.
        chosen_tokens: Tokens of the preferred answer.
        rejected_tokens: Tokens of the other one.
        longer: Rows whose preferred answer has more characters.
        shorter: Rows whose preferred answer has fewer.
        identical: Rows whose two answers are the same.
    """

    rows: int
    chosen: Spread
    rejected: Spread
    chosen_tokens: Spread | None
    rejected_tokens: Spread | None
    longer: int
    shorter: int
    identical: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Single answers that are called good or bad.

    Attributes:
        good: Rows.
        bad: Rows.
    """

    good: int
    bad: int
