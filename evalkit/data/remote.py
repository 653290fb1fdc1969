# SPDX-License-Identifier: Apache-2.0
"""Files behind a URL: copied once, to a temporary file, when a person names them and not before.

Nothing here is reached from a configuration, a suite or a row of data: `open_source` reads only
what a command has copied with `fetch` because the URL was one of its arguments.
"""

from __future__ import annotations

import atexit
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from evalkit.core.errors import EvalkitError, InputError, RemoteError, UsageError
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["MOST_BYTES", "copy_of", "fetch", "forget", "is_remote"]

MOST_BYTES = 4 << 30
_BLOCK = 1 << 20
_SECONDS = 30.0  # for each step of a transfer, not for all of it
_URL = re.compile(r"[a-z][a-z0-9+.-]+:/?/", re.IGNORECASE)  # not `C:/`
# What fsspec reads with a package that each user chooses, by scheme. Its other schemes (file, zip,
# chains with ::) lead back to this machine and are refused.
_PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs",
    "abfss": "adlfs", "adl": "adlfs", "hf": "huggingface_hub", "oss": "ossfs", "sftp": "paramiko",
    "ssh": "paramiko",
}  # fmt: skip

_copies: dict[str, Path] = {}  # by the name that the file is shown under


def is_remote(path: str) -> bool:
    """Whether it is a URL, of whatever scheme."""
    return _URL.match(path) is not None


def copy_of(name: str) -> str:
    """Where the copy of a URL lies.

    Args:
        name: As `fetch` returned it.

    Raises:
        InputError: It was not fetched: only what a person names as an argument is.
    """
    if (place := _copies.get(name)) is None or not place.exists():
        raise InputError(
            f"{printable(name)} is behind a URL, which only an argument of a command may be",
            "download it, and name the file",
        )
    return str(place)


def fetch(url: str, say: Callable[[str], None], *, most: int = MOST_BYTES) -> str:
    """Copy what a URL points to into a temporary file, once; it is deleted when the process ends.

    Args:
        url: http, https, or a scheme that fsspec knows: s3, gs, az, hf...
        say: Is told the host, before anything is asked of it.
        most: Bytes; a larger file is refused.

    Returns:
        What to call it: the URL without its query, in which signatures and tokens stand.

    Raises:
        UsageError: A scheme that is not read, or a password in the URL.
        InputError: It is not there, may not be read, or is too large.
        MissingExtraError: fsspec is not installed.
        RemoteError: The host cannot be reached, or fails.
    """
    parts = _checked(url)
    name = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if name in _copies and _copies[name].exists():
        return name
    web = parts.scheme in {"http", "https"}
    via = f"from {parts.hostname}" if web else f"with {_PACKAGES[parts.scheme]}"
    say(f"reading {printable(name)} {printable(via)}")
    with tempfile.NamedTemporaryFile(prefix="evalkit-remote-", delete=False) as target:
        place = Path(target.name)
        try:
            with (_web if web else _store)(url, name, say) as (stream, size):
                _copy(stream, size, target, name, most)
        except BaseException:
            target.close()
            place.unlink(missing_ok=True)
            raise
    _copies[name] = place
    return name


def forget() -> None:
    """Delete the copies."""
    while _copies:
        _copies.popitem()[1].unlink(missing_ok=True)


atexit.register(forget)


def _checked(url: str) -> SplitResult:
    from urllib.parse import urlsplit

    if "::" in url and "[" not in url:  # a chain of fsspec's; an IPv6 address has brackets
        raise UsageError(f"{excerpt(url, 80)} is a chain of URLs", "name one file")
    try:
        parts = urlsplit(url)
        _ = parts.port  # a bad one is found only when it is asked for
    except ValueError as error:
        raise UsageError(f"{excerpt(url, 80)} is no URL: {error}", "check it") from error
    scheme = parts.scheme.lower()
    if scheme == "file":
        raise UsageError(f"{excerpt(url, 80)} is a file of this machine", "name it by its path")
    if scheme not in {"http", "https", *_PACKAGES}:
        known = ", ".join(("https", "http", *dict.fromkeys(_PACKAGES)))
        raise UsageError(f"URLs with {excerpt(scheme, 20)}:// are not read", f"known: {known}")
    if "@" in parts.netloc and (parts.password or scheme in {"http", "https"}):
        raise UsageError(
            "a URL with a password would stand in every message", "leave it out of the URL"
        )
    if not parts.netloc:
        raise UsageError(f"{excerpt(url, 80)} names no host", "check it")
    return parts._replace(scheme=scheme)


def _copy(stream: BinaryIO, size: int | None, target: Any, name: str, most: int) -> None:
    if size is not None and size > most:
        raise _too_large(name, most, size)
    given = 0
    while block := stream.read(_BLOCK):
        given += len(block)
        if given > most:
            raise _too_large(name, most)
        target.write(block)
    if size is not None and given < size:
        raise RemoteError(
            f"{printable(name)} ended after {given:,} of {size:,} bytes",
            "try again",
            retryable=True,
        )


def _too_large(name: str, most: int, size: int | None = None) -> InputError:
    has = f"has {size:,} bytes," if size is not None else "is"
    return InputError(
        f"{printable(name)} {has} more than {most:,} bytes",
        "download it yourself, and name the file",
    )


@contextmanager
def _web(url: str, name: str, say: Callable[[str], None]) -> Iterator[tuple[BinaryIO, int | None]]:
    from evalkit.data.web import opened

    with opened(url, name, say, seconds=_SECONDS) as found:
        yield found


@contextmanager
def _store(
    url: str,
    name: str,
    say: Callable[[str], None],  # noqa: ARG001  (as for the web, where hosts change)
) -> Iterator[tuple[BinaryIO, int | None]]:
    """A file of an object store, by fsspec and the package for that store."""
    from evalkit.core.errors import MissingExtraError

    try:
        import fsspec
    except ImportError as error:
        raise MissingExtraError("fsspec", extra="remote", purpose="read URLs") from error
    scheme = url.partition(":")[0].lower()
    try:
        store, path = fsspec.url_to_fs(url)
        size = store.size(path)
        with store.open(path, "rb") as stream:
            yield stream, size
    except EvalkitError:
        raise
    except (ImportError, ValueError) as error:
        package = _PACKAGES[scheme]
        raise InputError(
            f"{package} is needed to read {scheme}:// and is not installed: {excerpt(str(error))}",
            f'install it: pip install "evalkit-ft[remote]" {package}',
        ) from error
    except FileNotFoundError as error:
        raise InputError(f"no such file: {printable(name)}", "check the URL") from error
    except PermissionError as error:
        raise InputError(
            f"{printable(name)} may not be read", f"log in as {_PACKAGES[scheme]} expects it"
        ) from error
    except Exception as error:  # each store has errors of its own
        raise RemoteError(
            f"{printable(name)} cannot be read: {excerpt(str(error), 120)}", "try again"
        ) from error
