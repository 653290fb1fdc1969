# SPDX-License-Identifier: Apache-2.0
"""Language modelling: `{"text": ...}`, every token of which is learned."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._layout import Layout, Row, said_under

__all__ = ["matches", "trl_text"]

# What corpora say about a text. A `label` or the like makes it a table for a classifier.
_ABOUT = frozenset(
    {
        "text", "id", "idx", "url", "source", "title", "date", "timestamp", "dump", "lang",
        "language", "meta", "metadata", "file", "file_path", "added", "created", "license",
    }
)  # fmt: skip


def matches(value: Row) -> bool:
    """It has `text`, and beside it only what tells where the text is from."""
    return "text" in value and _ABOUT.issuperset(value)


def _view(value: Row) -> Iterator[Message]:
    return said_under(value, "text", "assistant")  # who learns it speaks it


trl_text = Layout(
    name="trl-text",
    method="text",
    keys=frozenset({"text", "metadata"}),
    matches=matches,
    view=_view,
)
