# SPDX-License-Identifier: Apache-2.0
"""What a job trains on in an example: one conversation, both of a pair, or a prompt alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from evalkit.core.example import Example
from evalkit.data.conversation import Conversation, in_chat_terms, is_sound, made_sound
from evalkit.tokens.images import Image, images_of

__all__ = ["Messages", "Sequences", "Wanted", "sequences"]

Messages = Sequence[Mapping[str, Any]]

# Rows that are counted as they are written, as OpenAI does: names of functions stay names.
_AS_WRITTEN = frozenset({"openai-chat", "openai-reinforcement"})
_METHODS = frozenset({"preference", "rft", "completion"})
_SAID = frozenset({"text", "refusal"})  # parts with one of these are texts
_SPARE = frozenset({"tool_calls", "function_call", "reasoning_content"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a job reads rows.

    Attributes:
        method: "sft", "preference", "rft" or "completion"; None = told from each row's layout.
        completes: Whether its model can be trained with prompts and completions; otherwise these
            are taken for a question and its answer.
        plain: Whether its model knows texts alone and no chat form.
    """

    method: str | None = None
    completes: bool = False
    plain: bool = False

    def told(self, layout_method: str) -> str:
        """What a row of a layout is for."""
        if self.method is not None:
            return self.method
        if layout_method == "completion":
            return "completion" if self.completes else "sft"
        return layout_method if layout_method in _METHODS else "sft"

    def alike(self, layout_methods: Collection[str]) -> Hashable:
        """Equal for all that read rows of such layouts alike."""
        return (self.plain, *[self.told(one) for one in sorted(layout_methods)])


class Sequences(NamedTuple):
    """What a job trains on in an example.

    Attributes:
        method: Of training.
        rows: Messages of the conversation; for a pair, prompt and preferred answer, then prompt
            and the other.
        tools: Definitions, which stand before each.
        plain: Whether only texts count, without roles and marks.
        answer: Where in the first conversation the last answer starts and ends; empty, at its end,
            where there is none.
        learns_from: In each conversation nothing before this message is learned.
        images: Of each message of each conversation; empty where there is no image.
        media: Whether there is sound, a file or the like, whose tokens nobody can count here.
        roles: Of the messages of each conversation, "" for what is none.
        texts: Of the messages of a single conversation that is nothing but roles and texts, as
            most are; else None.
    """

    method: str
    rows: tuple[Messages, ...]
    tools: Messages = ()
    plain: bool = False
    answer: tuple[int, int] = (0, 0)
    learns_from: int = 0
    images: tuple[tuple[Sequence[Image], ...], ...] = ()
    media: bool = False
    roles: tuple[tuple[str, ...], ...] = ((),)
    texts: Sequence[str] | None = None


def sequences(example: Example, wanted: Wanted) -> Sequences | None:
    """What is trained on in an example; None where it holds no conversation."""
    layout, value = example.format, example.value
    if example.broken is not None or layout is None:
        return None
    if (
        layout.name == "openai-chat"
        and wanted.method in (None, "sft")
        and (talk := _talk(value)) is not None
    ):
        roles, texts = talk
        return Sequences(
            "sft", (value["messages"],), plain=wanted.plain, answer=_last_answer(roles),
            roles=(roles,), texts=texts,
        )  # fmt: skip
    if not example.messages:
        return None
    method = wanted.told(layout.method)
    said = _conversation(example)
    plain = wanted.plain or method == "completion" or layout.method == "text"
    messages = [_told(message) for message in said.messages]
    answer = _last_answer(_roles(messages)) if said.answer is None else _given_answer(said)
    rows: tuple[Messages, ...] = (messages,)
    learns_from = 0 if said.answer is None else answer[0]
    if method == "preference":
        learns_from = answer[0]
        if said.rejected:
            rows = (messages, [*messages[: answer[0]], *map(_told, said.rejected)])
    elif method == "rft":  # the prompt alone, and nothing to imitate
        if answer[1] == len(messages):
            messages = messages[: answer[0]]
        rows, answer, learns_from = (messages,), (len(messages),) * 2, len(messages)
    images: tuple[tuple[Sequence[Image], ...], ...] = tuple(
        tuple(images_of(m) if isinstance(m.get("content"), list) else () for m in row)
        for row in rows
    )
    shown = sum(map(len, images[0]))
    media = sum(map(_others, messages)) > shown
    images = images if shown or any(map(any, images)) else ()
    return Sequences(
        method, rows, said.tools, plain, answer, learns_from, images, media,
        roles=tuple(map(_roles, rows)),
    )  # fmt: skip


