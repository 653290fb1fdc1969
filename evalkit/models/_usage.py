# SPDX-License-Identifier: Apache-2.0
"""Counted tokens, as the providers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalkit.core.exchange import Usage

__all__ = ["MOST", "usage"]

MOST = 2**53  # tokens that a count may be: what is more is no count, and no integer of JSON


def usage(value: Any) -> Usage | None:
    """The `usage` of a response; None where it counts nothing.

    Cached and thought tokens: OpenAI's `prompt_tokens_details.cached_tokens` and
    `completion_tokens_details.reasoning_tokens`, DeepSeek's `prompt_cache_hit_tokens`.
    """
    counts = _mapping(value)
    prompt, completion = _count(counts.get("prompt_tokens")), counts.get("completion_tokens", 0)
    if prompt is None or (completion := _count(completion)) is None:
        return None
    cached = _mapping(counts.get("prompt_tokens_details")).get("cached_tokens")
    thought = _mapping(counts.get("completion_tokens_details")).get("reasoning_tokens")
    return Usage(
        prompt,
        completion,
        min(prompt, _count(cached) or _count(counts.get("prompt_cache_hit_tokens")) or 0),
        min(completion, _count(thought) or 0),
    )


def _count(value: Any) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST
    return value if good else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
