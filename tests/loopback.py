# SPDX-License-Identifier: Apache-2.0
"""A chat completions server on 127.0.0.1 for tests: real HTTP, every fault on order.

It answers each conversation always the same, counts what it would bill, keeps what it was sent,
and holds every request and every good answer against OpenAI's published schemas where they lie
beside the checkout (../shared/openai-spec).
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

SPEC = Path(__file__).resolve().parents[2] / "shared" / "openai-spec" / "openai-spec-subset.json"


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        status: HTTP status.
        body: JSON, or bytes as they are; None = an error object for the status.
        headers: Such as Retry-After.
        cut: Promise the whole body, send half, hang up.
        wait: Seconds of silence before.
        times: To how many requests in a row.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    wait: float = 0.0
    times: int = 1


class Loopback:
    """The server; `with Loopback() as server:` and ask `server.url`."""

    def __init__(
        self,
        *,
        key: str | None = None,
        labels: tuple[str, ...] = ("yes", "no"),
        answer: Callable[[list[dict[str, Any]]], str] | None = None,
        delay: float = 0.0,
    ) -> None:
        self.key = key
        self.labels = labels
        self.delay = delay
        self.answer = answer or (lambda messages: f"echo: {messages[-1]['content']}")
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.billed: list[str] = []  # the last message of each answered request
        self.complaints: list[str] = []
        self.most_under_way = self._under_way = 0
        self._lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def fail(self, status: int = 200, **how: Any) -> Self:
        """Order a fault for the next request (or the next `times`)."""
        self.faults.append(Fault(status, **how))
        return self

    @contextmanager
    def under_way(self) -> Iterator[None]:
        with self._lock:
            self._under_way += 1
            self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def take_fault(self) -> Fault | None:
        with self._lock:
            if not self.faults:
                return None
            fault = self.faults[0]
            fault.times -= 1
            if fault.times <= 0:
                self.faults.popleft()
            return fault

    def note(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> None:
        with self._lock:
            self.paths.append(path)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            self.requests.append(body)
            self.times.append(time.monotonic())
            self.complaints += complaints("CreateChatCompletionRequest", body)

    def completion(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer, with log probabilities where asked for."""
        text = self.answer(body["messages"])
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10_000
        words = text.split(" ")
        tokens = [word if n == 0 else f" {word}" for n, word in enumerate(words)][:limit]
        prompt = sum(len(str(m.get("content")).split()) + 4 for m in body["messages"])
        document = {
            "id": f"chatcmpl-{len(self.billed)}",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": f"{body['model']}-2026-01-01",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "".join(tokens), "refusal": None},
                    "finish_reason": "length" if len(tokens) < len(words) else "stop",
                    "logprobs": self._logprobs(tokens, body),
                }
            ],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": len(tokens),
                "total_tokens": prompt + len(tokens),
            },
        }
        with self._lock:
            self.billed.append(str(body["messages"][-1].get("content")))
            self.complaints += complaints("CreateChatCompletionResponse", document)
        return document

    def _logprobs(self, tokens: list[str], body: dict[str, Any]) -> dict[str, Any] | None:
        if not body.get("logprobs"):
            return None
        alternatives = [*self.labels, *(f"other{n}" for n in range(20))][: body["top_logprobs"]]
        weights = [0.5**n for n in range(1, len(alternatives) + 1)]
        top = [_token(t, w) for t, w in zip(alternatives, weights, strict=True)]
        return {
            "content": [{**_token(t, 0.5), "top_logprobs": top} for t in tokens],
            "refusal": None,
        }


def _token(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(probability), "bytes": list(text.encode())}


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    spec = json.loads(SPEC.read_text(encoding="utf-8"))
    registry = Registry().with_resource("spec:", Resource(spec, DRAFT202012))
    return Draft202012Validator({"$ref": f"spec:#/components/schemas/{name}"}, registry=registry)


def complaints(schema: str, value: Any) -> list[str]:
    """What OpenAI's schema says against a value; nothing where it is not at hand."""
    if not SPEC.exists():
        return []
    errors = _validator(schema).iter_errors(value)
    return [f"{schema} {e.json_path}: {e.message[:200]}" for e in errors]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, loopback: Loopback) -> None:
        self.loopback = loopback
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        with self.server.loopback.under_way():
            self._reply(body)

    def _reply(self, body: dict[str, Any]) -> None:
        it = self.server.loopback
        it.note(self.path, self.headers, body)
        if it.key is not None and self.headers["Authorization"] != f"Bearer {it.key}":
            # OpenAI repeats parts of the key here; so do we, to see that it goes nowhere.
            shown = self.headers["Authorization"].removeprefix("Bearer ")
            said = f"Incorrect API key provided: {shown[:8]}*****{shown[-4:]}."
            self._send(401, _error(said, "invalid_api_key"))
            return
        if not self.path.startswith("/v1/chat/completions"):
            self._send(404, _error("no such path", "not_found"))
            return
        fault = it.take_fault()
        if fault is not None:
            time.sleep(fault.wait)
            if fault.status != 200 or fault.body is not None:
                body = _error("ordered", "ordered") if fault.body is None else fault.body
                self._send(fault.status, body, fault.headers, cut=fault.cut)
                return
        time.sleep(it.delay)
        self._send(200, it.completion(body), cut=fault is not None and fault.cut)

    def _send(
        self, status: int, body: Any, headers: Mapping[str, str] = {}, *, cut: bool = False
    ) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # a client that was killed or lost patience
            self.wfile.write(raw[: len(raw) // 2] if cut else raw)
            self.wfile.flush()
        if cut:
            self.close_connection = True

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_: object) -> None:
        pass


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "param": None, "code": code}}
