# SPDX-License-Identifier: Apache-2.0
"""What models can do and what a suite needs of them, compared before anything is spent."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["CAPABILITIES", "missing"]

# Name to what a message calls it. Every provider declares which of them it has.
CAPABILITIES = {
    "logprobs": "log probabilities",
    "tools": "tools",
    "seed": "a seed",
    "batch": "batches",
    "response_format": "a response format",
    "system": "system messages",
}


def missing(needed: Collection[str], provided: Collection[str]) -> list[str]:
    """What is needed and not provided, in words, in the order of `CAPABILITIES`.

    Args:
        needed: Names of `CAPABILITIES`.
        provided: Likewise; `Provided.capabilities`.

    Raises:
        KeyError: A name that is none: a mistake in the caller.
    """
    for name in needed:
        CAPABILITIES[name]
    absent = set(needed) - set(provided)
    return [words for name, words in CAPABILITIES.items() if name in absent]
