# SPDX-License-Identifier: Apache-2.0
"""Which layout the rows of a file have, told from the first of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalkit.core.registry import find, modules, names
from evalkit.data.formats._layout import Layout

__all__ = ["LOOK_AT", "fields_of", "kind_of", "layout", "recognise"]

LOOK_AT = 50  # rows; one bad row must not decide for a file

# The most particular first, for a row goes by the first that knows it. Reinforcement is told from
# chat by many rows, below.
_ORDER = (
    "recorded-answers",
    "run-samples",
    "openai-preference",
    "llama-factory-v1-preference",
    "trl-kto",
    "llama-factory-kto",
    "sharegpt-preference",
    "chat-preference",
    "alpaca-preference",
    "trl-preference",
    "llama-factory-v1",
    "chat-with-media",
    "gemini",
    "bedrock-converse",
    "mistral",
    "anthropic",
    "bailian",
    "openai-chat",
    "sharegpt",
    "trl-prompt-completion",
    "prompt-completion",
    "alpaca",
    "evals-row",
    "evals-item",
    "trl-text",
)


def layout(name: str) -> Layout:
    """The layout of that name.

    Raises:
        UsageError: No such layout; the message lists the known ones.
    """
    found: Layout = find("formats", name)
    return found


def recognise(values: Iterable[Any], described: Sequence[Layout] = ()) -> Layout | None:
    """The layout that most of the given rows have; None where none has any.

    Args:
        values: Of the first rows.
        described: Layouts of a configuration: a row that has the keys of one is of that one.

    Chat rows are reinforcement rows only where none of them ends with an answer and each has a
    key that a grader could read: a single chat row that lacks its answer stays a chat row.
    """
    rows = [v for v in values if isinstance(v, Mapping)]
    own = {one.name: one for one in described}
    votes = Counter(match.name for row in rows if (match := _of(row, described) or kind_of(row)))
    if votes:
        name = max((*own, *_ORDER), key=lambda n: votes[n])  # the first of equals
        if name in own:
            return own[name]
        if name == "openai-chat":
            chat = [row for row in rows if "messages" in row]
            reinforcement = layout("openai-reinforcement")
            return reinforcement if all(map(reinforcement.matches, chat)) else layout(name)
        return layout(name)
    foreign = [layout(name) for name in names("formats") if name not in modules("formats")]
    return next((f for f in foreign if any(map(f.matches, rows))), None)


def _of(value: Mapping[str, Any], described: Sequence[Layout]) -> Layout | None:
    return next((one for one in described if one.matches(value)), None)


def kind_of(value: Mapping[str, Any]) -> Layout | None:
    """The layout that a row looks like by itself; never reinforcement, which takes many rows."""
    return next((one for name in _ORDER if (one := layout(name)).matches(value)), None)


def fields_of(value: Mapping[str, Any], known: Layout | None) -> dict[str, str]:
    """Scalars beside the conversation, by lower-case name: extra keys, then those of `metadata`."""
    own = known.keys if known else frozenset[str]()
    metadata = value.get("metadata")
    found = {}
    for source in (metadata if isinstance(metadata, dict) else {}, value):
        for key, content in source.items():
            if source is value and key in own:
                continue
            if isinstance(content, str):
                found[key.lower()] = content
            elif isinstance(content, bool):
                found[key.lower()] = str(content).lower()
            elif isinstance(content, int | float):
                found[key.lower()] = repr(content)
    return found
