# SPDX-License-Identifier: Apache-2.0
"""What a model answered: `{"messages": [...], "reply": {"text": ...}}`, a row of a recording.

Such rows are read as conversations that end with the answer, so that what one model said can be
learned by another. Answers that failed, say nothing, were cut off or refuse teach nothing good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.example import Message
from evalkit.core.refusals import begins_as_refusal
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import Layout, Row, chat_messages, listed_tools

__all__ = ["learned", "matches", "recorded_answers", "why_not_learned"]


_KEYS = frozenset({
    "messages", "reply", "tools", "identity", "repeat", "ids", "from", "parameters",
    "request_sha256",
})  # fmt: skip


def matches(value: Row) -> bool:
    """It has `messages`, and a `reply` that is an object."""
    return "messages" in value and isinstance(value.get("reply"), Mapping)


def learned(reply: Row) -> dict[str, Any]:
    """The message of the assistant that a reply is."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.get("text")}
    calls = reply.get("tool_calls")
    if isinstance(calls, list) and calls:
        message["tool_calls"] = [dict(call) for call in calls if isinstance(call, Mapping)]
        message["content"] = message["content"] or None
    for key in ("reasoning_content", "reasoning"):
        if isinstance(thought := reply.get(key), str) and thought:
            message["reasoning_content"] = thought
            break
    return message


def why_not_learned(reply: Row) -> str:
    """Why nothing can be learned from a reply; "" where something can."""
    text, finish = reply.get("text"), reply.get("finish", "stop")
    if reply.get("error") is not None or finish == "error":
        return "the request failed: there is no answer"
    if finish == "content_filter":
        return "the answer was filtered by the provider"
    if reply.get("refusal"):
        return "the answer is a refusal"
    if not isinstance(text, str):
        return "the reply has no text"
    if finish == "length":
        return "the answer was cut off (it reached the most tokens allowed)"
    if not text.strip() and not reply.get("tool_calls"):
        return "the answer is empty"
    return "the answer is a refusal" if begins_as_refusal(text) else ""


def _why_not(value: Row) -> str:
    reply = value.get("reply")
    return why_not_learned(reply) if isinstance(reply, Mapping) else "there is no reply"


def _view(value: Row) -> Iterator[Message]:
    yield from chat_messages(value.get("messages"), "/messages")
    if isinstance(reply := value.get("reply"), Mapping):
        message = learned(reply)
        yield Message("assistant", message["content"], "/reply", message)


def _read(value: Row) -> Conversation:
    """Weights of earlier messages do not count: it is the answer that is learned."""
    found = [dict(message.value) for message in _view(value)]
    for message in found:
        message.pop("weight", None)
    return Conversation(messages=tuple(found), tools=tuple(listed_tools(value)))


recorded_answers = Layout(
    name="recorded-answers",
    method="eval",
    keys=_KEYS,
    matches=matches,
    view=_view,
    tools=listed_tools,
    read=_read,
    why_not=_why_not,
)
