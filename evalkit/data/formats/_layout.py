# SPDX-License-Identifier: Apache-2.0
"""What a layout is, and the few steps that several layouts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.example import Message

__all__ = [
    "CHAT", "FEATURES", "MEDIA", "Layout", "Row", "chat_messages", "exchanges", "listed_tools",
    "no_tools", "said", "said_under", "text_of",
]  # fmt: skip

Row = Mapping[str, Any]

MEDIA = frozenset({"images", "videos", "audios"})  # columns beside the text, lists of paths

FEATURES = {
    "system": "system prompts",
    "turns": "earlier turns",
    "tools": "tool definitions",
    "calls": "tool calls and their results",
    "call-ids": "ids of tool calls",
    "parts": "images, audio and files",
    "weights": "weights of messages",
    "names": "names of speakers",
    "refusals": "refusals",
    "rejected": "answers that were not preferred",
    "verdicts": "whether an answer is a good one",
}
CHAT = frozenset(FEATURES) - {"rejected", "verdicts"}  # what chat messages and tools can hold


def no_tools(value: Row) -> Sequence[Row]:  # noqa: ARG001  (the shape of a callback)
    """For layouts that hold no tool definitions."""
    return ()


def listed_tools(value: Row) -> Sequence[Row]:
    """For layouts with a list of tool definitions in `tools`."""
    tools = value.get("tools")
    return tools if isinstance(tools, list) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A row layout: a `core.example.Format` that can also be recognised and built.

    Attributes:
        name: As users say it.
        method: What a job trains with it: "sft", "preference" (pairs, and single answers with a
            verdict: KTO), "rft", "completion" (a prompt goes on), "text" (every token is learned);
            "eval" for rows that are read by graders and train nothing.
        keys: The top-level keys that belong to the layout; others are fields of the row.
        carries: Which of `FEATURES` a row can hold.
        matches: Whether a row looks like this layout, by its top-level keys alone.
        view: The conversation of a row, each message in the terms of chat completions; rows of a
            bad shape give fewer messages, never an error.
        build: A row from chat messages and tool definitions; None where messages alone cannot make
            one. Raises ValueError, with the reason, for a conversation that does not fit.
        tools: The tool definitions of a row.
    """

    name: str
    method: str
    keys: frozenset[str]
    matches: Callable[[Row], bool]
    view: Callable[[Row], Iterator[Message]]
    build: Callable[[Sequence[Row], Sequence[Row]], dict[str, Any]] | None = None
    carries: frozenset[str] = field(default_factory=frozenset)
    tools: Callable[[Row], Sequence[Row]] = no_tools

    def messages(self, value: Row) -> tuple[Message, ...]:
        """The conversation that a row of this layout holds."""
        return tuple(self.view(value))


_POINTERS = tuple(f"/messages/{index}" for index in range(64))


def chat_messages(messages: Any, pointer: str) -> Iterator[Message]:
    """Messages of a list in the shape of chat completions; what is none is left out."""
    if not isinstance(messages, list):
        return iter(())
    usual = pointer == "/messages" and len(messages) <= len(_POINTERS)
    made = []
    for index, message in enumerate(messages):
        if isinstance(message, dict):
            role = message.get("role")
            made.append(
                Message(
                    role if isinstance(role, str) else "",
                    message.get("content"),
                    _POINTERS[index] if usual else f"{pointer}/{index}",
                    message,
                )
            )
    return iter(made)


def said(role: str, content: Any, pointer: str) -> Message:
    """A message made of a role and a text."""
    return Message(role, content, pointer, {"role": role, "content": content})


def said_under(value: Row, key: str, role: str) -> Iterator[Message]:
    """What a row holds under a key: a text, said by `role`, or a list of messages; or nothing."""
    content = value.get(key)
    if isinstance(content, list):
        yield from chat_messages(content, f"/{key}")
    elif key in value:
        yield said(role, content, f"/{key}")


def text_of(message: Row) -> str:
    """The text of a chat message, its text parts joined."""
    return Message("", message.get("content"), "", message).text


def exchanges(messages: Sequence[Row]) -> tuple[str, list[tuple[str, str]]]:
    """The system text and the (question, answer) pairs of a plain conversation.

    Raises:
        ValueError: The turns are not question, answer, question, answer.
    """
    system, rest = "", list(messages)
    while rest and rest[0].get("role") in {"system", "developer"}:
        first = rest.pop(0)
        system = f"{system}\n{text_of(first)}" if system else text_of(first)
    roles = [m.get("role") for m in rest]
    if not roles or len(roles) % 2 or roles != ["user", "assistant"] * (len(roles) // 2):
        raise ValueError("the turns are not question and answer in turn")
    texts = [text_of(m) for m in rest]
    return system, list(zip(texts[::2], texts[1::2], strict=True))
