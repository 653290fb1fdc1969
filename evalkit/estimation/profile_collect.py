# SPDX-License-Identifier: Apache-2.0
"""What is counted of each row: one class for each part of a profile.

Each has `add`, which takes a row, and `result`, which says what was found. Memory does not grow
with the rows: names and texts are counted up to a number of different ones, digests go to disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evalkit.core.accumulators import CappedTally, Tally
from evalkit.core.example import Example
from evalkit.core.groups import Groups, key_of
from evalkit.core.secrets import quoted
from evalkit.data.conversation import INSTRUCTIONS, Conversation
from evalkit.data.split import categorical
from evalkit.estimation.profile_counts import SHOWN_NAME, TextTally, ranked, shares
from evalkit.estimation.profile_facts import (
    Answers,
    Conversations,
    Field,
    Lengths,
    Prompt,
    SystemPrompts,
)
from evalkit.estimation.profile_spread import Spread, spread

__all__ = [
    "AnswerTally", "ByRole", "FieldTally", "Instructions", "Row", "Shapes", "calls_of", "shape_of",
]  # fmt: skip

_ORDER = ("system", "developer", "user", "assistant", "tool")
_ROLES = 50  # names of roles that are told apart
_SHAPES = 20  # that are listed
_SHAPE = 200  # characters of a shape
_PROMPTS = 10  # that are listed
_PROMPT = 400  # characters of a prompt that are shown
_FIELDS = 200  # names of fields that are looked at
_VALUES = 1_000  # different values of a field that are counted
_FEW = 20  # different values of a field that are listed


@dataclass(frozen=True, slots=True)
class Row:
    """One row, taken apart.

    Attributes:
        example: As it was read.
        conversation: What it says.
        roles: Of the messages.
        texts: Of the messages, parts joined; "" where there is none.
        rich: Indices of messages that are more than a role and a text.
    """

    example: Example
    conversation: Conversation
    roles: Sequence[str]
    texts: Sequence[str]
    rich: Sequence[int]


def calls_of(message: Mapping[str, Any]) -> list[Any]:
    """The tool calls of a message, the legacy `function_call` as one."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        return calls
    call = message.get("function_call")
    return [{"function": call}] if isinstance(call, Mapping) else []


class Shapes:
    """Messages, turns and sequences of roles."""

    def __init__(self) -> None:
        self._messages: Tally[int] = Tally()
        self._turns: Tally[int] = Tally()
        self._roles: CappedTally[str] = CappedTally()
        self._shapes: CappedTally[str] = CappedTally()

    def add(self, row: Row) -> None:
        """Take a row."""
        turns, before = 0, ""
        for role in row.roles:
            self._roles.add(role)
            turns += role == "user" != before
            before = role
        self._messages.add(len(row.roles))
        self._turns.add(turns)
        names = list(row.roles)
        for index in row.rich:
            if names[index] == "assistant" and calls_of(row.conversation.messages[index]):
                names[index] = "assistant+calls"
        self._shapes.add(shape_of(tuple(names)))

    def result(self, rows: int) -> Conversations | None:
        """None without rows."""
        messages, turns = spread(self._messages.counts), spread(self._turns.counts)
        if messages is None or turns is None:
            return None
        return Conversations(
            messages=messages,
            turns=turns,
            roles=ranked(self._roles)[:_ROLES],
            shapes=ranked(self._shapes, rows)[:_SHAPES],
            different_shapes=None if self._shapes.overflowed else len(self._shapes),
        )


@lru_cache(maxsize=4096)
def shape_of(roles: tuple[str, ...]) -> str:
    """A sequence of roles in short: what repeats is written once, "system (user assistant)×2"."""
    words: list[str] = []
    at = 0
    while at < len(roles) and len(words) < _SHAPE:
        size, times = 1, 1
        for width in range(1, 5):
            block, count = roles[at : at + width], 1
            while roles[at + count * width : at + (count + 1) * width] == block:
                count += 1
            if count > 1 and width * count > size * times:
                size, times = width, count
        block_words = " ".join(role or "?" for role in roles[at : at + size])
        if times > 1:
            block_words = f"{block_words if size == 1 else f'({block_words})'}×{times}"
        words.append(block_words)
        at += size * times
    text = " ".join(words)
    return text if len(text) <= _SHAPE else text[: _SHAPE - 1] + "…"


