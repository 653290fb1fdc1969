# SPDX-License-Identifier: Apache-2.0
"""Parquet by pyarrow: rows are made a batch at a time, whatever the size of a row group."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.core.errors import EvalkitError, InputError, MissingExtraError
from evalkit.core.example import Broken, Example
from evalkit.core.printable import excerpt
from evalkit.data.formats._layout import Layout
from evalkit.data.lean import example_at
from evalkit.data.lines import LINE_CAP, too_long
from evalkit.data.readers._binary import as_text
from evalkit.data.readers._parquet_pages import longest_entry
from evalkit.data.recognise import fields_of
from evalkit.data.source import Source
from evalkit.data.table import Cells
from evalkit.data.write import json_line
from evalkit.data.writers._arrow import JSON_TEXT, MARK

__all__ = ["flat_columns", "parquet", "parquet_cells", "values"]

_BATCH = 512  # rows that are made at once, at the most
_KEPT = 1 << 10  # bytes of a row that is too long
_ROOM = 64 << 20  # bytes of text that rows may hold together
# A value that stands once in a dictionary page may be meant by a billion cells. So few rows are
# made at once that they stay below the first number if each cell means the longest value; where a
# single row could be above the second, Arrow is told to leave values in the dictionary, which is
# slow and takes much memory of its own.
_EXPECTED = 128 << 20
_DOUBTFUL = 1 << 30
# What may be unpacked: as for archives.
_MOST_RATIO = 200
_MOST_UNPACKED = 9 << 27
_MOST_ROWS = 4_000_000

# Neither a whole row group nor a whole column chunk is held: a buffer for each column.
_OPTIONS: dict[str, Any] = {"pre_buffer": False, "buffer_size": 1 << 18, "memory_map": False}

Row = dict[str, Any]


def parquet(
    source: Source, layout: Layout | None = None, *, cap: int = LINE_CAP
) -> Iterator[Example]:
    """Rows in order, as if each were a JSON object; `location.line` is the row, 1-based.

    Args:
        source: The file.
        layout: Of the rows.
        cap: Longest row, in bytes of JSON; a longer one is broken.

    Raises:
        InputError: The file is damaged, encrypted, or unpacks to far more than it should.
        MissingExtraError: pyarrow is not installed.
    """
    own = layout.keys if layout else frozenset[str]()
    path = source.path
    for n, value in values(source, cap=cap):
        fault: Broken | None = None
        row: Row | None = None
        fields: dict[str, str] = {}
        raw = b""
        if isinstance(value, Broken):
            fault = value
        elif len(raw := json_line(value)) > cap:
            fault, raw = too_long(len(raw), cap), raw[:_KEPT]
        else:
            row = value
            if "metadata" in row or not own.issuperset(row):
                fields = fields_of(row, layout)
        yield example_at(path, n, n, n, 0, 0, raw, row, layout, fault, fields, ())


def values(source: Source, *, cap: int = LINE_CAP) -> Iterator[tuple[int, Row | Broken]]:
    """Number and value of each row; arguments and errors as for `parquet`."""
    with _readable(source.path), _opened(source) as (file, rows_at_once):
        spelled = _json_texts(file.schema_arrow)
        number = given = 0
        for batch in file.iter_batches(batch_size=rows_at_once, use_threads=False):
            size = _text_bytes(batch)
            given += size
            if given > _MOST_UNPACKED and given > _MOST_RATIO * source.size:
                raise _too_much(source.path)
            if size <= _ROOM:
                for row in batch.to_pylist():
                    number += 1
                    yield number, _json_row(row, spelled)
                continue
            for index in range(batch.num_rows):
                number += 1
                one = batch.slice(index, 1)
                if (size := _text_bytes(one)) > cap:
                    yield number, too_long(size, cap)
                else:
                    yield number, _json_row(one.to_pylist()[0], spelled)


def flat_columns(source: Source) -> list[str] | None:
    """The columns in order; None where one of them holds lists or objects: that is no table.

    Raises:
        InputError: As `parquet`.
        MissingExtraError: As `parquet`.
    """
    import pyarrow.types as kinds

    with _readable(source.path), _opened(source) as (file, _):
        schema = file.schema_arrow
        if any(kinds.is_nested(field.type) for field in schema) or _json_texts(schema):
            return None
        return [field.name for field in schema if not _is_index(field.name)]


def parquet_cells(
    source: Source, columns: Sequence[str], *, cap: int = LINE_CAP
) -> Iterator[Cells]:
    """Rows of a flat table as the cells of one, below a header that is row 0."""
    yield Cells(0, 0, 0, list(columns))
    for number, value in values(source, cap=cap):
        if isinstance(value, Broken):
            yield Cells(number, number, number, [], 0, 0, value)
        else:
            yield Cells(number, number, number, [_cell(value.get(name)) for name in columns])


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # pandas makes 3 a 3.0 where another cell is empty
    return json_line(value).decode()


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """Turns whatever Arrow says into one error that can be acted on."""
    try:
        yield
    except EvalkitError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"no such file: {path}", "check the path") from error
    except MemoryError as error:
        raise InputError(
            f"{path} needs more memory than there is", "write it anew with smaller row groups"
        ) from error
    except Exception as error:
        said = str(error)
        if "ncrypt" in said or "PARE" in said:
            raise InputError(f"{path} is encrypted", "write it without encryption") from error
        raise InputError(
            f"{path} cannot be read as Parquet: {excerpt(said, 120)}",
            "is it whole? copy or write it again",
        ) from error


@contextmanager
def _opened(source: Source) -> Iterator[tuple[Any, int]]:
    """The file, and how many of its rows may be made at once."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise MissingExtraError("pyarrow", extra="parquet", purpose="read Parquet files") from error
    plan = _plan(source, Path(source.place).stat().st_mtime_ns)
    with ParquetFile(source.place, read_dictionary=plan.doubtful, **_OPTIONS) as file:
        yield file, plan.rows


