# SPDX-License-Identifier: Apache-2.0
"""Completions, the older protocol of base models: a text goes in, the model goes on with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Reply, Request
from evalkit.models._chat import FINISHES, first_choice
from evalkit.models._endpoints import UNKNOWN, Endpoint
from evalkit.models._faults import RequestError
from evalkit.models._logprobs import positions
from evalkit.models._usage import usage

__all__ = ["body", "older", "prompt", "reply"]

# OpenAI's models that know this protocol only (2026-11), tuned ones too.
_OLDER = re.compile(r"(?:ft:)?(?:davinci-002|babbage-002|gpt-3\.5-turbo-instruct)(?:[-:]|\Z)")
_SPEAKERS = {"user": "User", "assistant": "Assistant", "tool": "Tool", "function": "Tool"}


def older(model: str) -> bool:
    """Whether a model's name is that of one that knows completions only."""
    return _OLDER.match(model.rpartition("/")[2].lower()) is not None


def prompt(messages: Sequence[Mapping[str, Any]]) -> str:
    """The text that the model goes on with.

    One message is that text as it stands, which is how rows of `prompt` and `completion` are read:
    separators and all. A system message stands before it, a blank line between. Of a longer
    conversation each turn is named, and the last line, "Assistant:", is the model's to go on with.

    Raises:
        RequestError: A message holds something else than text.
    """
    instructions = [_text(m) for m in messages if m.get("role") in ("system", "developer")]
    turns = [m for m in messages if m.get("role") not in ("system", "developer")]
    if len(turns) <= 1:
        return "\n\n".join([*instructions, *map(_text, turns)])
    named = [f"{_SPEAKERS.get(str(m.get('role')), 'User')}: {_text(m)}" for m in turns]
    return "\n\n".join([*instructions, *named, "Assistant:"])


def body(model: str, request: Request, *, endpoint: Endpoint = UNKNOWN) -> dict[str, Any]:
    """The JSON body of POST /completions.

    Raises:
        RequestError: The request holds what this protocol has no place for.
    """
    if request.tools:
        raise RequestError("completions have no place for tools")
    whole: dict[str, Any] = {
        "model": model,
        "prompt": prompt(request.messages),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None and endpoint.seed:
        whole[endpoint.seed] = request.seed
    if request.top_logprobs:
        whole["logprobs"] = min(request.top_logprobs, endpoint.most_completion_logprobs)
    return {**whole, **request.extra}


def reply(document: Any) -> Reply:
    """The reply that a response of completions holds.

    Raises:
        RequestError: As for chat completions.
    """
    choice = first_choice(document)
    text = choice.get("text")
    return Reply(
        text=text if isinstance(text, str) else "",
        finish=FINISHES.get(str(choice.get("finish_reason")), "unknown"),
        positions=positions(choice.get("logprobs")),
        usage=usage(document.get("usage")),
        model=str(document["model"])[:200] if document.get("model") else None,
    )


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    parts = content if isinstance(content, list) else [content]
    found = [part.get("text") for part in parts if isinstance(part, Mapping)]
    texts = [text for text in found if isinstance(text, str)]
    if len(texts) != len(parts):
        raise RequestError("completions have no place for anything but text")
    return "".join(texts)
