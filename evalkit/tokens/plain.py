# SPDX-License-Identifier: Apache-2.0
"""Tokens of prompt and completion pairs for models without a chat form: the texts and nothing else.

So the bills of 2020 to 2023 (ada to davinci) and of babbage-002 and davinci-002.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.tokens.chat import Layout, message_texts
from evalkit.tokens.encodings import count

__all__ = ["plain_layouts"]


def plain_layouts(
    rows: Sequence[Sequence[Mapping[str, Any]]], *, encoding: str, threads: int = 1
) -> list[Layout]:
    """Where the tokens of each pair lie; what the assistant says is the completion.

    Args:
        rows: The messages of each example; the prompt's come first.
        encoding: Of the model.
        threads: Native threads for counting; 0 = one per core.

    Raises:
        UsageError: No such encoding.
    """
    said = [["".join(message_texts(message)) for message in messages] for messages in rows]
    counts = iter(count([text for texts in said for text in texts], encoding, threads=threads))
    return [
        Layout(
            before=0,
            messages=tuple((0, next(counts), m.get("role") == "assistant") for m in messages),
            extra=0,
        )
        for messages in rows
    ]
