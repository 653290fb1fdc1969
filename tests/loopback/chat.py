# SPDX-License-Identifier: Apache-2.0
"""Chat completions: always the same answer to a conversation, whole or as a stream."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .app import Answer, Call, Refused, Route
from .schemas import complaints

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES", "completion"]

_CREATED = 1_790_000_000


def create(it: Loopback, call: Call) -> Any:
    """POST /chat/completions."""
    body = call.body
    if not isinstance(body, dict) or "model" not in body:
        raise Refused(400, "you must provide a model parameter")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise Refused(400, "'messages' is a required property", param="messages")
    if body.get("top_logprobs") and not body.get("logprobs"):
        raise Refused(400, "'top_logprobs' is only allowed when 'logprobs' is true")
    document = completion(it, body, key=call.key)
    if not body.get("stream"):
        return document
    return Answer(_events(it, document, body), type="text/event-stream")


ROUTES = (
    Route(
        "POST",
        "/chat/completions",
        create,
        "CreateChatCompletionRequest",
        "CreateChatCompletionResponse",
    ),
)


def completion(
    it: Loopback, body: dict[str, Any], *, key: str, batch: bool = False
) -> dict[str, Any]:
    """The answer, with log probabilities where asked for; it is charged."""
    said = it.answers.get(body["model"], it.answer)(body["messages"])
    message = said if isinstance(said, dict) else {"content": said}
    text = message.get("content") or ""
    limit = body.get("max_tokens") or body.get("max_completion_tokens") or 10_000
    words = text.split(" ") if text else []
    tokens = [word if n == 0 else f" {word}" for n, word in enumerate(words)][:limit]
    finish = "length" if len(tokens) < len(words) else "stop"
    if message.get("tool_calls"):
        finish = "tool_calls"
    prompt = sum(len(str(m.get("content")).split()) + 4 for m in body["messages"])
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": len(tokens) + it.reasoning_tokens,
        "total_tokens": prompt + len(tokens) + it.reasoning_tokens,
    }
    if it.cached_tokens:
        usage["prompt_tokens_details"] = {"cached_tokens": it.cached_tokens}
    if it.reasoning_tokens:
        usage["completion_tokens_details"] = {"reasoning_tokens": it.reasoning_tokens}
    content = "".join(tokens) if message.get("content") is not None else None
    document = {
        "id": f"chatcmpl-{len(it.billed)}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": f"{body['model']}-2026-01-01",
        "choices": [
            {
                "index": n,
                "message": {"refusal": None, **message, "role": "assistant", "content": content},
                "finish_reason": finish,
                "logprobs": _logprobs(it, tokens, body),
            }
            for n in range(body.get("n") or 1)
        ],
        "usage": usage,
    }
    it.charge(key, body, str(body["messages"][-1].get("content")), usage, batch=batch)
    return document


def _logprobs(it: Loopback, tokens: list[str], body: dict[str, Any]) -> dict[str, Any] | None:
    if not body.get("logprobs"):
        return None
    wanted = body.get("top_logprobs") or 0
    alternatives = [*it.labels, *(f"other{n}" for n in range(20))][:wanted]
    weights = [0.5**n for n in range(1, len(alternatives) + 1)]
    top = [_token(t, w) for t, w in zip(alternatives, weights, strict=True)]
    return {"content": [{**_token(t, 0.5), "top_logprobs": top} for t in tokens], "refusal": None}


def _token(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(probability), "bytes": list(text.encode())}


def _events(it: Loopback, document: dict[str, Any], body: dict[str, Any]) -> Iterator[bytes]:
    """Server-sent events: the role, one word each, the end, the usage where asked for."""
    choice = document["choices"][0]
    common = {k: document[k] for k in ("id", "created", "model")}
    common["object"] = "chat.completion.chunk"
    usage = (body.get("stream_options") or {}).get("include_usage")
    content = choice["message"]["content"] or ""
    words = content.split(" ")
    logprobs = (choice["logprobs"] or {}).get("content") or [None] * len(words)
    deltas: list[tuple[dict[str, Any], Any, str | None]] = [({"role": "assistant"}, None, None)]
    for n, (word, logprob) in enumerate(zip(words, logprobs, strict=False)):
        held = None if logprob is None else {"content": [logprob], "refusal": None}
        deltas.append(({"content": word if n == 0 else f" {word}"}, held, None))
    deltas.append(({}, None, choice["finish_reason"]))
    chunks = [
        {
            **common,
            "choices": [{"index": 0, "delta": d, "logprobs": held, "finish_reason": finish}],
        }
        for d, held, finish in deltas
    ]
    if usage:
        chunks.append({**common, "choices": [], "usage": document["usage"]})
    for chunk in chunks:
        if it.validate:
            it.complain(complaints("CreateChatCompletionStreamResponse", chunk))
        yield b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"
