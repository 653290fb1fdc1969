# SPDX-License-Identifier: Apache-2.0
"""Where the parts of a data set go, and how they get there: all of them or none."""

from __future__ import annotations

import hashlib
import os
import tempfile
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from evalkit.core.atomic import atomic
from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.data.write import json_line

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["Written", "manifest_place", "place_of", "placed", "stem_of", "write_parts"]

_SUFFIXES = frozenset(
    {".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".xlsm", ".parquet"}
)
_PACKED = frozenset({".gz", ".zst", ".bz2", ".xz"})


def stem_of(path: str) -> str:
    """What files made of another one are called: `客服` for `x/客服.csv.gz`.

    Args:
        path: A file, or "-", which is `stdin`: a name that begins with "-" reads as an option.
    """
    if path == "-":
        return "stdin"
    place = Path(path)
    inner = place.with_suffix("") if place.suffix.lower() in _PACKED else place
    return inner.stem if inner.suffix.lower() in _SUFFIXES else inner.name


def place_of(source: str, part: str, out: str | None = None) -> str:
    """Where a part goes whose file was not named: `data.jsonl` gives `data.train.jsonl`.

    Args:
        source: The file that is split; "-" is standard input.
        part: "train", "test" or "valid".
        out: A folder (there, or written with a slash at its end), or what the names begin with;
            None = beside the source.
    """
    name = stem_of(source)
    if out is None:
        return f"{Path(source).parent / name}.{part}.jsonl"
    if out.endswith(("/", os.sep)) or Path(out).is_dir():
        return f"{Path(out) / name}.{part}.jsonl"
    return f"{out}.{part}.jsonl"


def manifest_place(train: str) -> str:
    """Where the manifest goes: beside the file to learn from.

    `data.train.jsonl` has `data.manifest.json`, `learn.jsonl` has `learn.manifest.json`.
    """
    path = Path(train)
    name = path.stem if path.suffix.lower() in _SUFFIXES else path.name
    return f"{path.parent / (name.removesuffix('.train') or name)}.manifest.json"


@dataclass(slots=True)
class Written:
    """A stream that counts what goes through it.

    Attributes:
        stream: Where it goes.
        rows: Lines written.
        asked: What each row asks, in their order: 8 bytes each.
    """

    stream: BinaryIO
    rows: int = 0
    asked: array[int] = field(default_factory=lambda: array("Q"))
    _digest: Any = field(default_factory=hashlib.sha256)

    def write(self, line: bytes, key: int) -> None:
        """Write a line, and a line feed behind it."""
        self.stream.write(line)
        self.stream.write(b"\n")
        self._digest.update(line)
        self._digest.update(b"\n")
        self.rows += 1
        self.asked.append(key)

    @property
    def sha256(self) -> str:
        """Of all that was written, 64 hexadecimal digits."""
        digits: str = self._digest.hexdigest()
        return digits


@contextmanager
def placed(places: Mapping[str, str]) -> Iterator[dict[str, BinaryIO]]:
    """Streams whose files appear together when the block ends well, or not at all.

    Args:
        places: Name to path. The first one appears last: whoever finds it finds the others.

    Raises:
        InputError: A place cannot be written.
    """
    with ExitStack() as stack:
        streams = {name: stack.enter_context(atomic(place)) for name, place in places.items()}
        yield streams
        for stream in streams.values():  # a full disk must show before the first file is renamed
            stream.flush()
            with suppress(OSError):  # a pipe
                os.fsync(stream.fileno())


def write_parts(
    data: DataSet,
    parts: Sequence[str],
    keys: Sequence[int],
    streams: Mapping[str, BinaryIO],
    *,
    keep: Sequence[str] = (),
    train: Sequence[int] | None = None,
) -> dict[str, Written]:
    """Each row as it stands to its part; a row of a table as chat JSON, with the fields to keep.

    Args:
        data: Is read anew.
        parts: Of each row that is not broken.
        keys: What each asks.
        streams: Part to where it goes.
        keep: Columns of a table that are written under `metadata`, by name.
        train: Order of the rows of `train`, as indices; None = that of the file.

    Returns:
        What was written of each part.

    Raises:
        InputError: The file has changed since the parts were made.
    """
    wanted = [name.lower() for name in keep]
    written = {part: Written(stream) for part, stream in streams.items() if part in set(parts)}
    with tempfile.TemporaryFile() as spool:
        starts = array("Q")
        rows = (example for example in data if example.broken is None)
        try:
            for part, key, example in zip(parts, keys, rows, strict=True):
                line = _line(data, example, wanted)
                if train is not None and part == "train":
                    starts.append(spool.tell())
                    spool.write(line + b"\n")
                else:
                    written[part].write(line, key)
        except ValueError as error:
            raise InputError(
                f"{data.path} has changed while it was read", "run the command again"
            ) from error
        if train is not None:
            place = {row: index for index, row in enumerate(sorted(train))}
            for row in train:
                spool.seek(starts[place[row]])
                written["train"].write(spool.readline()[:-1], keys[row])
    return written


def _line(data: DataSet, example: Example, keep: Sequence[str]) -> bytes:
    if data.container == "jsonl":
        return example.raw
    if data.container == "json":
        return json_line(example.value)
    if kept := {name: example.fields[name] for name in keep if name in example.fields}:
        return json_line({**example.value, "metadata": kept})
    return example.raw
