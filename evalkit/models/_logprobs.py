# SPDX-License-Identifier: Apache-2.0
"""Log probabilities of the two shapes in which servers write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from evalkit.core.exchange import Position

__all__ = ["positions"]

_LEAST_LOGPROB = -9999.0  # what OpenAI writes for "next to nothing"; JSON knows no infinity


def positions(logprobs: Any) -> tuple[Position, ...]:
    """Tokens with their alternatives; none where there are none, or in no shape that is known.

    Args:
        logprobs: Of chat completions, `{"content": [{"token", "logprob", "top_logprobs"}]}`, or
            of completions (and Together's chat), `{"tokens", "token_logprobs", "top_logprobs"}`.
    """
    told = _mapping(logprobs)
    if isinstance(content := told.get("content"), list):
        return tuple(_of_chat(_mapping(token)) for token in content)
    if isinstance(tokens := told.get("tokens"), list):
        rows = zip_longest(
            tokens, _list(told.get("token_logprobs")), _list(told.get("top_logprobs"))
        )
        return tuple(_of_completions(*row) for row in list(rows)[: len(tokens)])
    return ()


def _of_chat(token: Mapping[str, Any]) -> Position:
    others = map(_mapping, _list(token.get("top_logprobs")))
    return Position(
        str(token.get("token", "")),
        _logprob(token.get("logprob")),
        tuple((str(other.get("token", "")), _logprob(other.get("logprob"))) for other in others),
    )


def _of_completions(token: Any, logprob: Any, top: Any) -> Position:
    # Best first, as chat completions have them: here they stand in any order.
    others = sorted(
        ((str(text), _logprob(value)) for text, value in _mapping(top).items()),
        key=lambda other: (-other[1], other[0]),
    )
    return Position(str(token), _logprob(logprob), tuple(others))


def _logprob(value: Any) -> float:
    known = isinstance(value, int | float) and value == value  # noqa: PLR0124  NaN
    return min(0.0, max(float(value), _LEAST_LOGPROB)) if known else _LEAST_LOGPROB


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
