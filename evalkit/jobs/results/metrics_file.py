# SPDX-License-Identifier: Apache-2.0
"""A job's file of metrics: CSV, plain or in base64, one line per step, most cells empty.

OpenAI gives `step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy` and, at ends of
epochs, `full_valid_loss,full_valid_mean_token_accuracy`; its files API hands the same in base64 now
and then (https://developers.openai.com/api/docs/guides/fine-tuning, read 2026-11-21). Azure says
`train_mean_token_accuracy` for `train_accuracy`. The legacy fine-tunes API (until 2024) gave
`elapsed_tokens`, `elapsed_examples`, `training_loss`, `validation_loss` and `classification/*`.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from evalkit.core.errors import InputError
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["MEANINGS", "Damage", "Kind", "Metrics", "Series", "metrics_in", "read_metrics"]

Kind = Literal["steps", "legacy", "other"]

# What we call a column: the providers' names for it, the first that is there counts.
MEANINGS: Mapping[str, Sequence[str]] = {
    "train_loss": ("train_loss", "training_loss"),
    "train_accuracy": (
        "train_accuracy", "train_mean_token_accuracy", "training_token_accuracy",
    ),
    "valid_loss": ("valid_loss", "validation_loss"),
    "valid_accuracy": (
        "valid_mean_token_accuracy", "valid_accuracy", "validation_token_accuracy",
    ),
    "full_valid_loss": ("full_valid_loss",),
    "full_valid_accuracy": ("full_valid_mean_token_accuracy", "full_valid_accuracy"),
}  # fmt: skip
_LEGACY = ("elapsed_tokens", "elapsed_examples", "training_loss")
_MOST_BYTES = 256 * 2**20  # a million steps of twenty columns
_DIVERGED = 1e100  # sums of squares below it stay finite
_EMPTY = frozenset({"", "nan", "null", "none", "na", "n/a"})
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII)
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_-]+\Z")
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that could not be used.

    Attributes:
        line: 1-based, in the decoded file.
        why: One printable line.
    """

    line: int
    why: str


class Series(NamedTuple):
    """The finite values of one column, but those that are as good as infinite.

    Attributes:
        steps: Ascending, shape (n,).
        values: Shape (n,), finite.
    """

    steps: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """What was measured on the way, one entry per step in every column.

    Attributes:
        columns: By the provider's names in the file's order, `step` among them; each of shape (n,),
            NaN where the file has no value. Steps are ascending and different.
        kind: "steps" (of today), "legacy" (the fine-tunes API's) or "other" (neither's names).
        source: Where it was read, for messages.
        repeated: Lines whose step had been there; of each cell the later value counts.
        damaged: Lines that are left out.
        not_numbers: Names of columns that hold no number at all; they are left out.
    """

    columns: Mapping[str, Sequence[float]]
    kind: Kind
    source: str = ""
    repeated: int = 0
    damaged: tuple[Damage, ...] = ()
    not_numbers: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of steps."""
        return len(self.columns["step"])

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps, ascending."""
        return tuple(int(step) for step in self.columns["step"])

    def named(self, meaning: str) -> str | None:
        """The column that means this (of `MEANINGS`); None where none does or it is all empty."""
        for name in MEANINGS.get(meaning, (meaning,)):
            if any(isfinite(value) for value in self.columns.get(name, ())):
                return name
        return None

    def series(self, meaning: str) -> Series:
        """The finite values of a column, by meaning or by name; none where it is not there."""
        values = self.columns.get(self.named(meaning) or "", ())
        kept = [(s, v) for s, v in zip(self.steps, values, strict=False) if abs(v) < _DIVERGED]
        return Series(tuple(s for s, _ in kept), tuple(v for _, v in kept))

    @property
    def classification(self) -> tuple[str, ...]:
        """Names of the legacy `classification/*` columns that hold a value."""
        return tuple(
            name
            for name, values in self.columns.items()
            if name.startswith("classification/") and any(map(isfinite, values))
        )

    def frame(self) -> DataFrame:
        """The same as a data frame, with `step` as its index.

        Raises:
            MissingExtraError: pandas is not there.
        """
        try:
            import pandas as pd
        except ImportError as error:
            from evalkit.core.errors import MissingExtraError

            raise MissingExtraError("pandas", extra="eval", purpose="make a data frame") from error
        measured = {name: list(v) for name, v in self.columns.items() if name != "step"}
        return pd.DataFrame(measured, index=pd.Index(list(self.steps), name="step"))


def read_metrics(path: Path | str) -> Metrics:
    """The metrics in a file.

    Raises:
        InputError: It cannot be read, or is no file of metrics.
    """
    place = Path(path)
    name = printable(str(path))
    try:
        if place.stat().st_size > _MOST_BYTES:
            raise InputError(f"{name} is no file of metrics: over {_MOST_BYTES >> 20} MB")
        raw = place.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror}", "is the name right?") from error
    return metrics_in(raw, name)


