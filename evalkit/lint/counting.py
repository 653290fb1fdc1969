# SPDX-License-Identifier: Apache-2.0
"""Tokens of examples for the rules that ask: an upper bound for nothing, the count where needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.example import Example

if TYPE_CHECKING:
    from evalkit.tokens.chat import Layout

__all__ = ["as_row", "count", "most_tokens"]


def most_tokens(example: Example) -> int:
    """A number that the example's training tokens never exceed, from its bytes alone.

    A token is at least one byte of UTF-8, and JSON spends more bytes around a message than the
    chat form spends tokens. Tool definitions are rendered as code, which may be longer than their
    JSON: twice the bytes hold them.
    """
    size = len(example.raw)
    return 2 * size if b'"tools"' in example.raw or b'"functions"' in example.raw else size


def as_row(example: Example) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Messages and tool definitions of a row of any layout, in the terms of chat completions."""
    tools = getattr(example.format, "tools", None)
    defined = tools(example.value) if tools is not None else ()
    return [message.value for message in example.messages], defined


def count(examples: Sequence[Example], encoding: str) -> list[Layout]:
    """Where the tokens of some examples lie, counted together."""
    from evalkit.tokens.chat import layouts

    return layouts([as_row(example) for example in examples], encoding=encoding)
