# SPDX-License-Identifier: Apache-2.0
"""Parquet by pyarrow: nested where the rows agree on a shape, JSON text where they do not.

The types are those of all rows, so that rows go to a temporary file first. A key that a row lacks
becomes null, for a struct has the same keys everywhere; readers drop such nulls or must.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from evalkit.core.errors import MissingExtraError
from evalkit.core.printable import excerpt
from evalkit.data.write import json_line
from evalkit.data.writers._arrow import JSON_TEXT, MARK, Kind
from evalkit.data.writers._table import tabled
from evalkit.data.writers._writer import Row, Writer

__all__ = ["parquet"]

_TOGETHER = 512  # rows that are made into columns at once
_GROUP = 64 << 20  # bytes of a row group, about; it is held in memory


def _write(rows: Iterable[Row], stream: BinaryIO) -> Sequence[str]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise MissingExtraError("pyarrow", extra="parquet", purpose="write Parquet") from error
    kinds: dict[str, Kind] = {}
    with tabled(_seen(rows, kinds)) as table:
        types = {name: kinds[name].arrow() for name in table.columns}
        told = [name for name, one in types.items() if one is None]
        schema = pa.schema(
            [
                pa.field(name, pa.string(), metadata={MARK: JSON_TEXT})
                if one is None
                else pa.field(name, one)
                for name, one in types.items()
            ]
        )
        with ParquetWriter(stream, schema, compression="zstd") as file:
            held: list[Any] = []
            size = 0
            for some in _batches(table.rows(), told):
                batch = pa.RecordBatch.from_pylist(some, schema)
                held.append(batch)
                size += batch.nbytes
                if size > _GROUP:
                    file.write_table(pa.Table.from_batches(held, schema))
                    held, size = [], 0
            if held:
                file.write_table(pa.Table.from_batches(held, schema))
    return [
        f"column `{excerpt(name)}` is JSON text: its values have no one type in Parquet"
        for name in told
    ]


def _seen(rows: Iterable[Row], kinds: dict[str, Kind]) -> Iterator[Row]:
    for row in rows:
        for name, value in row.items():
            if name not in kinds:
                kinds[name] = Kind()
            kinds[name].see(value, name)
        yield row


def _batches(rows: Iterable[dict[str, Any]], told: Sequence[str]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        for name in told:
            if row.get(name) is not None:
                row[name] = json_line(row[name]).decode()
        some.append(row)
        if len(some) >= _TOGETHER:
            yield some
            some = []
    if some:
        yield some


def _why_not(row: Row) -> str:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "a lone surrogate, which Parquet cannot hold"
    return ""


parquet = Writer(
    name="parquet",
    suffixes=(".parquet", ".pq"),
    takes="rows",
    write=_write,
    text=False,
    why_not=_why_not,
)
