# SPDX-License-Identifier: Apache-2.0
"""Tokens of prompt and completion pairs for models without a chat form: the texts and nothing else.

So the bills of 2020 to 2023 (ada to davinci) and of babbage-002 and davinci-002.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.tokens.layout import Layout, Span
from evalkit.tokens.said import message_texts
from evalkit.tokens.tokenizer import Tokenizer, tokenizer

__all__ = ["plain_layouts"]


def plain_layouts(
    rows: Sequence[Sequence[Mapping[str, Any]]], *, encoding: str | Tokenizer, threads: int = 1
) -> list[Layout]:
    """Where the tokens of each pair lie; what the assistant says is the completion.

    Args:
        rows: The messages of each example; the prompt's come first.
        encoding: A tokenizer, or the name of one.
        threads: Native threads for counting; 0 = one per core.

    Raises:
        UsageError: No such encoding.
    """
    said = [["".join(message_texts(message)) for message in messages] for messages in rows]
    counter = tokenizer(encoding) if isinstance(encoding, str) else encoding
    counts = iter(counter.count([text for texts in said for text in texts], threads=threads))
    return [
        Layout(
            before=0,
            messages=tuple(Span(0, next(counts), m.get("role") == "assistant") for m in messages),
            extra=0,
        )
        for messages in rows
    ]