class ByRole:
    """Numbers of whole rows, and of their messages by role."""

    def __init__(self) -> None:
        self.example: Tally[int] = Tally()
        self._roles: dict[str, Tally[int]] = {}

    def add(self, roles: Sequence[str], numbers: Sequence[int | None], whole: int) -> None:
        """Take a row: a number for each message (None = it has none), and the one of all."""
        self.example.add(whole)
        known = self._roles
        for role, number in zip(roles, numbers, strict=True):
            if number is None:
                continue
            tally = known.get(role)
            if tally is None:
                if len(known) >= _ROLES:
                    continue
                tally = known[role] = Tally()
            tally.add(number)

    def roles(self) -> dict[str, Spread]:
        """By role, in the order of a conversation."""
        order = {role: place for place, role in enumerate(_ORDER)}
        names = sorted(self._roles, key=lambda role: (order.get(role, len(order)), role))
        found = ((name, spread(self._roles[name].counts)) for name in names)
        return {quoted(name, SHOWN_NAME) or "?": one for name, one in found if one is not None}

    def lengths(self) -> Lengths | None:
        """As lengths of texts; None without rows."""
        example = spread(self.example.counts)
        return None if example is None else Lengths(example=example, roles=self.roles())


class Instructions:
    """System prompts."""

    def __init__(self) -> None:
        self._texts = TextTally(width=_PROMPT)

    def add(self, row: Row) -> None:
        """Take a row."""
        for role, text in zip(row.roles, row.texts, strict=True):
            if role in INSTRUCTIONS:
                self._texts.add(text)
                return

    def result(self, rows: int) -> SystemPrompts:
        """Of that many rows."""
        most = self._texts.items()[:_PROMPTS]
        return SystemPrompts(
            rows=self._texts.total,
            without=rows - self._texts.total,
            different=self._texts.different,
            prompts=tuple(
                Prompt(text=text, characters=characters, count=count, share=count / rows)
                for text, characters, count in most
            ),
        )


class AnswerTally:
    """The last answer of each row."""

    def __init__(self) -> None:
        self._count = self._empty = self._json = self._long = 0
        self._texts = TextTally()
        self._every = Groups()

    def add(self, row: Row) -> None:
        """Take a row."""
        if not row.roles or row.roles[-1] != "assistant":
            return
        last = len(row.roles) - 1
        if row.rich and row.rich[-1] == last and calls_of(row.conversation.messages[last]):
            return
        text = row.texts[last].strip()
        self._count += 1
        self._every.add(key_of(text), row.example.location)
        if not text:
            self._empty += 1
        self._json += _is_json(text)
        if len(text) > SHOWN_NAME:
            self._long += 1
        else:
            self._texts.add(text)

    def result(self) -> Answers:
        """What the answers are."""
        texts = self._texts
        # An answer that was forgotten makes the others no less labels.
        said = {text: count for text, count in texts.short().items() if text}
        labels = [] if self._long or not categorical(said) else texts.items()
        labels = [one for one in labels if one[0]]
        return Answers(
            count=self._count,
            empty=self._empty,
            different=self._count - sum(len(group) - 1 for group in self._every.repeated()),
            json=self._json,
            labels=shares(((text, count) for text, _, count in labels), self._count),
            imbalance=labels[0][2] / labels[-1][2] if labels else None,
        )


def _is_json(text: str) -> bool:
    """Whether it is a JSON object or array."""
    if not (text.startswith("{") and text.endswith("}")) and not (
        text.startswith("[") and text.endswith("]")
    ):
        return False
    from jiter import from_json

    try:
        from_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return True


class FieldTally:
    """What stands beside the conversation."""

    def __init__(self) -> None:
        self._fields: dict[str, TextTally] = {}
        self._keys: CappedTally[str] = CappedTally()

    def add(self, row: Row) -> None:
        """Take a row."""
        for name, value in row.example.fields.items():
            if value and not value.isspace():
                tally = self._fields.get(name)
                if tally is None:
                    if len(self._fields) >= _FIELDS:
                        continue
                    tally = self._fields[name] = TextTally(most=_VALUES)
                tally.add(value)
        layout = row.example.format
        if layout is not None and layout.method == "rft":
            for key in row.example.value:
                if key not in getattr(layout, "keys", ()):
                    self._keys.add(key)

    def result(self, rows: int) -> tuple[Field, ...]:
        """By name."""
        return tuple(_field(name, tally, rows) for name, tally in sorted(self._fields.items()))

    def keys(self, rows: int) -> Any:
        """What graders can read; names with their numbers of rows."""
        return ranked(self._keys, rows)


def _field(name: str, tally: TextTally, rows: int) -> Field:
    few = tally.different is not None and tally.different <= _FEW
    repeated = few and 2 * (tally.different or 0) <= tally.total
    values = [(text or "?", count) for text, _, count in tally.items()] if repeated else []
    return Field(
        name=quoted(name, SHOWN_NAME),
        filled=tally.total,
        share=tally.total / rows,
        different=tally.different,
        values=shares(values, tally.total),
    )
