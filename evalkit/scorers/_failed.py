# SPDX-License-Identifier: Apache-2.0
"""A failed request is not a wrong answer."""

from __future__ import annotations

from math import nan

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.score import Score

__all__ = ["failed"]


def failed(reply: Reply) -> Score | None:
    """The score of a reply that is an error (NaN, with why), or None."""
    if reply.finish != "error":
        return None
    return Score(nan, why=f"the request failed: {excerpt(reply.error or 'no reason given', 80)}")
