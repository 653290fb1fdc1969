# SPDX-License-Identifier: Apache-2.0
r"""Layouts that a configuration describes, each under `[layouts.NAME]`.

```toml
[layouts.chatlaw]                # rows {"meta_instruction": ..., "chat": [{"咨询者", "ChatLAW"}]}
system = "meta_instruction"
turns = "chat"
turn = { user = "咨询者", assistant = "ChatLAW" }

[layouts.calls]                  # a list of turns, each of one speaker
turns = "data.dialogue"
turn = { role = "speaker", text = "utterance", roles = { "坐席" = "assistant" } }

[layouts.faq]                    # flat rows, one text made of two keys
assistant = "answer.text"
templates = { user = "{title}\n{ask}" }
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import names
from evalkit.data.keymap import Key, KeyMap, Source, Turn, key_named
from evalkit.data.templates import bound, parsed

__all__ = ["GUESSED", "described"]

GUESSED = "key-map"  # what rows are called whose keys the user named, or whose names are usual

_ROLES = ("system", "user", "input", "assistant", "chosen", "rejected")
_SPOKEN = ("system", "user", "assistant", "tool")
_SHOWN = "`evalkit schema config` shows what can stand there"


def described(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, KeyMap]:
    """Name to layout.

    Args:
        tables: What stands under `layouts` in a configuration; its shape is checked.

    Raises:
        UsageError: A layout that says nothing, or two things at once.
    """
    return {name.strip().replace("_", "-"): _layout(name, table) for name, table in tables.items()}


def _layout(name: str, table: Mapping[str, Any]) -> KeyMap:
    place = f"layouts.{excerpt(name)}"
    known = name.strip().replace("_", "-")
    if known in names("formats") or known in ("", GUESSED):
        raise UsageError(f"{place}: evalkit has a layout of that name", "choose another name")
    texts = _texts(table, place)
    turns = _key(table["turns"], f"{place}.turns") if "turns" in table else None
    if turns is None and "turn" in table:
        raise UsageError(f"{place}: `turn` without `turns`", "say which key holds the list: turns")
    pair = [role for role in ("chosen", "rejected") if role in texts]
    if len(pair) == 1 or (pair and "assistant" in texts):
        raise UsageError(f"{place}: `chosen` and `rejected` belong together", "name both, or none")
    if turns is None and not ({"user", "assistant", "chosen"} & texts.keys()):
        raise UsageError(
            f"{place}: nothing says where questions and answers are",
            'such as user = "q" and assistant = "a", or turns = "chat"',
        )
    return KeyMap(
        name=known,
        texts=texts,
        turns=turns,
        turn=_turn(table.get("turn", {}), f"{place}.turn"),
        tools=_key(table["tools"], f"{place}.tools") if "tools" in table else None,
        fields=tuple(
            (field.lower(), _key(key, f"{place}.fields"))
            for field, key in table.get("fields", {}).items()
        ),
    )


def _texts(table: Mapping[str, Any], place: str) -> dict[str, Source]:
    texts: dict[str, Source] = {
        role: _key(table[role], f"{place}.{role}") for role in _ROLES if role in table
    }
    for role, text in table.get("templates", {}).items():
        if role in texts:
            raise UsageError(f"{place}: `{role}` is a key and a template", "leave one of them out")
        texts[role] = bound(parsed(text), key_named)
    return texts


def _turn(table: Mapping[str, Any], place: str) -> Turn:
    spoken = tuple((role, _key(table[role], place)) for role in _SPOKEN if role in table)
    keys = {name: _key(table[name], place) for name in ("role", "text") if name in table}
    if spoken and (keys or table.get("roles")):
        raise UsageError(
            f"{place}: a turn is of one speaker (`role`, `text`) or has a key for each role",
            "leave one of the two out",
        )
    if len(keys) == 1 or (table.get("roles") and not keys):
        raise UsageError(f"{place}: `role` and `text` belong together", _SHOWN)
    return Turn(texts=spoken, roles=table.get("roles", {}), **keys)


def _key(text: str, place: str) -> Key:
    key = key_named(text)
    if not key.text or not all(key.path):
        raise UsageError(f"{place}: `{excerpt(text)}` names no key", "such as q, data.q or /data/q")
    return key
