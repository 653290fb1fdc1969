# SPDX-License-Identifier: Apache-2.0
"""What `evalkit record` and `evalkit run --record` write (schemas/recording.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._recorded import Recorded, from_row

__all__ = ["evalkit_recording"]


def _tells(value: Mapping[str, Any]) -> bool:
    return "messages" in value and isinstance(value.get("reply"), Mapping)


def _rows(values: Values) -> Iterator[Recorded]:
    for _, value in values:
        if "messages" not in value:
            raise ValueError("not a recorded answer")
        yield from_row(value)


evalkit_recording = Layout(
    name="evalkit-recording", whose="evalkit's recordings", tells=_tells, rows=_rows, exact=True
)
