# SPDX-License-Identifier: Apache-2.0
"""Connections to one server, each in a pool of its own, where the client has no way over aiohttp.

The client's pool looks at each of its connections, and asks the system about each idle one, for
every request and every answer: half of all CPU time at 64 requests under way (httpcore2 2.16,
measured 2026-11). A pool of one has nothing to look through. The last one that became free is taken
first, so that others grow old and close.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["lanes"]


def lanes(client_class: type[Any]) -> Any | None:
    """A transport for a client of openai's, httpx's or httpx2's; None where it needs its own.

    Args:
        client_class: Of the asynchronous HTTP client; its package brings the parts.

    Returns:
        None where the environment names a proxy: a client with a transport would pass it by.
    """
    from urllib.request import getproxies

    bases = (base.__module__.partition(".")[0] for base in client_class.__mro__)
    package = next((name for name in bases if name.startswith("httpx")), None)
    if package is None or getproxies():
        return None
    http: Any = import_module(package)
    limits = http.Limits(max_connections=None, max_keepalive_connections=1, keepalive_expiry=30.0)
    context = http.create_ssl_context()  # once for all: reading certificates takes 20 ms
    return _transport(http)(lambda: http.AsyncHTTPTransport(verify=context, limits=limits))


@cache
def _transport(http: Any) -> Callable[[Callable[[], Any]], Any]:
    """The class, for the package that its bases are from: httpx or httpx2."""
    body_class = _body(http)

    class Lanes(http.AsyncBaseTransport):  # type: ignore[misc]
        """As many transports as requests were under way at once."""

        def __init__(self, new: Callable[[], Any]) -> None:
            self._new = new
            self._all: list[Any] = []
            self._free: list[Any] = []

        async def handle_async_request(self, request: Any) -> Any:
            if self._free:
                lane = self._free.pop()
            else:
                lane = self._new()
                self._all.append(lane)
            try:
                response = await lane.handle_async_request(request)
            except BaseException:
                self._free.append(lane)
                raise
            response.stream = body_class(response.stream, lane, self._free)
            return response

        async def aclose(self) -> None:
            for lane in self._all:
                with contextlib.suppress(Exception):
                    await lane.aclose()

    return Lanes


def _body(http: Any) -> Callable[[Any, Any, list[Any]], Any]:
    class Body(http.AsyncByteStream):  # type: ignore[misc]
        """The body of an answer; its lane is free again once it is closed."""

        def __init__(self, body: Any, lane: Any, free: list[Any]) -> None:
            self._body, self._lane, self._free = body, lane, free
            self._closed = False

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for part in self._body:
                yield part

        async def aclose(self) -> None:
            if self._closed:
                return
            self._closed = True
            try:
                await self._body.aclose()
            finally:
                self._free.append(self._lane)

    return Body
