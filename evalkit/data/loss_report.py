# SPDX-License-Identifier: Apache-2.0
"""What each row lost in a conversion, for machines; never what it says, which may be secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Example
from evalkit.data.convert import Converted
from evalkit.data.loss import FEATURES

__all__ = ["loss_records"]


def loss_records(example: Example, converted: Converted) -> Iterator[dict[str, Any]]:
    """A record for each loss of a row, or one that says that the row was left out.

    Their schema is `schemas/loss-report.schema.json`.

    Args:
        example: The row as it was read.
        converted: What became of it.
    """
    where = example.location
    place: dict[str, Any] = {"schema": 1, "path": where.source, "line": where.line}
    if where.end_line is not None and where.end_line != where.line:
        place["end_line"] = where.end_line
    place["number"] = where.number
    if where.sheet is not None:
        place["sheet"] = where.sheet
    if converted.row is None:
        yield {**place, "kind": "left-out", "words": converted.reason}
        return
    for loss in converted.losses:
        yield {
            **place,
            "kind": loss.kind,
            "feature": loss.feature,
            "pointer": loss.pointer,
            "words": FEATURES[loss.feature].words,
        }
