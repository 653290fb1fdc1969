# SPDX-License-Identifier: Apache-2.0
"""A file behind http or https; a redirect leads to neither a file nor a host within the network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPMessage
from typing import IO, Any, BinaryIO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from evalkit import __version__
from evalkit.core.errors import InputError, RemoteError
from evalkit.core.printable import excerpt, printable

__all__ = ["opened"]


@contextmanager
def opened(
    url: str, name: str, say: Callable[[str], None], *, seconds: float
) -> Iterator[tuple[BinaryIO, int | None]]:
    """The body, and how many bytes it has where the host says so.

    Args:
        url: With http or https.
        name: What to call it.
        say: Is told each further host, before anything is asked of it.
        seconds: To wait for each step.

    Raises:
        InputError: It is not there, may not be read, or is a page for people.
        RemoteError: The host cannot be reached, or fails.
    """
    director = OpenerDirector()  # knows of no files and no ftp
    for handler in (
        ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(), _Redirects(say),
    ):  # fmt: skip
        director.add_handler(handler)
    request = Request(url, headers={"User-Agent": f"evalkit/{__version__}", "Accept": "*/*"})  # noqa: S310
    shown = printable(name)
    try:
        with director.open(request, timeout=seconds) as answer:
            _refuse_pages(answer.headers, shown)
            length = answer.headers.get("Content-Length", "")
            yield cast("BinaryIO", answer), int(length) if length.isdecimal() else None
    except HTTPError as error:
        error.close()
        raise _refused(error, shown) from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise RemoteError(
            f"{shown} cannot be read: {excerpt(str(reason), 120)}",
            "check the address and the network, and try again",
            retryable=True,
        ) from error
    except Exception as error:  # of the protocol
        if isinstance(error, InputError | RemoteError):
            raise
        raise RemoteError(
            f"{shown}: the host does not speak HTTP as it should: {excerpt(repr(error), 80)}",
            "download it yourself, and name the file",
        ) from error


def _refuse_pages(headers: Message, shown: str) -> None:
    if headers.get_content_type() == "text/html":
        raise InputError(
            f"{shown} is a web page, not a data set",
            "name the address of the file itself, often called raw or resolve",
        )


def _refused(error: HTTPError, shown: str) -> InputError | RemoteError:
    if error.code in {404, 410}:
        return InputError(f"no such file: {shown} (HTTP {error.code})", "check the address")
    if error.code in {401, 403}:
        return InputError(
            f"{shown} may not be read without logging in (HTTP {error.code})",
            "download it yourself, and name the file",
        )
    if 300 <= error.code < 400:  # to a file, or round and round
        return InputError(
            f"{shown} redirects to what is not followed: {excerpt(str(error.reason), 120)}",
            "download it yourself, and name the file",
        )
    return RemoteError(
        f"{shown} cannot be read: HTTP {error.code} {excerpt(str(error.reason), 60)}",
        "try again later",
        status=error.code,
        retryable=error.code >= 500 or error.code == 429,
    )


class _Redirects(HTTPRedirectHandler):
    """Follows redirects to where a person could have meant to go."""

    max_redirections = 5

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        secure = here.scheme == "https" and there.scheme != "https"
        inward = _is_public(here.hostname) and not _is_public(there.hostname)
        if there.scheme not in {"http", "https"} or secure or inward or "@" in there.netloc:
            raise InputError(
                f"{excerpt(here.hostname or '', 80)} redirects to what is not followed: "
                f"{excerpt(f'{there.scheme}://{there.hostname}', 80)}",
                "download it yourself, and name the file",
            )
        if there.hostname != here.hostname:
            self._say(f"redirected to {printable(there.hostname or '')}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_public(host: str | None) -> bool:
    """Whether a host is out in the internet; what has no address is for the connection to say."""
    try:
        found: list[Any] = socket.getaddrinfo(host or "", None)
    except (OSError, UnicodeError):
        return True
    return all(ipaddress.ip_address(one[4][0].partition("%")[0]).is_global for one in found)