class _Plan(NamedTuple):
    """How a file is read.

    Attributes:
        rows: How many are made at once.
        doubtful: Columns whose values are left in the dictionary.
    """

    rows: int
    doubtful: list[str]


@lru_cache(maxsize=16)
def _plan(source: Source, changed: int) -> _Plan:  # noqa: ARG001  (another file, another plan)
    """Look at the metadata, once for each state of a file.

    Raises:
        InputError: The file unpacks to far more than it should.
    """
    from pyarrow.parquet import ParquetFile

    with ParquetFile(source.place, **_OPTIONS) as file:
        unpacked = sum(
            file.metadata.row_group(index).total_byte_size for index in range(file.num_row_groups)
        )
        _check_size(source, unpacked, file.metadata.num_rows)
        texts = _texts(file.schema)
    # Asking pyarrow for a column chunk ends the process where its metadata is damaged (26.0); in
    # reading, the same fault is an error. So a row of each group is read before anything is asked.
    with ParquetFile(source.place, read_dictionary=texts, **_OPTIONS) as file:
        for index in range(file.num_row_groups):
            next(file.iter_batches(batch_size=1, row_groups=[index], use_threads=False), None)
        chunks = [chunk for chunk, _ in _chunks(file.metadata)]
        _check_size(source, sum(c.total_uncompressed_size for c in chunks), file.metadata.num_rows)
        most, doubtful = _repeats(source, file.metadata)
    if doubtful:
        return _Plan(_BATCH, doubtful)
    return _Plan(max(1, min(_BATCH, _EXPECTED // max(1, most))), [])


def _texts(schema: Any) -> list[str]:
    """Paths of the columns that hold texts or bytes."""
    columns = [schema.column(index) for index in range(len(schema))]
    return [
        column.path
        for column in columns
        if column.physical_type == "BYTE_ARRAY"
        and column.logical_type.type in {"STRING", "NONE", "JSON", "ENUM"}
    ]


def _chunks(metadata: Any) -> Iterator[tuple[Any, int]]:
    """Each column chunk and the rows of its group."""
    for index in range(metadata.num_row_groups):
        group = metadata.row_group(index)
        for column in range(group.num_columns):
            yield group.column(column), group.num_rows


def _check_size(source: Source, unpacked: int, rows: int) -> None:
    """Refuse files that unpack to far more than they hold.

    Raises:
        InputError: It is one of these.
    """
    if unpacked > _MOST_UNPACKED and unpacked > _MOST_RATIO * source.size:
        raise _too_much(source.path)
    if rows > max(_MOST_ROWS, _MOST_RATIO * source.size):
        raise InputError(
            f"{source.path} claims {rows:,} rows in {source.size:,} bytes",
            "write the rows as JSONL if you trust it",
        )


def _too_much(path: str) -> InputError:
    return InputError(
        f"{path} unpacks to more than {_MOST_RATIO} times its size",
        "write the rows as JSONL if you trust it",
    )


def _repeats(source: Source, metadata: Any) -> tuple[int, list[str]]:
    """Bytes of a row whose cells all mean the longest value, and the columns that are in doubt."""
    most, doubtful = 0, []
    with Path(source.place).open("rb") as stream:
        for chunk, rows in _chunks(metadata):
            if chunk.physical_type == "BYTE_ARRAY" and chunk.has_dictionary_page:
                longest = longest_entry(stream, chunk.dictionary_page_offset)
                row = longest * chunk.num_values // max(1, rows)
                most = max(most, row, longest)
                if row > _DOUBTFUL:
                    doubtful.append(chunk.path_in_schema)
    return most, list(dict.fromkeys(doubtful))


def _text_bytes(table: Any) -> int:
    """Bytes of text that rows hold once they are made, from lengths alone."""
    return sum(_array_bytes(table.column(index)) for index in range(table.num_columns))


def _array_bytes(array: Any) -> int:
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = array.type
    if kinds.is_dictionary(kind):
        if not _is_text(kind.value_type):
            return 16 * len(array)
        lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        return int(pc.sum(lengths).as_py() or 0)
    if _is_text(kind):
        return int(pc.sum(pc.binary_length(array)).as_py() or 0)
    if kinds.is_struct(kind):
        return sum(map(_array_bytes, array.flatten()))
    if kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind):
        return _array_bytes(array.flatten()) + 16 * len(array)
    if kinds.is_map(kind):
        return _array_bytes(array.keys) + _array_bytes(array.items)
    return 16 * len(array)


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(
        kinds.is_string(kind)
        or kinds.is_large_string(kind)
        or kinds.is_binary(kind)
        or kinds.is_large_binary(kind)
    )


def _is_index(name: str) -> bool:
    """Whether pandas made the column: the index of a frame of which rows were left out."""
    return name.startswith("__index_level_") and name.endswith("__")


def _json_texts(schema: Any) -> frozenset[str]:
    """Columns of JSON text, as our writer marks those whose values have no one type."""
    return frozenset(f.name for f in schema if (f.metadata or {}).get(MARK) == JSON_TEXT)


def _json_row(row: Row, spelled: frozenset[str]) -> Row:
    found = {
        name: value
        for name, cell in row.items()
        if (value := _json_value(cell)) is not None and not _is_index(name)
    }
    for name in spelled & found.keys():
        with suppress(ValueError, RecursionError):  # what is no JSON stays the text that it is
            found[name] = json.loads(found[name])
    return found


def _json_value(value: Any) -> Any:
    """A cell as JSON has it.

    Keys that are null are left out: a column has one type for all rows, so that Arrow gives every
    message each key that any message has (`tool_calls`, `name`, `weight`), and null for "has no
    such key" cannot be told from null.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {
            str(key): inner
            for key, item in value.items()
            if (inner := _json_value(item)) is not None
        }
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):  # a map
            return _json_value(dict(value))
        return [_json_value(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, bytes):
        return as_text(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return str(value)  # a decimal, whose digits a float would lose; a UUID
