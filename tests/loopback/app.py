# SPDX-License-Identifier: Apache-2.0
"""From a request to an answer, whatever brings the bytes: routes, keys, limits, schemas, faults."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from traceback import format_exc
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from .schemas import complaints

if TYPE_CHECKING:
    from .faults import Fault
    from .server import Loopback

__all__ = ["Answer", "Call", "Refused", "Route", "respond"]

# OpenAI's own paths, Azure's old and new ones, and other providers' below their name: a file with
# `PROVIDER = "x"` answers under /x/v1 and no other; what it has not is answered as OpenAI does.
_BASE = re.compile(
    r"/(?:(?P<provider>together|fireworks|mistral)/(?:inference/)?v1|v1|openai/v1"
    r"|openai/deployments/(?P<deployment>[^/]+)|openai)(?P<rest>/.*)"
)
_NO_APIS = {"__init__", "__main__", "app", "bill", "fast", "faults", "limits", "schemas", "server"}


class Refused(Exception):  # noqa: N818  an answer, not an error of ours
    """The request gets an error object."""

    def __init__(self, status: int, message: str, code: str | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = error(message, code, **more)


@dataclass
class Call:
    """One request."""

    method: str
    path: str  # as sent, with the query
    headers: Mapping[str, str]  # names in lower case
    raw: bytes
    query: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)  # parts of the path by name
    body: Any = None  # the JSON of it

    @property
    def key(self) -> str:
        given = self.headers.get("authorization", "").removeprefix("Bearer ")
        return self.headers.get("api-key") or given


@dataclass
class Answer:
    """What goes back; an iterator of bytes is a stream."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"
    wait: float = 0.0
    fault: Fault | None = None

    def encoded(self) -> bytes | Iterator[bytes]:
        if isinstance(self.body, bytes) or not isinstance(self.body, dict | list | str):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode("utf-8", "surrogatepass")


class Route(NamedTuple):
    """One method of one path; `request` and `answer` name schemas."""

    method: str
    pattern: str  # below /v1, with named groups
    handle: Callable[[Loopback, Call], Any]
    request: str | None = None
    answer: str | None = None


def error(message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    """OpenAI's error object."""
    whole = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return {"error": {**whole, **more}}


@cache
def _routes() -> tuple[tuple[str, re.Pattern[str], Route], ...]:
    """The ROUTES of every API: each is a file of this folder."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    apis = [
        import_module(f".{name}", __package__)
        for name in names
        if name not in _NO_APIS and not name.startswith(("test_", "_"))
    ]
    return tuple(
        (getattr(api, "PROVIDER", ""), re.compile(route.pattern), route)
        for api in sorted(apis, key=lambda api: not hasattr(api, "PROVIDER"))
        for route in api.ROUTES
    )


def respond(it: Loopback, call: Call) -> Answer:
    """The answer to a request; never raises."""
    call.query = dict(parse_qsl(urlsplit(call.path).query))
    if call.raw and call.headers.get("content-type", "").startswith("application/json"):
        try:
            call.body = json.loads(call.raw)
        except ValueError:
            return _refuse(it, call, 400, error("We could not parse the JSON body"))
    it.note(call.path, call.headers, call.body if isinstance(call.body, dict) else {})
    signed = "/signed/" in call.path  # the address itself is the key
    if it.key is not None and call.key != it.key and not signed:
        # OpenAI repeats parts of the key here; so do we, to see that it goes nowhere.
        said = f"Incorrect API key provided: {call.key[:8]}*****{call.key[-4:]}."
        return _refuse(it, call, 401, error(said, "invalid_api_key"))
    route = _found(call)
    if route is None:
        return _refuse(it, call, 404, error("no such path", "not_found"))
    said = complaints(route.request, call.body) if route.request and it.validate else []
    it.complain(said)
    fault = it.take_fault(call.method, call.path)
    if fault is not None and (fault.status != 200 or fault.body is not None):
        body = error("ordered", "ordered") if fault.body is None else fault.body
        answer = _refuse(it, call, fault.status, body)
        answer.headers |= fault.headers
        answer.wait, answer.fault = fault.wait, fault
        return answer
    if said and it.strict:
        return _refuse(it, call, 400, error(said[0], "invalid_value"))
    answer = _handled(it, call, route)
    if fault is not None and fault.size and isinstance(answer.body, dict):
        for choice in answer.body.get("choices", ()):
            choice["message"]["content"] = "x" * fault.size
    answer.fault = fault
    answer.wait = it.delay + (fault.wait if fault is not None else 0.0)
    return answer


def _found(call: Call) -> Route | None:
    base = _BASE.fullmatch(unquote(urlsplit(call.path).path))
    if base is None:
        return None
    spoken = {"", base["provider"]}
    for provider, pattern, route in _routes():
        if provider not in spoken or route.method != call.method:
            continue
        if match := pattern.fullmatch(base["rest"]):
            call.found = match.groupdict()
            if base["deployment"] and isinstance(call.body, dict):
                call.body.setdefault("model", base["deployment"])  # Azure's path names it
            return route
    return None


def _handled(it: Loopback, call: Call, route: Route) -> Answer:
    try:
        headers = it.admit(call)
        made = route.handle(it, call)
        answer = made if isinstance(made, Answer) else Answer(made)
        if route.answer and it.validate and isinstance(answer.body, dict):
            it.complain(complaints(route.answer, answer.body))
        answer.headers = {**headers, **answer.headers}
    except Refused as no:
        answer = _refuse(it, call, no.status, no.body)
        answer.headers |= getattr(no, "headers", {})
        return answer
    except Exception as fault:  # noqa: BLE001  ours: the test is told instead of hung up on
        it.complain([f"{call.method} {call.path}: {format_exc(limit=-3)}"])
        return _refuse(it, call, 500, error(f"the loopback server broke: {fault!r}"))
    it.arrived(call, 200)
    return answer


def _refuse(it: Loopback, call: Call, status: int, body: Any) -> Answer:
    it.arrived(call, status)
    return Answer(body, status)


def now() -> int:
    """Unix time, as OpenAI's objects have it."""
    return int(time.time())
