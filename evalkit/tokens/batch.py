# SPDX-License-Identifier: Apache-2.0
"""Billed training tokens of many examples and nothing else: the quick way of a linter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evalkit.tokens.calls import Calls
from evalkit.tokens.encodings import count
from evalkit.tokens.frame import OPENAI
from evalkit.tokens.said import message_texts
from evalkit.tokens.tools import definition_text, definition_tokens

__all__ = ["Batch", "billed"]

_PRIMING = OPENAI.priming
_PER_MESSAGE = OPENAI.per_message
_PER_NAME = OPENAI.per_name

Row = tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]  # messages, tools


def billed(rows: Sequence[Row], *, encoding: str, threads: int = 1) -> list[int]:
    """Billed training tokens of each example, images apart: `chat.layouts` tells where they lie.

    Args:
        rows: Messages and tools of each example.
        encoding: Of the model.
        threads: Native threads of the fast engine; 0 = one per core.

    Raises:
        UsageError: No such encoding.
    """
    batch = Batch(rows)
    return batch.billed(count(batch.texts, encoding, threads=threads))


class Batch:
    """Examples whose tokens are to be counted together.

    Attributes:
        texts: What to count; `billed` takes the counts in this order.
    """

    __slots__ = ("_spans", "_unique", "texts")

    def __init__(self, rows: Iterable[Row | list[str]]) -> None:
        """Take the texts of examples.

        Args:
            rows: Messages and tools of each, or roles and texts in turn where it is nothing else.
        """
        self.texts: list[str] = []
        self._spans: list[tuple[int, int, int, list[int], int, bool]] = []
        index: dict[str, int] = {}  # texts that repeat: roles, system prompts, tools
        texts = self.texts
        for row in rows:
            if isinstance(row, list):
                roles, start = row[::2], len(texts)
                texts += row[1::2]
                number = index.setdefault
                repeats = [number(role, len(index)) for role in roles]
                fixed = _PRIMING + _PER_MESSAGE * len(roles)
                self._spans.append((start, len(texts), fixed, repeats, -1, False))
                continue
            messages, tools = row
            start, fixed, system = len(texts), _PRIMING, False
            repeats, calls = [], None
            for message in messages:
                role, content = message.get("role"), message.get("content")
                fixed += _PER_MESSAGE
                if isinstance(role, str):
                    repeats.append(index.setdefault(role, len(index)))
                    system = system or role in ("system", "developer")
                if len(message) == 2 and type(content) is str:
                    if role == "system":
                        repeats.append(index.setdefault(content, len(index)))
                    else:
                        texts.append(content)
                    continue
                calls = calls or Calls()
                name, result = message.get("name"), calls.result(message)
                fixed += calls.around(message)
                if result is not None:
                    name = result.name
                    fixed += result.tokens
                elif isinstance(name, str):
                    fixed += _PER_NAME
                if isinstance(name, str):
                    repeats.append(index.setdefault(name, len(index)))
                texts += message_texts(message)
            definitions = definition_text(tools) if tools else ""
            tool = index.setdefault(definitions, len(index)) if definitions else -1
            self._spans.append((start, len(texts), fixed, repeats, tool, system))
        self._unique = len(texts)
        texts += index

    def billed(self, counts: Sequence[int]) -> list[int]:
        """Billed training tokens of each example, given those of each text."""
        repeated = counts[self._unique :]
        return [
            fixed
            + sum(counts[start:end])
            + sum([repeated[i] for i in repeats])
            + definition_tokens(repeated[tool] if tool >= 0 else 0, system=system)
            for start, end, fixed, repeats, tool, system in self._spans
        ]