def _talk(value: Any) -> tuple[tuple[str, ...], list[str]] | None:
    """Roles and texts of a chat row that holds nothing else, least of all tools; else None."""
    if type(value) is not dict or "tools" in value or "functions" in value:
        return None
    messages = value.get("messages")
    if type(messages) is not list or not messages:
        return None
    roles: list[str] = []
    texts: list[str] = []
    try:
        for message in messages:
            role, content = message["role"], message["content"]
            if len(message) != 2 or type(role) is not str or type(content) is not str:
                return None
            roles.append(role)
            texts.append(content)
    except (KeyError, TypeError, IndexError):
        return None
    return tuple(roles), texts


def _roles(messages: Messages) -> tuple[str, ...]:
    found = (message.get("role") for message in messages)
    return tuple(role if isinstance(role, str) else "" for role in found)


def _conversation(example: Example) -> Conversation:
    """All that a row says, in the terms of chat completions."""
    layout, value = example.format, example.value
    whole = getattr(layout, "conversation", None)  # layouts of plug-ins may have none
    tools = getattr(layout, "tools", None)
    if whole is not None and layout is not None and layout.name not in _AS_WRITTEN:
        found: Conversation = whole(value)
        return found
    messages = tuple(map(in_chat_terms, example.messages))
    defined = tuple(tools(value)) if tools is not None else ()
    if whole is not None and "functions" in value:  # as tools were called until 2023-11
        defined = whole(value).tools
    return Conversation(messages=messages, tools=defined)


def _last_answer(roles: Sequence[str]) -> tuple[int, int]:
    for index in range(len(roles) - 1, -1, -1):
        if roles[index] == "assistant":
            return index, index + 1
    return len(roles), len(roles)


def _given_answer(said: Conversation) -> tuple[int, int]:
    every = len(said.messages)
    start = max(0, every - (said.answer or 0))
    answered = start < every and said.messages[start].get("role") == "assistant"
    return (start, every) if answered else (every, every)


def _told(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message whose every text is where it is counted.

    Arguments that are objects are written as JSON, which is how templates write them; thoughts
    stand before the answer between <think> and </think>, as open models write them.
    """
    if not is_sound(message):
        message = made_sound(message)
    if _SPARE.isdisjoint(message):
        return message
    told = dict(message)
    calls, call = told.get("tool_calls"), told.get("function_call")
    if isinstance(calls, list):
        told["tool_calls"] = [
            {**one, "function": _written(one["function"])}
            if isinstance(one, Mapping) and isinstance(one.get("function"), Mapping)
            else one
            for one in calls
        ]
    if isinstance(call, Mapping):
        told["function_call"] = _written(call)
    thought = told.pop("reasoning_content", None)
    if isinstance(thought, str) and thought and told.get("role") == "assistant":
        told["content"] = _thinking(thought, told.get("content"))
    return told


def _thinking(thought: str, content: Any) -> Any:
    before = f"<think>\n{thought}\n</think>\n\n"
    if isinstance(content, str):
        return content if content.lstrip().startswith("<think>") else before + content
    return [{"type": "text", "text": before}, *(content or ())]


def _written(function: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = function.get("arguments")
    if arguments is None or isinstance(arguments, str):
        return function
    return {**function, "arguments": json.dumps(arguments, ensure_ascii=False)}


def _others(message: Mapping[str, Any]) -> int:
    """How many parts of a message are no text."""
    content = message.get("content")
    if not isinstance(content, list):
        return 0
    return sum(1 for part in content if isinstance(part, Mapping) and _SAID.isdisjoint(part))
