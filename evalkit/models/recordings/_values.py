# SPDX-License-Identifier: Apache-2.0
"""A file of recorded answers as a stream of JSON objects, whatever it is packed in.

JSON lines, one JSON document, a list in one, a table (each row an object of texts) or a zip of JSON
files; gzip or zstd around the first three. Nothing is believed of a size before it is seen.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.core.printable import excerpt
from evalkit.data.source import Source, open_source
from evalkit.models.recordings._layout import Value
from evalkit.models.recordings._pairs import are_pairs, pairs

__all__ = ["values"]

_LONGEST_LINE = 64 << 20
_LONGEST_DOCUMENT = 256 << 20
_LONGEST_MEMBER = 64 << 20
_LONGEST_ARCHIVE = 4 << 30
_ZSTD = 93  # of a zip member: APPNOTE 6.3.8; what Inspect writes since 2026
_AGAIN = "record it again, or cut the file"


def values(path: Path) -> Iterator[Value]:
    """Every object of a file with its place; what is no object has the place and an empty one.

    Raises:
        InputError: The file is missing, damaged, too large in one piece, or no JSON or table; the
            line is named.
        MissingExtraError: It is packed by zstd, and the extra is not installed.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise InputError(
            f"cannot read the recording {path}: {error.strerror or error}", "is the path right?"
        ) from error
    if start.startswith(b"PK\x03\x04") and not _is_workbook(path):
        return _archive(path)
    source = open_source(path)
    head = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not source.head.strip():
        return iter(())
    if not (source.workbook or source.parquet) and are_pairs(source.head):
        return pairs(source)
    if source.workbook or (not source.parquet and not head.startswith((b"{", b"["))):
        return _table(source)
    if source.parquet:
        raise InputError(f"{path} is Parquet, not a recording", "save the answers as JSONL or CSV")
    return _json(source)


def _json(source: Source) -> Iterator[Value]:
    """Lines, or one document where the first line is no value by itself."""
    with source.open() as stream:
        first = stream.readline(_LONGEST_LINE + 1)
        while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
            first = stream.readline(_LONGEST_LINE + 1)
        begun = _loaded(first) if len(first) <= _LONGEST_LINE else None
        by_line = isinstance(begun, Mapping) or (begun is not None and bool(stream.peek(1)))  # type: ignore[attr-defined]
    if by_line:
        yield from _lines(source)
    else:
        yield from _document(source)


def _loaded(line: bytes) -> Any:
    try:
        return json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None


def _lines(source: Source) -> Iterator[Value]:
    with source.open() as stream:
        number = 0
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            where = f"{source.path}:{number}"
            if len(line) > _LONGEST_LINE:
                raise InputError(
                    f"{where}: the line is longer than {_LONGEST_LINE >> 20} MiB", _AGAIN
                )
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield where, _object(_parsed(line, where))


def _document(source: Source) -> Iterator[Value]:
    with source.open() as stream:
        whole = stream.read(_LONGEST_DOCUMENT + 1)
    if len(whole) > _LONGEST_DOCUMENT:
        raise InputError(
            f"{source.path} is one JSON value of more than {_LONGEST_DOCUMENT >> 20} MiB",
            "save the answers as JSON lines",
        )
    value = _parsed(whole, f"{source.path}:1")
    if not isinstance(value, list):
        yield f"{source.path}", _object(value)
        return
    for number, one in enumerate(value, 1):
        yield f"{source.path}, item {number}", _object(one)


def _parsed(raw: bytes, where: str) -> Any:
    try:
        return json.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8", "save the file as UTF-8") from error
    except RecursionError as error:
        raise InputError(f"{where}: nested too deep for a recording", _AGAIN) from error
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error.msg}", "is the file whole?") from error
    except ValueError as error:  # a number of many thousand digits
        raise InputError(f"{where}: not JSON: {excerpt(str(error), 80)}", _AGAIN) from error


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _table(source: Source) -> Iterator[Value]:
    """Rows below the header, as objects of texts by header."""
    records, noun = _records(source)
    header: list[str] | None = None
    for record in records:
        cells = list(record.cells)
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            continue
        row: dict[str, Any] = {}
        for name, cell in zip(header, cells, strict=False):
            if name:
                row.setdefault(name, cell)
        yield f"{source.path}, {noun} {record.line}", row


