# SPDX-License-Identifier: Apache-2.0
"""Token counts of OpenAI's encodings: exactly tiktoken's on every string, without the network."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.errors import UsageError
from evalkit.core.registry import suggestion

__all__ = ["ENCODINGS", "canonical_name", "count"]

# A name and the encoding that counts the same: special tokens play no part in counts.
ENCODINGS = {
    "r50k_base": "r50k_base",
    "gpt2": "r50k_base",
    "p50k_base": "p50k_base",
    "p50k_edit": "p50k_base",
    "cl100k_base": "cl100k_base",
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
}


def canonical_name(encoding: str) -> str:
    """The encoding that counts the same as the one named.

    Raises:
        UsageError: No such encoding.
    """
    try:
        return ENCODINGS[encoding]
    except KeyError:
        known = sorted(ENCODINGS)
        raise UsageError(
            f"no encoding named `{encoding}`{suggestion(encoding, known)}",
            f"known: {', '.join(known)}",
        ) from None


def count(texts: Sequence[str], encoding: str, *, threads: int = 1) -> list[int]:
    """Tokens of each text, `len(tiktoken.encode(text, disallowed_special=()))`.

    The text of special tokens counts as the ordinary text that it is in training data; lone
    surrogates count as U+FFFD, as in tiktoken.

    Args:
        texts: Any strings.
        encoding: A name in `ENCODINGS`.
        threads: Native threads of the fast engine; 0 = one per core.

    Returns:
        Tokens, in the order of the texts.

    Raises:
        UsageError: No such encoding.
        InputError: The ranks of this installation are missing or damaged.
    """
    from evalkit.tokens import _tiktoken, _toktok, _trusted

    name = canonical_name(encoding)
    if not _toktok.usable(name):
        return _tiktoken.count(texts, name)
    slow = _trusted.doubtful(texts)
    if not slow:
        return _toktok.count(texts, name, threads=threads)
    counted = [0] * len(texts)
    for index, tokens in zip(slow, _tiktoken.count([texts[i] for i in slow], name), strict=True):
        counted[index] = tokens
    left = set(slow)
    fast = [i for i in range(len(texts)) if i not in left]
    fast_counts = _toktok.count([texts[i] for i in fast], name, threads=threads)
    for index, tokens in zip(fast, fast_counts, strict=True):
        counted[index] = tokens
    return counted
