# SPDX-License-Identifier: Apache-2.0
"""Files at addresses that a provider signed: asked without any key, which is not for their host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import IO, Any
from urllib.parse import urlsplit

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.models._connection import Connection, translated
from evalkit.models._faults import RequestError
from evalkit.models._refusals import AGAIN

__all__ = ["fetched", "put"]

_SLOW = 50_000  # bytes a second that an upload is given time for, at least
_PIECE = 2**20


async def fetched(it: Connection, url: str) -> AsyncIterator[bytes]:
    """The bytes that lie there, as they arrive.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    host = _host(it, url)
    with translated(it):
        async with _client(it, it.seconds) as client, client.stream("GET", url) as response:
            _refuse(response, host)
            async for piece in response.aiter_bytes():
                yield piece


async def put(
    it: Connection, url: str, stream: IO[bytes], *, size: int, headers: Mapping[str, str]
) -> None:
    """Send bytes there; the headers are part of the signature.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    host = _host(it, url)
    length = {"Content-Length": str(size)}
    with translated(it):
        async with _client(it, it.seconds + size / _SLOW) as client:
            response = await client.put(
                url, content=_pieces(stream), headers={**length, **dict(headers)}
            )
            _refuse(response, host)


async def _pieces(stream: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _client(it: Connection, seconds: float) -> Any:
    """A client that knows no key: not the connection's, which sends it wherever it asks."""
    return it.sdk.DefaultAsyncHttpxClient(timeout=seconds, follow_redirects=False)


def _host(it: Connection, url: str) -> str:
    """Its host.

    Raises:
        RemoteError: No address that anything is to be sent to or read from: without TLS, unless it
            is the provider's own server.
    """
    parts = urlsplit(url)
    own = urlsplit(it.to.url)
    if parts.scheme != "https" and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise RemoteError(
            f"{it.to.host} names an address that is not safe: {excerpt(parts.scheme)}://"
            f"{excerpt(parts.hostname or '')}",
            "ask the provider; nothing was sent there",
        )
    return excerpt(parts.hostname or "")


def _refuse(response: Any, host: str) -> None:
    status = int(response.status_code)
    if status < 200 or status >= 300:
        raise RequestError(
            f"{host} answered {status} for a signed address",
            status=status,
            retryable=status in AGAIN,
        )
