# SPDX-License-Identifier: Apache-2.0
"""Rows to files of any container: UTF-8, Chinese as itself, whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from evalkit.core.atomic import atomic
from evalkit.core.errors import InputError, MissingExtraError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, names, suggestion

if TYPE_CHECKING:
    from evalkit.data.writers._writer import Writer

__all__ = [
    "json_line", "packed_as", "packing", "write_jsonl", "write_lines", "write_rows", "writer_for",
]  # fmt: skip

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode  # one for all rows
_INFINITY = "\ue000evalkit-infinity"  # stands for a number that Python cannot write as JSON

_PACKINGS = {".gz": "gzip", ".zst": "zstd"}
# What people ask for and cannot have, and what comes near it.
_OTHER = {
    ".xls": "xlsx", ".xlsm": "xlsx", ".xlsb": "xlsx", ".ods": "xlsx", ".numbers": "xlsx",
    ".arrow": "parquet", ".feather": "parquet", ".zip": "jsonl.gz", ".bz2": "jsonl.gz",
    ".xz": "jsonl.gz", ".7z": "jsonl.gz", ".sqlite": "parquet", ".db": "parquet",
    ".yaml": "json", ".yml": "json", ".xml": "json", ".pdf": "jsonl", ".docx": "xlsx",
}  # fmt: skip


def json_line(value: Any) -> bytes:
    """A value as one line of JSON without the line feed.

    Lone surrogates, which UTF-8 cannot hold, stay escapes; numbers too large for a float are
    written as `1e999`, which reads back as they were.
    """
    try:
        text = _encode(value)
    except ValueError:
        text = _encode(_marked(value))
        text = text.replace(f'"-{_INFINITY}"', "-1e999").replace(f'"{_INFINITY}"', "1e999")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _marked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else f"{'-' * (value < 0)}{_INFINITY}"
    return value


def write_lines(lines: Iterable[bytes], stream: BinaryIO) -> int:
    """Write lines, each with a line feed; returns how many."""
    count = 0

    def counted() -> Iterator[bytes]:
        nonlocal count
        for line in lines:
            count += 1
            yield line

    find("writers", "jsonl").write(counted(), stream)
    return count


def write_jsonl(rows: Iterable[Any], path: str | Path) -> int:
    """Write values as JSONL; the file is replaced when all are written. Returns how many.

    Raises:
        InputError: The place cannot be written.
    """
    with atomic(path) as stream:
        return write_lines(map(json_line, rows), stream)


def write_rows(
    rows: Iterable[Mapping[str, Any]], path: str | Path, *, container: str | None = None
) -> int:
    """Write rows to a file; it is replaced when all are written.

    Args:
        rows: Of one layout.
        path: Its suffix says which container it is, and whether it is packed.
        container: Name of a writer, where the suffix shall not decide.

    Returns:
        How many rows.

    Raises:
        InputError: There are no rows, one does not fit into the container, or the place cannot be
            written.
        MissingExtraError: The container needs an extra that is not installed.
        UsageError: No such container.
    """
    writer = writer_for(path, container)
    count = 0

    def fitting() -> Iterator[Any]:
        nonlocal count
        for row in rows:
            count += 1
            if why := writer.why_not(row):
                raise InputError(f"row {count:,} does not fit into {path}: {why}", "write JSONL")
            yield json_line(row) if writer.takes == "lines" else row

    with atomic(path) as stream, packed_as(packing(path), stream) as inner:
        writer.write(fitting(), inner)
        if not count:
            raise InputError(f"nothing to write to {path}: there are no rows", "is all left out?")
    return count


def writer_for(path: str | Path, container: str | None = None) -> Writer:
    """What writes a file of that name: JSONL where its suffix says nothing.

    Args:
        path: Of the file; "-" is standard output.
        container: Name of a writer, where the suffix shall not decide.

    Raises:
        UsageError: No such container, a kind of file that cannot be written, or one that cannot be
            packed.
    """
    if container is not None:
        wanted = container.strip().casefold()
        if wanted not in (known := names("writers")):
            raise UsageError(
                f"cannot write the container `{excerpt(container)}`{suggestion(wanted, known)}",
                f"known: {', '.join(known)}",
            )
        writer = cast("Writer", find("writers", wanted))
    else:
        suffix = _suffix(path)
        if suffix in _OTHER:
            raise UsageError(
                f"cannot write {suffix} files", f"name it .{_OTHER[suffix]}, or say --container"
            )
        writer = find("writers", _by_suffix().get(suffix, "jsonl"))
    if packing(path) and not writer.text:
        raise UsageError(f"{path}: {writer.name} is packed by itself", "leave the last suffix out")
    return writer


@cache
def _by_suffix() -> Mapping[str, str]:
    return {suffix: name for name in names("writers") for suffix in find("writers", name).suffixes}


def _suffix(path: str | Path) -> str:
    """The last suffix but that of the packing, in lower case."""
    parts: Sequence[str] = [s.lower() for s in Path(path).suffixes]
    if parts and parts[-1] in _PACKINGS:
        parts = parts[:-1]
    return parts[-1] if parts else ""


def packing(path: str | Path) -> str:
    """What the last suffix of a name says: gzip, zstd, or nothing."""
    return _PACKINGS.get(Path(path).suffix.lower(), "")


@contextmanager
def packed_as(kind: str, stream: BinaryIO) -> Iterator[BinaryIO]:
    """A stream that packs what is written into it; without name and time, so that it is the same.

    Args:
        kind: "gzip", "zstd" or "".
        stream: Where the packed bytes go.

    Raises:
        MissingExtraError: zstd is not installed.
    """
    if kind == "gzip":
        import gzip

        with gzip.GzipFile("", "wb", 6, stream, mtime=0) as inner:
            yield cast("BinaryIO", inner)
    elif kind == "zstd":
        with _zstd(stream) as inner:
            yield inner
    else:
        yield stream


def _zstd(stream: BinaryIO) -> Any:
    import importlib

    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name).ZstdFile(stream, "wb")
        except ImportError:
            continue
    raise MissingExtraError("backports.zstd", extra="zstd", purpose="write .zst files")
