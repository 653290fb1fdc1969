# SPDX-License-Identifier: Apache-2.0
"""Requests and replies as JSON values: for the store's keys and rows and for recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from evalkit.core.example import canonical
from evalkit.core.exchange import Finish, Position, Reply, Request, Usage
from evalkit.models._usage import MOST

__all__ = ["messages_digest", "reply_from_json", "reply_to_json", "request_to_json"]

_DETAILS = ("cached_tokens", "reasoning_tokens")  # of `Usage`, left out where 0


def request_to_json(request: Request) -> dict[str, Any]:
    """Everything of a request, numbers in one spelling (0 and 0.0 are one temperature)."""
    return {
        "messages": [dict(message) for message in request.messages],
        "max_tokens": int(request.max_tokens),
        "temperature": float(request.temperature),
        "seed": request.seed,
        "top_logprobs": int(request.top_logprobs),
        "tools": [dict(tool) for tool in request.tools],
        "labels": list(request.labels),
        "extra": dict(request.extra),
    }


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """A reply without the fields that are empty."""
    value: dict[str, Any] = {"text": reply.text, "finish": reply.finish}
    if reply.positions:
        value["positions"] = [
            [p.token, p.logprob, [[token, logprob] for token, logprob in p.top]]
            for p in reply.positions
        ]
    if reply.probabilities is not None:
        value["probabilities"] = dict(reply.probabilities)
    if reply.covered is not None:
        value["covered"] = reply.covered
    if reply.usage is not None:
        value["usage"] = {
            "prompt_tokens": reply.usage.prompt_tokens,
            "completion_tokens": reply.usage.completion_tokens,
            **{n: count for n in _DETAILS if (count := getattr(reply.usage, n))},
        }
    for name in ("model", "refusal", "error"):
        if (text := getattr(reply, name)) is not None:
            value[name] = text
    if reply.tool_calls:
        value["tool_calls"] = [dict(call) for call in reply.tool_calls]
    return value


def reply_from_json(value: Mapping[str, Any]) -> Reply:
    """The reply that `reply_to_json` wrote.

    Raises:
        ValueError: The value is no such reply; its text says what is wrong.
    """
    text, finish = value.get("text"), value.get("finish", "stop")
    if not isinstance(text, str):
        raise ValueError("the reply has no `text`")  # noqa: TRY004  of the data, not the call
    if finish not in get_args(Finish):
        raise ValueError("the reply has an unknown `finish`")
    try:
        usage = value.get("usage")
        probabilities = value.get("probabilities")
        return Reply(
            text=text,
            finish=cast("Finish", finish),
            positions=tuple(
                Position(str(token), float(logprob), tuple((str(t), float(p)) for t, p in top))
                for token, logprob, top in value.get("positions", ())
            ),
            probabilities=None
            if probabilities is None
            else {str(label): float(p) for label, p in probabilities.items()},
            covered=None if (covered := value.get("covered")) is None else float(covered),
            usage=None
            if usage is None
            else Usage(
                _count(usage["prompt_tokens"]),
                _count(usage["completion_tokens"]),
                *(_count(usage.get(name) or 0) for name in _DETAILS),
            ),
            model=_text_or_none(value.get("model")),
            refusal=_text_or_none(value.get("refusal")),
            tool_calls=tuple(dict(call) for call in value.get("tool_calls", ())),
            error=_text_or_none(value.get("error")),
        )
    except (TypeError, KeyError, AttributeError, ValueError, OverflowError) as error:
        raise ValueError(f"the reply is not one of ours ({type(error).__name__})") from error


def messages_digest(messages: Sequence[Mapping[str, Any]]) -> str:
    """sha256 of a conversation: key order, weights for training and names of files do not count."""
    bare = [{k: v for k, v in message.items() if k != "weight"} for message in messages]
    return hashlib.sha256(canonical(bare)).hexdigest()


def _count(value: Any) -> int:
    count = int(value)
    if not 0 <= count <= MOST:
        raise ValueError("a count of tokens that cannot be")
    return count


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)
