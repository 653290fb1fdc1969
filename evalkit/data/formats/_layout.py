# SPDX-License-Identifier: Apache-2.0
"""What a layout is, and the few steps that several layouts share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from evalkit.core.example import Message
from evalkit.data.conversation import (
    INSTRUCTIONS,
    Conversation,
    Row,
    has_answer,
    in_chat_terms,
    is_sound,
    made_sound,
)

__all__ = [
    "MEDIA", "Layout", "Row", "answered", "chat_messages", "content_of", "exchanges", "in_words",
    "judged", "learnable", "listed_tools", "no_tools", "paired", "said", "said_under", "spoken",
    "text_of",
]  # fmt: skip

MEDIA = frozenset({"images", "videos", "audios"})  # columns beside the text, lists of paths


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
        matches: Whether a row looks like this layout, by its top-level keys alone.
        view: The conversation of a row, each message in the terms of chat completions; rows of a
            bad shape give fewer messages, never an error.
        build: A row from a conversation; None where the layout is only read. Raises ValueError,
            with the reason in a few words, for a conversation that does not fit.
        tools: The tool definitions of a row.
        read: The whole conversation of a row, where `view` and `tools` do not say it all: both
            answers of a pair, a verdict, media that stand beside the text.
        beside: Where fields go that are kept: under "metadata", at the "top", or in the "item".
        fields: What stands under the keys of the layout and is no part of the conversation, by
            name; None where there is no such thing.
        judged: Whether its rows are single answers with a verdict (KTO).
        why_not: Why nothing can be learned from a row, in a few words, "" where something can; None
            where every row is there to be learned.
    """

    name: str
    method: str
    keys: frozenset[str]
    matches: Callable[[Row], bool]
    view: Callable[[Row], Iterator[Message]]
    build: Callable[[Conversation], dict[str, Any]] | None = None
    tools: Callable[[Row], Sequence[Row]] = no_tools
    read: Callable[[Row], Conversation] | None = None
    beside: Literal["metadata", "top", "item"] = "metadata"
    fields: Callable[[Row], Row] | None = None
    judged: bool = False
    why_not: Callable[[Row], str] | None = None

    def conversation(self, value: Row) -> Conversation:
        """All that a row of this layout says.

        Roles are words and contents texts, parts or nothing: a number or an object where a text
        should be, such as the label 1, is the JSON of it.
        """
        if self.read is None:
            messages = tuple(map(in_chat_terms, self.view(value)))
            said = Conversation(messages=messages, tools=tuple(self.tools(value)))
        else:
            said = self.read(value)
        if all(map(is_sound, said.messages)) and all(map(is_sound, said.rejected)):
            return said
        sound, other = (tuple(map(made_sound, some)) for some in (said.messages, said.rejected))
        return replace(said, messages=sound, rejected=other)

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


def content_of(parts: Sequence[Any], empty: str | None = None) -> Any:
    """The content that some parts make: one text alone is that text, no part is `empty`."""
    alone = parts[0] if len(parts) == 1 else None
    if isinstance(alone, dict) and alone.keys() == {"type", "text"}:
        return alone["text"]
    return list(parts) if parts else empty


def text_of(message: Row) -> str:
    """The text of a chat message, its text parts joined."""
    return Message("", message.get("content"), "", message).text


def spoken(message: Row) -> str:
    """The text of a chat message with what was thought before it, as open models write that."""
    text, thought = text_of(message), message.get("reasoning_content")
    if not isinstance(thought, str) or not thought or text.lstrip().startswith("<think>"):
        return text
    return f"<think>\n{thought}\n</think>\n\n{text}"


def in_words(answer: Row) -> str:
    """The text of an answer.

    Raises:
        ValueError: It is a tool call and nothing else.
    """
    text = text_of(answer)
    if not text and answer.get("tool_calls"):
        raise ValueError("its answer is a tool call, not a text")
    return text


def exchanges(messages: Sequence[Row]) -> tuple[str, list[tuple[str, str]]]:
    """The system text and the (question, answer) pairs of a plain conversation.

    Raises:
        ValueError: The turns are not question, answer, question, answer, or a tool is called.
    """
    system, rest = "", list(messages)
    while rest and rest[0].get("role") in INSTRUCTIONS:
        first = rest.pop(0)
        system = f"{system}\n{text_of(first)}" if system else text_of(first)
    roles = [m.get("role") for m in rest]
    if not roles or len(roles) % 2 or roles != ["user", "assistant"] * (len(roles) // 2):
        raise ValueError("the turns are not question and answer in turn")
    if any(m.get("tool_calls") or m.get("function_call") for m in rest):
        raise ValueError("tool calls have no place there")
    texts = [spoken(m) for m in rest]
    return system, list(zip(texts[::2], texts[1::2], strict=True))


def learnable(conversation: Conversation) -> Conversation:
    """The same conversation, for rows that are learned as they are.

    Raises:
        ValueError: The row says that its answer is a bad one.
    """
    if conversation.verdict is False:
        raise ValueError("its answer is marked as a bad one")
    return conversation


def answered(conversation: Conversation) -> Conversation:
    """The same conversation, if it ends with an answer that can be learned.

    Raises:
        ValueError: The last message is not the assistant's, nothing comes before it, or the row
            says that the answer is a bad one.
    """
    _need_answer(conversation)
    return learnable(conversation)


def paired(conversation: Conversation) -> Conversation:
    """The same conversation, if it has a better and a worse answer.

    Raises:
        ValueError: There is only one answer, or nothing comes before it.
    """
    if not conversation.rejected:
        raise ValueError("there is no second answer, one that was not preferred")
    return answered(conversation)


def judged(conversation: Conversation) -> bool:
    """Whether the row says that its answer is a good one.

    Raises:
        ValueError: It says nothing about it, there is no answer, or nothing comes before it.
    """
    if conversation.verdict is None:
        raise ValueError("nothing says whether its answer is a good one")
    _need_answer(conversation)
    return conversation.verdict


def _need_answer(conversation: Conversation) -> None:
    if not has_answer(conversation.messages):
        raise ValueError("the last message is not the assistant's")
    if not conversation.prompt:
        raise ValueError("nothing is asked before the answer")
