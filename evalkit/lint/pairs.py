# SPDX-License-Identifier: Apache-2.0
"""The better and the worse answer of a preference row of any layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evalkit.core.example import Example, Message, canonical
from evalkit.lint.latest import Latest

__all__ = ["Answer", "pair", "prompt", "sides"]

# Better and worse: OpenAI and its followers; TRL, ShareGPT, Alpaca, Model Studio; LLaMA-Factory v1.
_KEYS = (
    ("preferred_output", "non_preferred_output"),
    ("chosen", "rejected"),
    ("chosen_messages", "rejected_messages"),
)
_SPEAKERS = {"gpt": "assistant", "human": "user", "observation": "tool"}  # ShareGPT's
_BESIDE = ("tool_calls", "function_call", "refusal")


class Answer(NamedTuple):
    """One side of a pair.

    Attributes:
        pointer: Of the answer in the row.
        messages: What it says, in the terms of chat completions; a prompt that both sides repeat
            is left out.
        single: Whether the layout allows one message only.
    """

    pointer: str
    messages: tuple[Message, ...]
    single: bool = False

    @property
    def said(self) -> bytes:
        """Equal for answers that say the same."""
        return canonical([_said(message) for message in self.messages])

    def same_as(self, other: Answer) -> bool:
        """Whether both say the same."""
        if len(self.messages) != len(other.messages):
            return False
        both = zip(self.messages, other.messages, strict=True)
        return all(_alike(one, another) for one, another in both)


def _said(message: Message) -> dict[str, Any]:
    said = {"role": message.role, "content": message.content}
    value = message.value
    if len(value) > 2 or "content" not in value:
        said |= {key: value[key] for key in _BESIDE if value.get(key) is not None}
    return said


def _alike(one: Message, another: Message) -> bool:
    return one.content == another.content and _said(one) == _said(another)


def pair(example: Example) -> tuple[Answer, Answer] | None:
    """The better and the worse answer; None where the row does not hold both."""
    found = sides(example)
    return found[1:] if len(found) == 3 else None


def prompt(example: Example) -> tuple[Message, ...]:
    """What both answers answer; nothing where the row holds no pair."""
    found = sides(example)
    if len(found) != 3:
        return ()
    repeated, chosen, _ = found
    answer = {message.pointer for message in chosen.messages}
    given = tuple(
        message
        for message in example.messages
        if message.pointer not in answer and not _within(message.pointer, chosen.pointer)
    )
    return given + repeated


def _within(pointer: str, folder: str) -> bool:
    return pointer == folder or pointer.startswith(f"{folder}/")


@Latest
def sides(example: Example) -> tuple[tuple[Message, ...], Answer, Answer] | tuple[()]:
    """What both sides repeat, the better and the worse answer; () where there are not both."""
    row = example.value
    for better, worse in _KEYS:
        if better in row and worse in row:
            chosen = tuple(_messages(row[better], f"/{better}"))
            rejected = tuple(_messages(row[worse], f"/{worse}"))
            shared = _shared(chosen, rejected)
            return (
                chosen[:shared],
                Answer(f"/{better}", chosen[shared:], better == _KEYS[0][0]),
                Answer(f"/{worse}", rejected[shared:], better == _KEYS[0][0]),
            )
    return ()


def _shared(chosen: tuple[Message, ...], rejected: tuple[Message, ...]) -> int:
    """How many messages of an implicit prompt (TRL) both sides begin with."""
    most = min(len(chosen), len(rejected)) - 1
    for index in range(most):
        if chosen[index].role == "assistant" and index == 0:
            return 0
        if not _alike(chosen[index], rejected[index]):
            return index
    return max(most, 0)


def _messages(side: Any, pointer: str) -> Iterator[Message]:
    if isinstance(side, str):
        yield Message("assistant", side, pointer, {"role": "assistant", "content": side})
    elif isinstance(side, dict):
        yield _message(side, pointer)
    elif isinstance(side, list):
        for index, one in enumerate(side):
            if isinstance(one, dict):
                yield _message(one, f"{pointer}/{index}")


def _message(value: Mapping[str, Any], pointer: str) -> Message:
    who = value.get("role", value.get("from"))
    role = _SPEAKERS.get(who, who) if isinstance(who, str) else ""
    return Message(role, value.get("content", value.get("value")), pointer, value)
