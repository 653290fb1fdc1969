# SPDX-License-Identifier: Apache-2.0
"""A file as bytes: what it is by its first bytes, unpacked while it is read, never all at once."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.data.remote import copy_of, is_remote
from evalkit.data.standard_input import STANDARD_INPUT, spooled

__all__ = ["HEAD", "Source", "open_source"]

HEAD = 1 << 16  # bytes that are looked at to tell what a file is
# An archive that unpacks to more than this factor is a bomb if it is more than so many bytes or
# lines: reading a huge line costs little, reading as many bytes of empty lines takes an hour.
_MOST_RATIO = 200
_MOST_UNPACKED = 9 << 27
_MOST_LINES = 4_000_000

_LFS = b"version https://git-lfs.github.com/spec/"

_KINDS = "name a JSONL, JSON, CSV, XLSX or Parquet file"

Packing = Literal["", "gzip", "zstd"]

_PARQUET = (b"PAR1", b"PARE")  # the second is encrypted as a whole: its reader says so

# First bytes of what people hand to a data tool by mistake.
_OTHER = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "an audio, video or WebP file"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"GGUF", "a model (GGUF)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"{\\rtf", "an RTF document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be opened again and again.

    Attributes:
        path: As the user wrote it, or as it is to be called.
        size: Bytes on disk.
        packing: "gzip", "zstd" or "" for none.
        head: Its first `HEAD` bytes, unpacked.
        place: Where its bytes lie: `path`, but for standard input and files under another name.
        workbook: Whether it is a spreadsheet workbook (XLSX, XLS, XLSB, ODS).
        parquet: Whether it is a Parquet file.
    """

    path: str
    size: int
    packing: Packing
    head: bytes
    place: str
    workbook: bool = False
    parquet: bool = False

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Its bytes, unpacked.

        Raises:
            InputError: It cannot be read, is damaged, or unpacks to far more than it should.
        """
        with _readable(self.path), Path(self.place).open("rb") as stream:
            yield _unpacked(stream, self.packing, self.path)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"no such file: {path}", "check the path") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder, not a data set", "name the files in it") from error
    except PermissionError as error:
        raise InputError(f"{path} may not be read", "check its permissions") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} is a damaged archive: {error}", "pack it again") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _unpacked(stream: BinaryIO, packing: Packing, path: str) -> BinaryIO:
    if packing == "gzip":
        inner = cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    elif packing == "zstd":
        inner = _zstd(stream)
    else:
        return stream
    return cast("BinaryIO", io.BufferedReader(_Bounded(inner, stream, path), 1 << 16))


def _zstd(stream: BinaryIO) -> BinaryIO:
    import importlib

    for name in ("compression.zstd", "backports.zstd"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        opened: BinaryIO = module.ZstdFile(stream)
        return opened
    raise MissingExtraError("backports.zstd", extra="zstd", purpose="read .zst files")


class _Bounded(io.RawIOBase):
    """Passes bytes on and stops an archive that unpacks to far more than it holds."""

    def __init__(self, inner: BinaryIO, packed: BinaryIO, path: str) -> None:
        super().__init__()
        self._inner, self._packed, self._path = inner, packed, path
        self._given = self._lines = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            block = self._inner.read(len(buffer))
        except Exception as error:
            if isinstance(error, OSError | EOFError | zlib.error):
                raise
            raise InputError(
                f"{self._path} is a damaged archive: {error}", "pack it again"
            ) from error
        buffer[: len(block)] = block
        self._given += len(block)
        self._lines += block.count(b"\n")
        if self._given > _MOST_UNPACKED or self._lines > _MOST_LINES:
            self._refuse_bombs()
        return len(block)

    def _refuse_bombs(self) -> None:
        if self._given > _MOST_RATIO * self._packed.tell():
            raise InputError(
                f"{self._path} unpacks to more than {_MOST_RATIO} times its size",
                "unpack it yourself if you trust it",
            )


def open_source(path: str | Path, name: str | None = None) -> Source:
    """Look at the first bytes of a file.

    Args:
        path: Of the file; "-" is standard input, which is copied to a temporary file once; a URL
            is read only if it was copied before (`remote.fetch`).
        name: What to call it; None = its path.

    Raises:
        InputError: It is missing, a folder, unreadable, or of a kind that holds no examples.
        MissingExtraError: It is packed by zstd, and the extra is not installed.
    """
    shown = name if name is not None else str(path)
    with _readable(shown):
        place = _place(str(path))
        if Path(place).is_dir():
            raise InputError(f"{shown} is a folder, not a data set", "name the files in it")
        size = Path(place).stat().st_size
        with Path(place).open("rb") as stream:
            first = stream.read(HEAD)
            packing: Packing = ""
            if first.startswith(b"\x1f\x8b"):
                packing = "gzip"
            elif first.startswith(b"\x28\xb5\x2f\xfd"):
                packing = "zstd"
            if packing:
                stream.seek(0)
                first = _unpacked(stream, packing, shown).read(HEAD)
    workbook = _is_workbook(shown, place, first)
    parquet = first.startswith(_PARQUET)
    if packing and (workbook or parquet):
        what = "workbook" if workbook else "Parquet file"
        raise InputError(f"{shown} is a packed {what}", "unpack it first")
    if not workbook and not parquet:
        _refuse_others(shown, first)
    return Source(shown, size, packing, first, place, workbook, parquet)


def _place(path: str) -> str:
    if path == STANDARD_INPUT:
        return spooled()
    return copy_of(path) if is_remote(path) else path


def _is_workbook(path: str, place: str, head: bytes) -> bool:
    """Whether it is a workbook; by its content, so that an XLSX named .csv is one.

    Raises:
        InputError: It is an archive or an office document of another kind.
    """
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return True  # XLS, or another old office file: the workbook reader says so
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    import zipfile

    try:
        with zipfile.ZipFile(place) as archive:
            members = set(archive.namelist())
            kind = archive.read("mimetype")[:80] if "mimetype" in members else b""
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        zlib.error,
        ValueError,
        NotImplementedError,
    ) as error:
        raise InputError(
            f"{path} is a damaged archive or workbook: {error}", "save it again"
        ) from error
    except RuntimeError as error:  # encrypted
        raise InputError(f"{path} is encrypted", "save it without a password") from error
    if b"spreadsheet" in kind or any(m.startswith("xl/") for m in members):
        return True
    what = "a Word document" if any(m.startswith("word/") for m in members) else "a ZIP archive"
    raise InputError(f"{path} is {what}, not a data set", _KINDS)


def _refuse_others(path: str, head: bytes) -> None:
    if head.startswith(_LFS):
        raise InputError(f"{path} is a Git LFS pointer, not the file itself", "run: git lfs pull")
    for magic, what in _OTHER:
        if head.startswith(magic):
            raise InputError(f"{path} is {what}, not a data set", _KINDS)
    # Text has next to no control characters; UTF-16 has zero bytes, but on one side only.
    start = head[:4096]
    zeros = start[::2].count(0), start[1::2].count(0)
    looks_wide = start.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        max(zeros) * 16 > len(start) and min(zeros) * 10 < max(zeros)
    )
    controls = sum(b < 9 or 13 < b < 32 for b in start)
    binary = controls * 16 > len(start) and not looks_wide
    if start.lstrip()[:1] not in {b"{", b"["} and b"\0" in start and binary:
        raise InputError(f"{path} is a binary file, not a data set", _KINDS)
