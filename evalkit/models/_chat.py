# SPDX-License-Identifier: Apache-2.0
"""Chat completions as values: a request's body, a reply from a response."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from evalkit.core.exchange import Finish, Reply, Request
from evalkit.models._endpoints import UNKNOWN, Endpoint
from evalkit.models._faults import RequestError
from evalkit.models._logprobs import positions
from evalkit.models._refusals import AGAIN, error_in
from evalkit.models._usage import usage

__all__ = ["FINISHES", "body", "first_choice", "reasons", "reply"]

# What OpenAI's reasoning models are called (2026-11): they refuse temperature, penalties and log
# probabilities and want `max_completion_tokens`. https://developers.openai.com/api/docs/guides/reasoning
_REASONING = re.compile(r"(?:ft:)?(?:o[1-9]|gpt-5(?!-chat))")
_REFUSED_BY_REASONING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
FINISHES: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",  # Together
    "length": "length",
    "model_length": "length",  # Mistral: the context is full
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


def reasons(model: str) -> bool:
    """Whether a model's name is that of one of OpenAI's reasoning models."""
    return _REASONING.match(model.rpartition("/")[2].lower()) is not None


def body(
    model: str, request: Request, *, reasoning: bool = False, endpoint: Endpoint = UNKNOWN
) -> dict[str, Any]:
    """The JSON body of POST /chat/completions.

    Args:
        model: As the server knows it.
        request: What is asked; `labels` and `ids` stay here.
        reasoning: Leave out what OpenAI's reasoning models refuse, and name the limit their way.
        endpoint: Whose words are used for seed, limit and log probabilities.
    """
    whole: dict[str, Any] = {
        "model": model,
        "messages": [dict(message) for message in request.messages],
        "max_completion_tokens" if reasoning else endpoint.tokens: request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None and endpoint.seed:
        whole[endpoint.seed] = request.seed
    if request.top_logprobs and not reasoning and "logprobs" not in endpoint.lacks:
        many = min(request.top_logprobs, endpoint.most_logprobs)
        if endpoint.logprobs == "count":
            whole["logprobs"] = many
        else:
            whole |= {"logprobs": True, "top_logprobs": many}
    if request.tools:
        whole["tools"] = [dict(tool) for tool in request.tools]
    if reasoning:
        for name in _REFUSED_BY_REASONING:
            whole.pop(name, None)
    return {**whole, **request.extra}


def reply(document: Any) -> Reply:
    """The reply that a response of chat completions holds.

    What a reasoning model thought (`reasoning_content`, parts of the kind "thinking") is no part
    of its text.

    Raises:
        RequestError: It holds none: no JSON object, an error inside a 200, no choices.
    """
    choice = first_choice(document)
    message = _mapping(choice.get("message"))
    refusal = message.get("refusal")
    calls = message.get("tool_calls")
    return Reply(
        text=_text(message.get("content")),
        finish=FINISHES.get(str(choice.get("finish_reason")), "unknown"),
        positions=positions(choice.get("logprobs")),
        usage=usage(document.get("usage")),
        model=str(document["model"])[:200] if document.get("model") else None,
        refusal=refusal if isinstance(refusal, str) else None,
        tool_calls=tuple(call for call in calls if isinstance(call, Mapping))
        if isinstance(calls, list)
        else (),
    )


def first_choice(document: Any) -> Mapping[str, Any]:
    """The first of a response's choices.

    Raises:
        RequestError: There is none; where an error stands in its place, with that error's words.
    """
    if not isinstance(document, Mapping):
        raise RequestError("the answer is not a JSON object", retryable=True)
    choices = document.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        found: Mapping[str, Any] = choices[0]
        if not found.get("error"):
            return found
        document = found  # OpenRouter's place for what went wrong behind it
    if document.get("error"):
        code, said = error_in(document)
        again = code.isdigit() and int(code) in AGAIN
        raise RequestError(f"an error in a good answer: {said}", retryable=again)
    raise RequestError("the answer has no choices")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list):  # parts, as some providers answer
        return "".join(str(_mapping(part).get("text") or "") for part in content)
    return ""
