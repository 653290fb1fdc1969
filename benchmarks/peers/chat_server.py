# SPDX-License-Identifier: Apache-2.0
"""A chat completions server that costs next to nothing: one process, one answer for everything.

    python benchmarks/peers/chat_server.py

Prints its port, then serves until standard input ends; then prints how many requests it answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

# A verdict as deepeval's judge wants it; to the others it is a text like any other.
TEXT = json.dumps({"score": 8, "reason": "Where my order is, it says."})
DELAY = 0.05  # seconds, so that requests overlap as they do at a provider


def answer() -> bytes:
    body = json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "bench-2026-01-01",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": TEXT, "refusal": None},
                    "finish_reason": "stop",
                    "logprobs": None,
                }
            ],
            "usage": {"prompt_tokens": 20, "completion_tokens": 12, "total_tokens": 32},
        }
    ).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


ANSWER = answer()
ANSWERED: list[None] = []


class Chat(asyncio.Protocol):
    """One connection; requests on it are answered in turn."""

    def __init__(self) -> None:
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to answer."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request a moment later."""
        self.read += data
        while True:
            head, blank, rest = self.read.partition(b"\r\n\r\n")
            if not blank:
                return
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if len(rest) < length:
                return
            self.read = rest[length:]
            ANSWERED.append(None)
            asyncio.get_running_loop().call_later(DELAY, self.reply)

    def reply(self) -> None:
        """Write the answer."""
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Chat, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    with contextlib.suppress(BrokenPipeError):
        print(len(ANSWERED), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
