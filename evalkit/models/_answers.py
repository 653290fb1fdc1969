# SPDX-License-Identifier: Apache-2.0
"""What a program or a function of the user's is asked, and what it answers, as a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.models._wire import reply_from_json, request_to_json

__all__ = ["ABLE", "asked", "reply_of"]

# It is told all of it; whether it heeds it, only its author knows.
ABLE = frozenset({"logprobs", "tools", "seed", "response_format", "system"})


def asked(request: Request) -> dict[str, Any]:
    """A request as JSON values: `messages`, and of the rest what says something."""
    whole = request_to_json(request)
    extra = whole.pop("extra")
    said = {k: v for k, v in whole.items() if k == "messages" or v not in ([], {}, None, ())}
    if not request.top_logprobs:
        said.pop("top_logprobs", None)
    return {**extra, **said}


def reply_of(value: Any) -> Reply:
    """A text, a reply, or a mapping with `text` or `error` and what a reply may have beside it.

    Tool calls alone are an answer too.

    Raises:
        ValueError: It is none of them; its text says what it is.
    """
    if isinstance(value, Reply):
        return value
    if isinstance(value, str):
        return Reply(text=value)
    if not isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004  of the answer, not the call
            f"an answer is a text or a mapping with `text`, not {type(value).__name__}"
        )
    if value.get("error") is not None:
        return Reply(text="", finish="error", error=excerpt(str(value["error"]), 300))
    whole = dict(value)
    if whole.get("text") is None:
        whole["text"] = value.get("content")
    if whole["text"] is None and (value.get("tool_calls") or value.get("refusal")):
        whole["text"] = ""
    if value.get("tool_calls") and "finish" not in value:
        whole["finish"] = "tool_calls"
    return reply_from_json(whole)
