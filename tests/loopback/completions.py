# SPDX-License-Identifier: Apache-2.0
"""Legacy completions: a prompt in, its continuation out. The published subset has no schema."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .app import Call, Refused, Route

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES"]

_MOST_LOGPROBS = 5  # the most that OpenAI gives here


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /completions."""
    body = call.body
    if not isinstance(body, dict) or "model" not in body:
        raise Refused(400, "you must provide a model parameter")
    if "messages" in body:
        raise Refused(400, "Unrecognized request argument supplied: messages")
    wanted = body.get("logprobs")
    if wanted is not None and not (isinstance(wanted, int) and 0 <= wanted <= _MOST_LOGPROBS):
        raise Refused(400, "logprobs must be at most 5", param="logprobs")
    prompts = body.get("prompt", "<|endoftext|>")
    prompts = prompts if isinstance(prompts, list) else [prompts]
    choices, spoken, heard = [], 0, 0
    for n, prompt in enumerate(prompts):
        answer = it.answers.get(body["model"], it.answer)
        said = answer([{"role": "user", "content": prompt}])
        words = str(said if isinstance(said, str) else said.get("content")).split(" ")
        tokens = [word if i == 0 else f" {word}" for i, word in enumerate(words)]
        tokens = tokens[: body.get("max_tokens") or 16]  # OpenAI's default here
        spoken, heard = spoken + len(tokens), heard + len(str(prompt).split())
        choices.append(
            {
                "text": "".join(tokens),
                "index": n,
                "logprobs": None if wanted is None else _logprobs(it, tokens, wanted),
                "finish_reason": "length" if len(tokens) < len(words) else "stop",
            }
        )
    usage = {
        "prompt_tokens": heard,
        "completion_tokens": spoken,
        "total_tokens": heard + spoken,
    }
    it.charge(call.key, body, str(prompts[-1]), usage, batch=False)
    return {
        "id": f"cmpl-{len(it.billed)}",
        "object": "text_completion",
        "created": 1_790_000_000,
        "model": body["model"],
        "choices": choices,
        "usage": usage,
    }


ROUTES = (Route("POST", "/completions", create),)


def _logprobs(it: Loopback, tokens: list[str], wanted: int) -> dict[str, Any]:
    top = {label: math.log(0.5**n) for n, label in enumerate(it.labels[:wanted], 1)}
    offsets = [sum(map(len, tokens[:n])) for n in range(len(tokens))]
    return {
        "tokens": tokens,
        "token_logprobs": [math.log(0.5)] * len(tokens),
        "top_logprobs": [top] * len(tokens),
        "text_offset": offsets,
    }
