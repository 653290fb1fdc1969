# SPDX-License-Identifier: Apache-2.0
"""Batches: a file of requests goes through its states as it is looked at, and ends in two files.

validating -> in_progress -> finalizing -> completed | expired | cancelled, or validating -> failed
with the line that is at fault. The states, the files' lines and the codes are those of
https://developers.openai.com/api/docs/guides/batch (read 2026-11-21).
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .app import Call, Refused, Route, error, now
from .chat import completion
from .files import File, files_of, paged
from .schemas import complaints

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES", "Batch", "Batches", "batches_of"]

ENDPOINTS = ("/v1/chat/completions", "/chat/completions")  # Azure's has no version
MOST_REQUESTS, MOST_BYTES = 50_000, 200_000_000
_DAY = 24 * 3600
_ENDED = ("completed", "failed", "expired", "cancelled")


@dataclass
class Batch:
    """One batch and all that is shown of it."""

    shown: dict[str, Any]
    key: str
    lines: list[dict[str, Any]]
    looks: int = 0  # at this state

    @property
    def status(self) -> str:
        return self.shown["status"]


@dataclass
class Batches:
    """All batches, and how they go.

    Attributes:
        held: By id, in the order in which they came.
        looks: Times that each state is shown before the next one.
        paused: Whether batches stay in progress until it is False again.
        row: What becomes of a line: "ok", "expired", "lost" (in no file), "garbage" (no JSON), or
            an HTTP status with which it ends in the error file.
        end: In what it ends: "completed", "expired", "cancelled".
        refusals: Errors with which the next batches fail, a list for each.
        room: Batches that may be under way together; beyond it they fail for enqueued tokens.
    """

    held: dict[str, Batch] = field(default_factory=dict)
    looks: int = 1
    paused: bool = False
    row: Callable[[dict[str, Any]], str | int] = lambda _line: "ok"
    end: str = "completed"
    refusals: deque[list[dict[str, Any]]] = field(default_factory=deque)
    room: int | None = None


def batches_of(it: Loopback) -> Batches:
    """The state of this API."""
    return it.state.setdefault("batches", Batches())


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /batches."""
    body = call.body if isinstance(call.body, dict) else {}
    for name in ("input_file_id", "endpoint", "completion_window"):
        if not isinstance(body.get(name), str):
            raise Refused(400, f"Missing required parameter: '{name}'.", param=name)
    if body["endpoint"] not in ENDPOINTS:
        raise Refused(400, f"Invalid value: '{body['endpoint']}'.", param="endpoint")
    if body["completion_window"] != "24h":
        raise Refused(400, "Invalid value: only '24h'.", param="completion_window")
    metadata = body.get("metadata")
    said = complaints("Metadata", metadata)
    pairs = (metadata or {}).items()
    if said or len(pairs) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in pairs):
        raise Refused(400, "Invalid metadata: 16 pairs of 64 and 512 characters", param="metadata")
    with it.lock:
        file = files_of(it).held.get(body["input_file_id"])
        if file is None or file.purpose != "batch":
            raise Refused(400, "no such file of the purpose batch", param="input_file_id")
        all_ = batches_of(it)
        made = now()
        batch = Batch(
            {
                "id": f"batch_{len(all_.held) + 1:06d}",
                "object": "batch",
                "endpoint": body["endpoint"],
                "input_file_id": file.id,
                "completion_window": "24h",
                "status": "validating",
                "created_at": made,
                "expires_at": made + _DAY,
                "request_counts": {"total": 0, "completed": 0, "failed": 0},
                "metadata": metadata,
            },
            call.key,
            [],
        )
        all_.held[batch.shown["id"]] = batch
        return dict(batch.shown)


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /batches/ID; looking at it takes it on."""
    with it.lock:
        batch = _batch(it, call)
        batch.looks += 1
        if batch.looks > batches_of(it).looks:
            advance(it, batch)
        return dict(batch.shown)


def listed(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /batches?limit&after, newest first."""
    with it.lock:
        newest = [dict(batch.shown) for batch in reversed(batches_of(it).held.values())]
    return paged(newest, call, most=100, usual=20)


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /batches/ID/cancel."""
    with it.lock:
        batch = _batch(it, call)
        if batch.status in _ENDED:
            raise Refused(409, f"Cannot cancel a batch with status '{batch.status}'.")
        _enter(batch, "cancelling")
        return dict(batch.shown)


ROUTES = (
    Route("POST", "/batches", create, None, "Batch"),
    Route("GET", "/batches", listed),
    Route("GET", "/batches/(?P<batch>[^/]+)", retrieve, None, "Batch"),
    Route("POST", "/batches/(?P<batch>[^/]+)/cancel", cancel, None, "Batch"),
)


def advance(it: Loopback, batch: Batch) -> None:
    """Take a batch to its next state."""
    all_ = batches_of(it)
    if batch.status == "validating":
        errors = _faults(it, batch)
        if errors:
            batch.shown["errors"] = {"object": "list", "data": errors}
            _enter(batch, "failed")
        else:
            batch.shown["request_counts"]["total"] = len(batch.lines)
            _enter(batch, "in_progress")
    elif batch.status == "in_progress" and not all_.paused:
        _enter(batch, "finalizing")
    elif batch.status == "finalizing":
        _answer(it, batch)
        _enter(batch, all_.end)
    elif batch.status == "cancelling":
        _answer(it, batch)
        _enter(batch, "cancelled")


def _enter(batch: Batch, status: str) -> None:
    batch.looks = 0
    batch.shown["status"] = status
    batch.shown[f"{status}_at"] = now()


def _faults(it: Loopback, batch: Batch) -> list[dict[str, Any]]:
    """What validation finds against the file; its lines are read here."""
    all_ = batches_of(it)
    if all_.refusals:
        return all_.refusals.popleft()
    busy = [b for b in all_.held.values() if b.status in ("in_progress", "finalizing")]
    if all_.room is not None and len(busy) >= all_.room:
        said = "Enqueued token limit reached. Please try again once some in_progress batches"
        return [_fault("token_limit_exceeded", f"{said} have been completed.", None)]
    raw = files_of(it).held[batch.shown["input_file_id"]].content
    lines = [line for line in raw.split(b"\n") if line]
    if not lines:
        return [_fault("empty_file", "The file is empty.", None)]
    if len(lines) > MOST_REQUESTS or len(raw) > MOST_BYTES:
        return [_fault("too_many_tasks", "The batch is too large.", None)]
    found = []
    seen: set[str] = set()
    for n, line in enumerate(lines, 1):
        try:
            request = json.loads(line)
        except ValueError:
            said = "This line is not parseable as valid JSON."
            found.append(_fault("invalid_json_line", said, n))
            continue
        batch.lines.append(request)
        if fault := _line_fault(it, batch, request, seen):
            found.append(_fault(*fault, n))
    return found


def _line_fault(
    it: Loopback, batch: Batch, line: dict[str, Any], seen: set[str]
) -> tuple[str, str] | None:
    name = line.get("custom_id")
    if not isinstance(name, str) or not name or line.get("method") != "POST":
        return "missing_required_parameter", "custom_id and method POST are required."
    if name in seen:
        return "duplicate_custom_id", f"The custom_id {name} is used more than once."
    seen.add(name)
    if line.get("url") != batch.shown["endpoint"]:
        return "url_mismatch", "The url does not match the endpoint of the batch."
    body = line.get("body")
    if not isinstance(body, dict) or "model" not in body:
        return "missing_required_parameter", "The body has no model."
    if body["model"] != batch.lines[0]["body"]["model"]:
        return "model_mismatch", "All requests of a batch must be for one model."
    said = complaints("CreateChatCompletionRequest", body) if it.validate else []
    it.complain(said)
    return None


def _fault(code: str, message: str, line: int | None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": None, "line": line}


def _answer(it: Loopback, batch: Batch) -> None:
    """Work on all lines; answers and failures in two files, both shuffled."""
    good: list[bytes] = []
    bad: list[bytes] = []
    counts = batch.shown["request_counts"]
    for n, line in enumerate(batch.lines):
        what = batches_of(it).row(line)
        if what == "lost":
            continue
        if what == "garbage":
            good.append(b'{"custom_id": ')
            continue
        whole: dict[str, Any] = {"id": f"batch_req_{n}", "custom_id": line["custom_id"]}
        if what == "expired":
            said = "This request could not be executed before the completion window expired."
            whole |= {"response": None, "error": {"code": "batch_expired", "message": said}}
        elif what == "ok":
            document = completion(it, line["body"], key=batch.key, batch=True)
            if it.validate:
                it.complain(complaints("CreateChatCompletionResponse", document))
            whole |= {"response": _response(n, 200, document), "error": None}
        else:
            refused = error(f"line refused with {what}")
            whole |= {"response": _response(n, int(what), refused), "error": None}
        counts["completed" if what == "ok" else "failed"] += 1
        (good if what == "ok" else bad).append(json.dumps(whole, ensure_ascii=False).encode())
    for kind, lines in (("output", good), ("error", bad)):
        if lines:
            batch.shown[f"{kind}_file_id"] = _written(it, batch, kind, lines).id


def _response(n: int, status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": status, "request_id": f"req_{n}", "body": body}


def _written(it: Loopback, batch: Batch, kind: str, lines: list[bytes]) -> File:
    random.Random(len(lines)).shuffle(lines)  # noqa: S311  any order but ours
    name = f"{batch.shown['id']}_{kind}.jsonl"
    return files_of(it).add(name, "batch_output", b"\n".join(lines) + b"\n")


def _batch(it: Loopback, call: Call) -> Batch:
    batch = batches_of(it).held.get(call.found["batch"])
    if batch is None:
        raise Refused(404, f"No batch found with id '{call.found['batch']}'.", param="batch_id")
    return batch
