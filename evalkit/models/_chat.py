# SPDX-License-Identifier: Apache-2.0
"""Chat completions as values: a request's body, a reply from a response."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.core.exchange import Finish, Position, Reply, Request, Usage
from evalkit.models._faults import RequestError, without_secrets

__all__ = ["body", "reasons", "reply"]

# What OpenAI's reasoning models are called (2026-11): they refuse temperature, penalties and log
# probabilities and want `max_completion_tokens`. https://developers.openai.com/api/docs/guides/reasoning
_REASONING = re.compile(r"(?:ft:)?(?:o[1-9]|gpt-5(?!-chat)|gpt-oss)")
_REFUSED_BY_REASONING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_LEAST_LOGPROB = -9999.0  # what OpenAI writes for "next to nothing"; JSON knows no infinity
_FINISHES: Mapping[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def reasons(model: str) -> bool:
    """Whether a model's name is that of one of OpenAI's reasoning models."""
    return _REASONING.match(model.rpartition("/")[2].lower()) is not None


def body(model: str, request: Request, *, reasoning: bool = False) -> dict[str, Any]:
    """The JSON body of POST /chat/completions.

    Args:
        model: As the server knows it.
        request: What is asked; `labels` stay here.
        reasoning: Leave out what reasoning models refuse.
    """
    whole: dict[str, Any] = {
        "model": model,
        "messages": [dict(message) for message in request.messages],
        "max_completion_tokens" if reasoning else "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        whole["seed"] = request.seed
    if request.top_logprobs and not reasoning:
        whole |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if request.tools:
        whole["tools"] = [dict(tool) for tool in request.tools]
    if reasoning:
        for name in _REFUSED_BY_REASONING:
            whole.pop(name, None)
    return {**whole, **request.extra}


def reply(document: Any) -> Reply:
    """The reply that a response of chat completions holds.

    Raises:
        RequestError: It holds none: no JSON object, an error inside a 200, no choices.
    """
    if not isinstance(document, Mapping):
        raise RequestError("the answer is not a JSON object", retryable=True)
    choices = document.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        error = document.get("error")
        if error:
            said = error.get("message", "") if isinstance(error, Mapping) else error
            raise RequestError(f"an error in a good answer: {without_secrets(str(said))}")
        raise RequestError("the answer has no choices")
    choice = choices[0]
    message = _mapping(choice.get("message"))
    refusal = message.get("refusal")
    return Reply(
        text=_text(message.get("content")),
        finish=_FINISHES.get(str(choice.get("finish_reason")), "unknown"),
        positions=_positions(choice.get("logprobs")),
        usage=_usage(document.get("usage")),
        model=str(document["model"]) if document.get("model") else None,
        refusal=refusal if isinstance(refusal, str) else None,
        tool_calls=tuple(
            call for call in message.get("tool_calls") or () if isinstance(call, Mapping)
        ),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):  # parts, as some providers answer
        return "".join(str(_mapping(part).get("text") or "") for part in content)
    return ""


def _positions(logprobs: Any) -> tuple[Position, ...]:
    tokens = _mapping(logprobs).get("content")
    if not isinstance(tokens, list):
        return ()
    return tuple(
        Position(
            str(_mapping(token).get("token", "")),
            _logprob(token),
            tuple(
                (str(_mapping(other).get("token", "")), _logprob(other))
                for other in _mapping(token).get("top_logprobs") or ()
            ),
        )
        for token in tokens
    )


def _logprob(token: Any) -> float:
    value = _mapping(token).get("logprob")
    known = isinstance(value, int | float) and value == value  # noqa: PLR0124  NaN
    return max(float(value), _LEAST_LOGPROB) if known else _LEAST_LOGPROB  # type: ignore[arg-type]


def _usage(value: Any) -> Usage | None:
    counts = _mapping(value)
    prompt, completion = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if isinstance(prompt, int) and isinstance(completion, int):
        return Usage(prompt, completion)
    return None