def _records(source: Source) -> tuple[Iterator[Any], str]:
    if source.workbook:
        from evalkit.data.readers.xlsx import opened, sheets, xlsx

        book = opened(source)
        found = sheets(book)
        if not found:
            raise InputError(f"{source.path} has no sheet", "is it a chart?")
        return xlsx(book, found[0], source.path), "row"
    from evalkit.data.encodings import detect
    from evalkit.data.readers.delimited import delimited, dialect_of

    with source.open() as stream:
        encoding = detect(stream, source.size, seekable=not source.packing)
    head = source.head[encoding.mark :].decode(encoding.codec, "replace")
    dialect = dialect_of(head, source.path)

    def cells() -> Iterator[Any]:
        with source.open() as stream:
            yield from delimited(stream, encoding, dialect)

    return cells(), "line"


def _is_workbook(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path} is a damaged archive: {error}", _AGAIN) from error
    return any(name.startswith("xl/") or name == "content.xml" for name in names)


def _archive(path: Path) -> Iterator[Value]:
    """The JSON files of a zip: the one that says what it is first, then the samples."""
    with ZipFile(path) as archive:
        members = [m for m in archive.infolist() if m.filename.endswith(".json")]
    whole = sum(member.file_size for member in members)
    largest = max((member.file_size for member in members), default=0)
    if whole > _LONGEST_ARCHIVE or largest > _LONGEST_MEMBER:
        raise InputError(
            f"{path} unpacks to {whole >> 20:,} MiB, its largest file to {largest >> 20:,}",
            f"at most {_LONGEST_MEMBER >> 20} MiB a sample are read: export the answers as JSONL",
        )
    head = [m for m in members if m.filename == "header.json"]
    begun = [m for m in members if m.filename == "_journal/start.json"]  # of a run that was cut off
    samples = sorted(
        (m for m in members if m.filename.startswith("samples/")), key=lambda m: m.filename
    )
    with path.open("rb") as stream:
        for member in (*(head or begun)[:1], *samples):
            where = f"{path}, {excerpt(member.filename, 60)}"
            yield where, _object(_parsed(_unpacked(stream, member, where), where))


def _unpacked(stream: BinaryIO, member: ZipInfo, where: str) -> bytes:
    """The bytes of a member, as many as the directory says."""
    if member.flag_bits & 1:
        raise InputError(f"{where}: it is encrypted", "save it without a password")
    stream.seek(member.header_offset)
    header = stream.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise InputError(f"{where}: the archive is damaged", _AGAIN)
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    stream.seek(name + extra, io.SEEK_CUR)
    packed = stream.read(min(member.compress_size, _LONGEST_MEMBER))
    try:
        raw = _plain(packed, member.compress_type, member.file_size + 1, where)
    except (zlib.error, EOFError, OSError) as error:
        raise InputError(f"{where}: the archive is damaged: {error}", _AGAIN) from error
    if len(raw) != member.file_size:
        raise InputError(f"{where}: it is not as long as the archive says", _AGAIN)
    return raw


def _plain(packed: bytes, method: int, most: int, where: str) -> bytes:
    if method == ZIP_STORED:
        return packed
    if method == ZIP_DEFLATED:
        return zlib.decompressobj(-15).decompress(packed, most)
    if method == _ZSTD:
        return _from_zstd(packed, most, where)
    raise InputError(f"{where}: packed by a method that is not read ({method})", _AGAIN)


def _from_zstd(packed: bytes, most: int, where: str) -> bytes:
    import importlib

    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            with module.ZstdFile(io.BytesIO(packed)) as stream:
                raw: bytes = stream.read(most)
                return raw
        except module.ZstdError as error:
            raise InputError(f"{where}: the archive is damaged: {error}", _AGAIN) from error
    raise MissingExtraError("backports.zstd", extra="zstd", purpose="read Inspect's .eval logs")