def metrics_in(raw: bytes, source: str = "the result file") -> Metrics:
    """The metrics in the bytes of a file; whether it is base64 is seen by its content.

    Args:
        raw: CSV, or base64 of it; UTF-8 or UTF-16, with or without a mark; any line ends.
        source: For messages, printable.

    Raises:
        InputError: It holds no step at all.
    """
    lines = _text(raw).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise InputError(f"{source} is empty", "download the job's result file again")
    comma = next((c for c in ",;\t" if c in lines[first]), ",")
    header = [cell.strip() for cell in _cells(lines[first], comma)]
    names = [name.lower() for name in header]
    if "step" not in names:
        shown = ", ".join(excerpt(name, 30) for name in header[:8])
        raise InputError(
            f"{source}:{first + 1}: no column `step` (found: {shown or 'nothing'})",
            "give a result file of a training job: CSV that begins with step,train_loss,…",
        )
    damaged: list[Damage] = []
    rows = [*_rows(lines, first, len(header), comma, damaged)]
    numbers, not_numbers = _columns_of(header, rows)
    steps, repeated = _merged(header, names.index("step"), numbers, rows, damaged)
    if not steps:
        why = f" ({damaged[0].why})" if damaged else ""
        line = damaged[0].line if damaged else first + 1
        raise InputError(
            f"{source}:{line}: no line with a step and its values{why}",
            "download the job's result file again",
        )
    columns: dict[str, tuple[float, ...]] = {"step": tuple(map(float, steps))}
    for place, name in numbers.items():
        columns[name] = tuple(cells.get(place, nan) for cells in steps.values())
    return Metrics(
        columns=columns,
        kind=_kind(columns),
        source=source,
        repeated=repeated,
        damaged=tuple(sorted(damaged, key=lambda one: one.line)),
        not_numbers=not_numbers,
    )


def _text(raw: bytes) -> str:
    plain = _decoded(raw)
    for mark, encoding in _MARKS:
        if plain.startswith(mark):
            return plain[len(mark) :].decode(encoding, "replace")
    return plain.decode("utf-8", "replace")


def _decoded(raw: bytes) -> bytes:
    """What base64 holds, where it is base64 and that looks like metrics; else the same bytes."""
    packed = b"".join(raw.strip().strip(b'"').split())
    if not _BASE64.match(packed):
        return raw
    whole = packed.translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        held = base64.b64decode(whole + b"=" * (-len(whole) % 4), validate=True)
    except (binascii.Error, ValueError):
        return raw
    return held if b"step" in held.replace(b"\0", b"").lower() else raw


def _rows(
    lines: Sequence[str], first: int, width: int, comma: str, damaged: list[Damage]
) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every line that has as many as the header."""
    for number, line in enumerate(lines[first + 1 :], first + 2):
        if not line.strip(" \t\0"):
            continue
        cells = [cell.strip() for cell in _cells(line, comma)]
        if len(cells) == width:
            if line != lines[first]:  # files of several tries, one after the other
                yield number, cells
        else:
            damaged.append(Damage(number, f"{len(cells)} cells, the header has {width}"))


def _cells(line: str, comma: str) -> list[str]:
    if '"' not in line:
        return line.split(comma)
    try:
        return next(csv.reader([line], delimiter=comma))
    except (csv.Error, StopIteration):
        return [line]


def _columns_of(
    header: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Place and name of the columns of numbers, and the names of the others.

    A column is one of numbers unless it has text and no number at all; `step` goes by itself.
    """
    numbers: dict[int, str] = {}
    others: list[str] = []
    for place, name in enumerate(header):
        if not name or name.lower() == "step" or name in numbers.values():
            continue
        written = [cells[place] for _, cells in rows if cells[place].lower() not in _EMPTY]
        if written and not any(_NUMBER.fullmatch(cell) for cell in written):
            others.append(excerpt(name, 40))
        else:
            numbers[place] = name
    return numbers, tuple(others)


def _merged(
    header: Sequence[str],
    step_at: int,
    numbers: Mapping[int, str],
    rows: Sequence[tuple[int, list[str]]],
    damaged: list[Damage],
) -> tuple[dict[int, dict[int, float]], int]:
    """Step to values by place, ascending, and how many lines came for a step that was there."""
    found: dict[int, dict[int, float]] = {}
    repeated = 0
    for number, cells in rows:
        step = _step(cells[step_at])
        if step is None:
            shown = excerpt(cells[step_at], 30)
            damaged.append(Damage(number, f"`{shown}` is no number of a step"))
            continue
        values: dict[int, float] = {}
        for place in numbers:
            if (cell := cells[place]).lower() in _EMPTY:
                continue
            if not _NUMBER.fullmatch(cell):
                why = f"`{excerpt(cell, 30)}` in {excerpt(header[place], 40)} is not a number"
                damaged.append(Damage(number, why))
                break
            values[place] = float(cell)
        else:
            repeated += step in found
            found[step] = {**found.get(step, {}), **values}
    return dict(sorted(found.items())), repeated


def _step(cell: str) -> int | None:
    if not _NUMBER.fullmatch(cell) or not isfinite(value := float(cell)):
        return None
    return int(value) if value >= 0 and value == int(value) and value < 2**53 else None


def _kind(columns: Mapping[str, Sequence[float]]) -> Kind:
    if any(name in columns for name in _LEGACY):
        return "legacy"
    known = {name for names in MEANINGS.values() for name in names}
    return "steps" if known & set(columns) else "other"
