# SPDX-License-Identifier: Apache-2.0
"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from evalkit.core.errors import InputError

__all__ = ["atomic", "write_text"]


@contextmanager
def atomic(path: Path | str) -> Iterator[BinaryIO]:
    """A stream whose bytes replace `path` when the block ends well: temporary, fsync, rename.

    The mode of a file that is replaced is kept; missing folders are made. A link keeps pointing to
    what it points to, and what is no file (a pipe, a device) is written into, not replaced.

    Raises:
        InputError: The place cannot be written.
    """
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()
    if target.exists() and not target.is_file():
        try:
            with target.open("wb") as stream:
                yield stream
        except OSError as error:
            raise InputError(f"cannot write {target}: {error.strerror}", "name a file") from error
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot write {target}: {error.strerror}", "choose another place"
        ) from error
    # Named before it is made: Ctrl-C at any moment finds what to remove.
    temporary = target.parent / f".{target.name[:40]}.{os.urandom(8).hex()}"
    try:
        with _made(temporary, target) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}", "is the disk full?") from error
    finally:
        temporary.unlink(missing_ok=True)


def _made(temporary: Path, target: Path) -> BinaryIO:
    """A new file that nobody else may read yet.

    Raises:
        InputError: The place cannot be written.
    """
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.fdopen(os.open(temporary, flags, 0o600), "wb")
    except OSError as error:
        raise InputError(
            f"cannot write {target}: {error.strerror}", "choose another place"
        ) from error


def write_text(path: Path | str, text: str) -> None:
    """Write UTF-8 text whole or not at all; lone surrogates become U+FFFD's escape `?`."""
    with atomic(path) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
