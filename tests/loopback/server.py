# SPDX-License-Identifier: Apache-2.0
"""The server: its state, its orders, and one thread per connection."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from .app import Answer, Call, Refused, respond
from .bill import Bill
from .faults import Fault
from .limits import Arrival, Limits

__all__ = ["Loopback"]

_DRIPPED = 64  # bytes of a drip, after which nothing more comes


class Loopback:
    """The server; `with Loopback() as server:` and ask `server.url`.

    Attributes:
        url: Base URL, for `OPENAI_BASE_URL` or a model's `url`.
        key: The only key that is taken; None = any.
        labels: Given log probabilities where they are asked for.
        answer: Messages to the answer's text, or to a whole message (with tool calls).
        answers: The same by the model's name, where that has an own one; tuned models have.
        delay: Seconds before each answer.
        limits: Rates beyond which it answers 429.
        strict: Refuse (400) what OpenAI's schemas refuse; it is in `complaints` anyway.
        validate: Hold everything against the schemas; False is faster.
        requests: JSON bodies in the order of arrival; `headers`, `paths`, `times` go with them.
        arrivals: The same with the key, tokens and status.
        billed: The last message of each answered request, by batch too.
        bill: What it all cost.
        complaints: What the schemas said; a test ends with none.
        most_under_way: Requests at once.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        labels: tuple[str, ...] = ("yes", "no"),
        answer: Callable[[list[dict[str, Any]]], str | dict[str, Any]] | None = None,
        delay: float = 0.0,
        limits: Limits | None = None,
        models: Sequence[str] = ("gpt-4.1-mini-2025-04-14",),
        strict: bool = True,
        validate: bool = True,
        port: int = 0,
    ) -> None:
        self.key = key
        self.labels = labels
        self.delay = delay
        self.limits = limits
        self.models = list(models)
        self.strict = strict
        self.validate = validate
        self.answer = answer or (lambda messages: f"echo: {messages[-1]['content']}")
        self.cached_tokens = self.reasoning_tokens = 0  # of each answer's usage
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.times: list[float] = []
        self.arrivals: list[Arrival] = []
        self.billed: list[str] = []
        self.bill = Bill()
        self.answers: dict[str, Callable[[list[dict[str, Any]]], str | dict[str, Any]]] = {}
        self.complaints: list[str] = []
        self.state: dict[str, Any] = {}  # of each API by its name
        self.most_under_way = self._under_way = 0
        self.lock = threading.RLock()
        self._port = port
        self._start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def url_of(self, provider: str) -> str:
        """Base URL of the API as that provider has it ("together", "fireworks", "mistral")."""
        return f"http://127.0.0.1:{self.port}/{provider}/v1"

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def files(self) -> Any:
        """Files that were uploaded or made (`files.Files`)."""
        from .files import files_of

        return files_of(self)

    @property
    def fine_tuning(self) -> Any:
        """Training jobs, and how they go (`fine_tuning.FineTuning`)."""
        from .fine_tuning import fine_tuning_of

        return fine_tuning_of(self)

    @property
    def uploads(self) -> Any:
        """Files that come in parts (`uploads.Uploads`)."""
        from .uploads import uploads_of

        return uploads_of(self)

    @property
    def batches(self) -> Any:
        """Batches, and how they go (`batches.Batches`)."""
        from .batches import batches_of

        return batches_of(self)

    def _start(self) -> None:
        self._server = _Server(self, self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

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
        with self.lock:
            self._under_way += 1
            self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            yield
        finally:
            with self.lock:
                self._under_way -= 1

    def take_fault(self, method: str = "", path: str = "") -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.meets(method, path):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def note(self, path: str, headers: Mapping[str, str], body: dict[str, Any]) -> None:
        with self.lock:
            self.paths.append(path)
            self.headers.append(dict(headers))
            self.requests.append(body)
            self.times.append(time.monotonic())

    def complain(self, said: Sequence[str]) -> None:
        if said:
            with self.lock:
                self.complaints += said

    def arrived(self, call: Call, status: int) -> None:
        tokens = _tokens(call)
        self.arrivals.append(Arrival(time.monotonic(), call.path, call.key, tokens, status))

    def admit(self, call: Call) -> dict[str, str]:
        """The rate limits' headers; refuses what is beyond them. Only answers of models count."""
        if self.limits is None or not call.path.partition("?")[0].endswith("/completions"):
            return {}
        fits, headers = self.limits.admit(_tokens(call), time.monotonic())
        if not fits:
            no = Refused(429, "Rate limit reached", "rate_limit_exceeded", type="requests")
            no.headers = headers
            raise no
        return headers

    def charge(
        self, call_key: str, body: dict[str, Any], text: str, usage: dict[str, Any], *, batch: bool
    ) -> None:
        with self.lock:
            self.billed.append(text)
        self.bill.charge(
            call_key,
            body["model"],
            text,
            usage["prompt_tokens"],
            usage["completion_tokens"],
            batch=batch,
        )


def _tokens(call: Call) -> int:
    body = call.body if isinstance(call.body, dict) else {}
    longest = body.get("max_tokens") or body.get("max_completion_tokens") or 0
    return len(call.raw) // 4 + int(longest)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, loopback: Loopback, port: int) -> None:
        self.loopback = loopback
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(raw)

    def do_GET(self) -> None:
        self._answer(b"")

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self._answer(b"")

    def _answer(self, raw: bytes) -> None:
        it = self.server.loopback
        headers = {name.lower(): value for name, value in self.headers.items()}
        with it.under_way():
            answer = respond(it, Call(self.command, self.path, headers, raw))
            time.sleep(answer.wait)
            with suppress(ConnectionError):  # a client that was killed or lost patience
                self._send(answer)
                self.wfile.flush()

    def _send(self, answer: Answer) -> None:
        fault = answer.fault or Fault()
        if fault.reset:
            self._reset()
            return
        body = answer.encoded()
        whole = isinstance(body, bytes)
        if whole and fault.truncated:
            body = body[: len(body) // 2]
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        if whole:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Transfer-Encoding", "chunked")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.cut or fault.drip:
            self.close_connection = True
        if not whole:
            self._stream(list(body), cut=fault.cut)
        elif fault.drip:
            self._drip(body, fault.drip)
        else:
            self.wfile.write(body[: len(body) // 2] if fault.cut else body)

    def _stream(self, pieces: list[bytes], *, cut: bool) -> None:
        for piece in pieces[: len(pieces) // 2] if cut else pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        if not cut:
            self.wfile.write(b"0\r\n\r\n")

    def _drip(self, body: bytes, seconds: float) -> None:
        for n in range(min(_DRIPPED, len(body))):
            self.wfile.write(body[n : n + 1])
            self.wfile.flush()
            time.sleep(seconds)

    def _reset(self) -> None:
        """Close with unsent data thrown away: the client sees "connection reset by peer"."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def handle(self) -> None:
        with suppress(ConnectionError, ValueError):  # ValueError: written to after a reset
            super().handle()

    def log_message(self, *_: object) -> None:
        pass
