# SPDX-License-Identifier: Apache-2.0
"""From any layout to any other by way of chat messages, with an account of what is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.formats._layout import FEATURES, Layout, Row
from evalkit.data.recognise import layout

__all__ = ["Account", "convert"]

_TEXT_PARTS = ("text", "refusal")


@dataclass(slots=True)
class Account:
    """What became of the rows; filled while they are converted.

    Attributes:
        written: Rows given on.
        losses: What the target layout cannot hold: words to number of rows.
        left_out: Rows that were not converted, and why, in order.
        blank: Blank lines, which are no rows.
    """

    written: int = 0
    losses: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[Location, str]] = field(default_factory=list)
    blank: int = 0


def convert(
    examples: Iterable[Example], to: Layout, account: Account, *, keep: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Rows in another layout, in order.

    Args:
        examples: Of one source.
        to: The layout wanted; it can be built from messages.
        account: Is filled on the way.
        keep: Fields to write under `metadata`, by lower-case name; a row without one goes without.
    """
    if to.build is None:
        raise ValueError(f"{to.name} cannot be built from messages")
    for example in examples:
        if example.broken is not None:
            if example.broken.kind == "blank":
                account.blank += 1
            else:
                reason = example.broken.args.get("reason", example.broken.kind)
                account.left_out.append((example.location, reason))
            continue
        source = layout(example.format.name) if example.format is not None else None
        messages = [_plain(m.value, m.role, m.content) for m in example.messages]
        if source is None or not messages:
            why = "its layout is not known" if source is None else "it holds no messages"
            account.left_out.append((example.location, why))
            continue
        tools = source.tools(example.value)
        try:
            row = to.build(messages, tools)
        except ValueError as error:
            account.left_out.append((example.location, str(error)))
            continue
        if source.name == to.name:
            row |= {k: v for k, v in example.value.items() if k in to.keys and k != "metadata"}
        if kept := {name: example.fields[name] for name in keep if name in example.fields}:
            row["metadata"] = kept
        account.losses.update(_lost(messages, tools, source, to))
        account.written += 1
        yield row


def _plain(value: Mapping[str, Any], role: str, content: Any) -> Mapping[str, Any]:
    """The message in the terms of chat completions; views of chat layouts give it as it is."""
    return value if "role" in value else {"role": role, "content": content}


def _lost(
    messages: Sequence[Row], tools: Sequence[Row], source: Layout, to: Layout
) -> Iterator[str]:
    """What this conversation has and the target cannot hold, each once."""
    if source.name == to.name:
        return
    had = {"tools": bool(tools)}
    had |= {kept: kept in source.carries for kept in ("rejected", "verdicts")}  # of every row
    had["system"] = any(m.get("role") in {"system", "developer"} for m in messages)
    had["calls"] = any(m.get("tool_calls") or m.get("role") == "tool" for m in messages)
    had["call-ids"] = "call-ids" in source.carries and had["calls"]
    had["weights"] = any("weight" in m for m in messages)
    had["names"] = any("name" in m for m in messages)
    had["refusals"] = any(m.get("refusal") for m in messages)
    had["parts"] = any(
        isinstance(part, dict) and part.get("type") not in _TEXT_PARTS
        for m in messages
        if isinstance(m.get("content"), list)
        for part in m["content"]
    )
    for feature, words in FEATURES.items():
        if had.get(feature) and feature not in to.carries:
            yield words
