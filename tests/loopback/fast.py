# SPDX-License-Identifier: Apache-2.0
"""The same server on one event loop: for benchmarks, where threads would cost more than we do.

It takes what HTTP clients send (Content-Length bodies, keep-alive, no pipelining) and no more.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Self

from .app import Answer, Call, respond
from .faults import Fault
from .server import Loopback

__all__ = ["FastLoopback"]

_DRIPPED = 64
_LONGEST_HEAD = 1 << 20


class FastLoopback(Loopback):
    """A `Loopback` whose connections share one thread."""

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._socket = socket.create_server(("127.0.0.1", self._port), backlog=1024)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(
            self._connected, sock=self._socket, limit=_LONGEST_HEAD
        )

    async def _close(self) -> None:
        self._listening.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        with self.under_way():
            answer = respond(self, Call(method, path, headers, raw))
            if answer.wait:
                await asyncio.sleep(answer.wait)
            return await self._send(writer, answer)

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> bool:
        fault = answer.fault or Fault()
        if fault.reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return False
        body = answer.encoded()
        if not isinstance(body, bytes):
            pieces = list(body)
            writer.write(_head(answer, "Transfer-Encoding: chunked"))
            for piece in pieces[: len(pieces) // 2] if fault.cut else pieces:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            if not fault.cut:
                writer.write(b"0\r\n\r\n")
        else:
            body = body[: len(body) // 2] if fault.truncated else body
            head = _head(answer, f"Content-Length: {len(body)}")
            if fault.drip:
                writer.write(head)
                for piece in _single(body):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(fault.drip)
            else:
                writer.write(head + (body[: len(body) // 2] if fault.cut else body))
        await writer.drain()
        return not (fault.cut or fault.drip)


def _head(answer: Answer, length: str) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} .", f"Content-Type: {answer.type}", length]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _single(body: bytes) -> Iterator[bytes]:
    for n in range(min(_DRIPPED, len(body))):
        yield body[n : n + 1]
