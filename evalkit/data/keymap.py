# SPDX-License-Identifier: Apache-2.0
"""Which keys of a JSON row hold which part of a conversation: a layout that is data.

It comes from a configuration (`data.layouts`), from what the user named, or from usual names
(`data.keys`). Rows stay as they are: lint and show point into the original.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, NamedTuple

from evalkit.core.example import Message
from evalkit.core.pointer import steps, to_pointer
from evalkit.data.conversation import Conversation, in_chat_terms
from evalkit.data.formats._layout import Layout, Row, said
from evalkit.data.formats._turns import spelled_tools
from evalkit.data.templates import filled

__all__ = ["SPEAKERS", "Key", "KeyMap", "Source", "Turn", "content_of", "key_at", "key_named"]

# Who speaks, by the words that sets use for it; a configuration may add to them.
SPEAKERS: Mapping[str, str] = {
    "system": "system", "developer": "developer", "系统": "system",
    "user": "user", "human": "user", "customer": "user", "client": "user", "q": "user",
    "question": "user", "用户": "user", "客户": "user", "顾客": "user", "患者": "user",
    "病人": "user", "咨询者": "user", "提问": "user", "问": "user",
    "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant",
    "model": "assistant", "agent": "assistant", "a": "assistant", "answer": "assistant",
    "助手": "assistant", "助理": "assistant", "客服": "assistant", "医生": "assistant",
    "机器人": "assistant", "回答": "assistant", "答": "assistant",
    "tool": "tool", "function": "tool", "observation": "tool", "工具": "tool",
}  # fmt: skip


_INDEX = re.compile("[0-9]{1,9}")


class Key(NamedTuple):
    """Where something stands in a row; made by `key_named`.

    Attributes:
        text: As the user wrote it: `q`, `data.q` or `/data/q`.
        path: The keys that lead there, one after the other.
        whole: Pointer of the key that is spelled like the text.
        pointer: Pointer of the path.
    """

    text: str
    path: tuple[str, ...]
    whole: str
    pointer: str

    def found(self, value: Any) -> tuple[Any, str] | None:
        """What stands there and its pointer; None where nothing does, or null."""
        if isinstance(value, dict) and (there := value.get(self.text)) is not None:
            return there, self.whole  # `data.q` may be one key
        there = value
        for step in self.path:
            if isinstance(there, dict):
                there = there.get(step)
            elif isinstance(there, list) and _INDEX.fullmatch(step) and int(step) < len(there):
                there = there[int(step)]
            else:
                return None
        return None if there is None else (there, self.pointer)


def key_named(text: str) -> Key:
    """The key of a name: steps between dots, or a JSON pointer."""
    name = text.strip()
    return key_at(name, tuple(steps(name) if name.startswith("/") else name.split(".")))


def key_at(name: str, path: tuple[str, ...]) -> Key:
    """The key at a path, called as the user knows it."""
    return Key(name, path, to_pointer((name,)), to_pointer(path))


Source = Key | tuple[str | Key, ...]  # a key, or a template that is bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What stands in each of the repeated turns of a row.

    Attributes:
        texts: Role to key, where a turn holds what several say: question and answer.
        role: Key of who speaks, where a turn is of one speaker.
        text: Key of what that one says.
        roles: What stands under `role` to a role of chat completions; stands above `SPEAKERS`.
    """

    texts: tuple[tuple[str, Key], ...] = ()
    role: Key | None = None
    text: Key | None = None
    roles: Mapping[str, str] = field(default_factory=dict)

    def fits(self, turn: Any) -> bool:
        """Whether a turn has the keys."""
        if self.role is not None and self.text is not None:
            return self.role.found(turn) is not None and self.text.found(turn) is not None
        if self.texts:
            return any(key.found(turn) is not None for _, key in self.texts)
        return isinstance(turn, str | list)

    def messages(self, turn: Any, pointer: str) -> Iterator[Message]:
        """What is said in a turn; nothing where it has not the keys."""
        for role, key in self.texts:
            if (there := key.found(turn)) is not None:
                yield said(role, content_of(there[0]), pointer + there[1])
        if self.role is not None and self.text is not None:
            who, what = self.role.found(turn), self.text.found(turn)
            if what is not None:
                name = who[0] if who is not None and isinstance(who[0], str) else ""
                yield said(self._spoken(name), content_of(what[0]), pointer)

    def _spoken(self, name: str) -> str:
        return self.roles.get(name) or SPEAKERS.get(name.strip().casefold(), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMap:
    """A row layout described by its keys; a value that can be sent to another process.

    Attributes:
        name: Of the layout.
        texts: Role to where its text is: "system", "user", "input" (joined to the user's text),
            "assistant", or "chosen" and "rejected".
        turns: Key of a list of earlier turns, or of all of them.
        turn: What a turn looks like; without keys the turns are texts, the user's and the
            assistant's in turn, or pairs of them.
        tools: Key of tool definitions: a list, or one as JSON text.
        fields: Name to key of further facts of a row.
    """

    name: str
    texts: Mapping[str, Source] = field(default_factory=dict)
    turns: Key | None = None
    turn: Turn = Turn()
    tools: Key | None = None
    fields: tuple[tuple[str, Key], ...] = ()

    @property
    def layout(self) -> Layout:
        """The layout that reads such rows; none can be built."""
        preference = "chosen" in self.texts
        return Layout(
            name=self.name,
            method="preference" if preference else "sft",
            keys=frozenset(self._top()) | {"metadata"},
            matches=self.matches,
            view=self.view,
            tools=self.tools_of,
            read=self.conversation if preference else None,
        )

    def _top(self) -> Iterator[str]:
        """Top-level keys that the row's conversation takes."""
        for key in self._keys():
            yield key.path[0]
            yield key.text

    def _keys(self) -> Iterator[Key]:
        for source in self.texts.values():
            yield from [source] if isinstance(source, Key) else _of(source)
        yield from (key for key in (self.turns, self.tools) if key is not None)

    def matches(self, value: Row) -> bool:
        """Whether a row has the keys: some turn, or a question and its answer."""
        if self.turns is not None:
            there = self.turns.found(value)
            turns = there[0] if there is not None else None
            return isinstance(turns, list) and any(map(self.turn.fits, turns))
        wanted = [self.texts[r] for r in ("user", "assistant", "chosen") if r in self.texts]
        keyed = [one for one in wanted if isinstance(one, Key) or _of(one)]
        return bool(keyed) and all(_found(one, value) is not None for one in keyed)

    def view(self, value: Row) -> Iterator[Message]:
        """The conversation: system text, turns, question, answer, as far as the row has them."""
        told = list(self._told(value))
        if any(message.role != "system" for message in told):
            yield from told  # a system prompt alone is no conversation

    def _told(self, value: Row) -> Iterator[Message]:
        if (system := self._text("system", value)) is not None and system[0]:
            yield said("system", *system)
        if self.turns is not None and (there := self.turns.found(value)) is not None:
            yield from self._turns(there[0], there[1])
        if (asked := self._text("user", value)) is not None:
            question, pointer = asked
            more = self._text("input", value)
            if more is not None and isinstance(more[0], str) and more[0]:
                question = f"{question}\n{more[0]}" if question else more[0]
            yield said("user", question, pointer)
        answer = self._text("chosen" if "chosen" in self.texts else "assistant", value)
        if answer is not None:
            yield said("assistant", *answer)

    def _turns(self, turns: Any, pointer: str) -> Iterator[Message]:
        if not isinstance(turns, list):
            return
        speaker = cycle(("user", "assistant"))
        for index, turn in enumerate(turns):
            where = f"{pointer}/{index}"
            if isinstance(turn, dict):
                yield from self.turn.messages(turn, where)
            elif isinstance(turn, str):
                yield said(next(speaker), turn, where)
            elif isinstance(turn, list):
                for place, (role, text) in enumerate(
                    zip(("user", "assistant"), turn, strict=False)
                ):
                    yield said(role, content_of(text), f"{where}/{place}")

    def _text(self, role: str, value: Row) -> tuple[Any, str] | None:
        source = self.texts.get(role)
        return None if source is None else _found(source, value)

    def tools_of(self, value: Row) -> tuple[Row, ...]:
        """The tool definitions of a row."""
        there = self.tools.found(value) if self.tools is not None else None
        return () if there is None else tuple(spelled_tools({"tools": there[0]}))

    def conversation(self, value: Row) -> Conversation:
        """Both answers of a pair, the preferred one at the end of the messages."""
        worse = self._text("rejected", value)
        rejected = () if worse is None else ({"role": "assistant", "content": worse[0]},)
        messages = tuple(map(in_chat_terms, self.view(value)))
        return Conversation(messages=messages, tools=self.tools_of(value), rejected=rejected)


def _of(template: tuple[str | Key, ...]) -> list[Key]:
    return [part for part in template if isinstance(part, Key)]


def _found(source: Source, value: Row) -> tuple[Any, str] | None:
    """What a key or a template gives, and where the (first) key stands."""
    if isinstance(source, Key):
        there = source.found(value)
        return None if there is None else (content_of(there[0]), there[1])
    keys = _of(source)
    places = [there for key in keys if (there := key.found(value)) is not None]
    if keys and not places:
        return None
    return filled(source, lambda key: _text_of(key.found(value))), places[0][1] if places else ""


def _text_of(there: tuple[Any, str] | None) -> str:
    content = content_of(there[0]) if there is not None else ""
    return content if isinstance(content, str) else _json(content)


def content_of(value: Any) -> Any:
    """A value as the content of a message: a text or parts as they are, all else as JSON text."""
    if isinstance(value, str) or _parts(value):
        return value
    return "" if value is None else _json(value)


def _parts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) and isinstance(part.get("type"), str) for part in value)
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
