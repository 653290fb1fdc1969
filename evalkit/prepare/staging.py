# SPDX-License-Identifier: Apache-2.0
"""Any source as JSONL in its own layout, a line for each row, and where each line comes from."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from evalkit.core.example import Example
from evalkit.core.registry import names
from evalkit.data.convert import ALL, convert_each
from evalkit.data.formats._layout import Layout
from evalkit.data.read import DataSet
from evalkit.data.recognise import layout
from evalkit.data.write import json_line
from evalkit.lint.phrase import Phrase

__all__ = ["DUPLICATE", "Aside", "Staged", "reason_of", "setting_aside", "stage"]

DUPLICATE = Phrase("the same as an earlier row", "与前面某行完全相同")
_JSON = ("jsonl", "json")


@dataclass(slots=True)
class Aside:
    """Rows that cannot be used, in a file; only their lines and reasons are in memory.

    Attributes:
        place: One line of JSON for each: reason, line, row.
        stream: To that place.
        lines: Reason to the lines of the input, in order, 8 bytes each.
    """

    place: Path
    stream: BinaryIO
    lines: dict[Phrase, array[int]] = field(default_factory=dict)

    def add(self, why: Phrase, line: int, row: Any) -> None:
        """Set a row aside: its value, or its text where it has none."""
        self.lines.setdefault(why, array("q")).append(line)
        self.stream.write(json_line({"reason": why.en, "line": line, "row": row}) + b"\n")

    @property
    def total(self) -> int:
        """How many rows."""
        return sum(map(len, self.lines.values()))


@contextmanager
def setting_aside(place: Path) -> Iterator[Aside]:
    """Rows can be added while the block runs; its lines and its file remain."""
    with place.open("wb") as stream:
        yield Aside(place, stream)


@dataclass(slots=True)
class Staged:
    """Rows on lines of their own.

    Attributes:
        place: JSONL in UTF-8.
        lines: The input's line of each, 8 bytes a row.
        layout: Of the rows.
        read: Records of the input, blank lines not counted.
        mended: Reason to the lines that are no JSON and surely mean a row, 8 bytes each.
    """

    place: Path
    lines: array[int] = field(default_factory=lambda: array("q"))
    layout: Layout = field(default_factory=lambda: layout("openai-chat"))
    read: int = 0
    mended: dict[Phrase, array[int]] = field(default_factory=dict)


def stage(data: DataSet, place: Path, aside: Aside) -> Staged:
    """Write every row that has a value.

    What stands beside the conversation goes along, so that a split can ask for it: a table's
    further columns under `metadata`. Rows of a layout that is only read become chat rows.

    Raises:
        InputError: The source is gone, or its archive is damaged.
    """
    staged = Staged(place)
    table = data.container not in _JSON
    chat = None if data.format in names("formats") else layout("openai-chat")
    with place.open("wb") as stream:
        for example in data:
            if example.broken is not None and example.broken.kind == "blank":
                continue
            staged.read += 1
            line = example.location.line or 0
            if example.broken is not None:
                why = reason_of(example)
                if not isinstance(example.broken.recovered, dict):
                    aside.add(why, line, example.raw.decode("utf-8", "replace"))
                    continue
                staged.mended.setdefault(why, array("q")).append(line)
                raw = json_line(example.broken.recovered)
            elif chat is not None:
                made = convert_each(example, chat, keep=ALL)
                if made.row is None:
                    aside.add(Phrase(made.reason, made.reason), line, example.value)
                    continue
                raw = json_line(made.row)
            elif table and example.fields:
                raw = json_line({**example.value, "metadata": dict(example.fields)})
            else:
                raw = example.raw if b"\n" not in example.raw else json_line(example.value)
            stream.write(raw + b"\n")
            staged.lines.append(line)
    staged.layout = chat or layout(data.format or "openai-chat")
    return staged


def reason_of(example: Example) -> Phrase:
    """Why a record has no value."""
    if example.broken is None:
        return Phrase("", "")
    reason = example.broken.args.get("reason", example.broken.kind)
    return Phrase(reason, example.broken.args.get("reason_zh", reason))
