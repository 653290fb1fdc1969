# SPDX-License-Identifier: Apache-2.0
"""One training or test example, whatever the file it came from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from evalkit.core.groups import key_of
from evalkit.core.location import Location

__all__ = ["Broken", "Example", "Format", "Message", "canonical"]


class Message(NamedTuple):  # a tuple is made four times as fast as a frozen dataclass
    """One turn as every layout can show it.

    Attributes:
        role: system, developer, user, assistant, tool or function; what the data says otherwise.
        content: A string, a list of parts, or None.
        pointer: JSON pointer of the message in the example's own layout.
        value: The message as parsed.
    """

    role: str
    content: Any
    pointer: str
    value: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The text of the message: parts joined, the empty string where there is none."""
        if isinstance(self.content, str):
            return self.content
        if isinstance(self.content, list):
            parts = (p.get("text") for p in self.content if isinstance(p, Mapping))
            return "".join(p for p in parts if isinstance(p, str))
        return ""


class Format(Protocol):
    """A row layout: how to know it and how to see its messages (one file in data/formats)."""

    @property
    def name(self) -> str:
        """Such as "openai-chat"."""
        ...

    @property
    def method(self) -> str:
        """What a job would train with it: "sft", "preference", "rft" or "completion"."""
        ...

    def messages(self, value: Mapping[str, Any]) -> Sequence[Message]:
        """The conversation that a row of this layout holds; the row's shape is already valid."""
        ...


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a record could not become a value: a fact, reported by the rule that asks for it.

    Attributes:
        kind: "json", "surrogate", "too-long", "encoding", "blank", "not-object" or "ragged".
        column: 1-based, in characters of the record; None where it has no place.
        args: Arguments for the message, printable.
        recovered: The value that the record surely means (a row that is only pretty-printed), so
            that a fix can write it; None where there is no such value.
    """

    kind: str
    column: int | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    recovered: Any = None


@dataclass(frozen=True, slots=True)
class Example:
    """One record of a data set.

    Attributes:
        location: Where it stands.
        raw: Its bytes in UTF-8 (JSON of the value for tables), without the line end.
        value: The parsed JSON value; None when `broken`.
        format: Its layout; None when the layout is not known.
        broken: Why there is no value.
        cells: For tables: JSON pointer to cell name, such as {"/messages/1/content": "C17"}.
        fields: Further facts of the row by lower-case name (columns beside the conversation,
            extra keys and `metadata` of a JSON row), such as {"lang": "zh"}: slices.
        repeated_keys: JSON pointers of keys that stand more than once in their object; `value`
            holds the last one's.
    """

    location: Location
    raw: bytes
    value: Any
    format: Format | None = None
    broken: Broken | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    repeated_keys: tuple[str, ...] = ()
    _messages: list[tuple[Message, ...]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation in the format's own view; empty where there is no valid one."""
        if not self._messages:
            known = self.format is not None and isinstance(self.value, Mapping)
            self._messages.append(
                tuple(self.format.messages(self.value)) if known and self.format else ()
            )
        return self._messages[0]

    @property
    def turns(self) -> tuple[str, ...]:
        """The roles in order; an assistant message that calls tools is "assistant+calls"."""
        return tuple(
            [
                message.role
                if message.role != "assistant" or len(message.value) == 2 or not _calls(message)
                else "assistant+calls"
                for message in self.messages
            ]
        )

    @property
    def scanned(self) -> bytes:
        r"""The record as prefilters read it: its JSON with every character as itself.

        Only quotes, backslashes and control characters are escaped, as `json.dumps` does; that is
        `raw` unless it spells characters as escapes that JSON does not demand.
        """
        if self.broken is not None or (b"\\u" not in self.raw and b"\\/" not in self.raw):
            return self.raw
        written = json.dumps(self.value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        # The value lacks what stood under a key that stands there again.
        return written + self.raw if self.repeated_keys else written

    @property
    def digest(self) -> bytes:
        """16 bytes that are equal for equal values: key order and white space do not count."""
        if self.broken is not None:
            body = self.raw
        elif halves := self.halves:
            body = halves[0] + halves[1]
        else:
            body = canonical(self.value)
        return key_of(body)

    @property
    def said(self) -> list[str] | None:
        """Roles and texts in turn, of a chat row that holds nothing else; else None."""
        global _last_said  # noqa: PLW0603  (a memo of one, replaced as a whole)
        known, said = _last_said
        if known is not self:
            said = _roles_and_texts(self.value)
            _last_said = (self, said)
        return said

    @property
    def plain(self) -> bool:
        """Whether it is a chat row of nothing but known roles and texts: its shape is valid."""
        said = self.said
        return said is not None and _ROLES.issuperset(said[::2])

    @property
    def halves(self) -> tuple[bytes, bytes] | None:
        """Digests of what comes before the last content of a plain chat row, and of that content.

        None for rows that hold anything but roles and texts. Equal for equal values; the text that
        is digested is that of roles and contents in turn, joined by NUL. Several rules want it, and
        it takes a fifth of the time of `canonical`.
        """
        global _last_halves  # noqa: PLW0603  (a memo of one, replaced as a whole)
        known, halves = _last_halves
        if known is not self:
            halves = None
            if said := self.said:
                before = "\0".join(said[:-1])
                if before.count("\0") == len(said) - 2:  # else a text holds the joint itself
                    halves = key_of(before), key_of(said[-1])
            _last_halves = (self, halves)
        return halves


_ROLES = frozenset({"system", "developer", "user", "assistant"})
_last_said: tuple[Example | None, list[str] | None] = (None, None)
_last_halves: tuple[Example | None, tuple[bytes, bytes] | None] = (None, None)


def _roles_and_texts(value: Any) -> list[str] | None:
    if type(value) is not dict or len(value) != 1:
        return None
    said: list[str] = []
    try:
        for message in value["messages"]:
            role, content = message["role"], message["content"]
            if len(message) != 2 or type(role) is not str or type(content) is not str:
                return None
            said.append(role)
            said.append(content)
    except (KeyError, TypeError, IndexError):
        return None
    return said or None


def _calls(message: Message) -> bool:
    return bool(message.value.get("tool_calls") or message.value.get("function_call"))


def canonical(value: Any) -> bytes:
    """JSON of a value with sorted keys and no blanks; lone surrogates are kept as escapes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
