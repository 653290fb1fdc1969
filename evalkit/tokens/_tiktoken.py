# SPDX-License-Identifier: Apache-2.0
"""The reference engine: OpenAI's tiktoken, built from our ranks, never from the network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from evalkit.tokens.ranks import read

if TYPE_CHECKING:
    from tiktoken import Encoding

__all__ = ["count", "encoding_named"]

# How tiktoken 0.14 cuts text before it merges bytes (tiktoken_ext/openai_public.py, MIT); a test
# compares. They are kept here because that module can only be asked with a download.
_GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_R50K_SIZE = 50_256  # r50k_base is the first 50,256 ranks of p50k_base; sha256 says the same

# `\s+(?!\S)` fails in tiktoken from a million blanks on ("Max stack size exceeded", openai/tiktoken
# issue 15); the class is `\s` of its regex, which is not Python's (that has U+001C to U+001F).
_LONG = 500_000
_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LONG_RUN = re.compile(f"[{_SPACE}]{{{_LONG},}}")


@cache
def encoding_named(name: str) -> Encoding:
    """The tiktoken encoding of that name; special tokens play no part in counts and have none."""
    from tiktoken import Encoding

    base = "p50k_base" if name == "r50k_base" else name
    ranks = read(base)
    if name == "r50k_base":
        ranks = {token: rank for token, rank in ranks.items() if rank < _R50K_SIZE}
    pattern = {"cl100k_base": _CL100K, "o200k_base": _O200K}.get(name, _GPT2)
    return Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def count(texts: Sequence[str], name: str) -> list[int]:
    """Tokens of each text, as `len(tiktoken.encode(text, disallowed_special=()))`.

    Equal texts of one call are counted once: system prompts and roles repeat.
    """
    encoding = encoding_named(name)
    known: dict[str, int] = {}
    for text in texts:
        if text not in known:
            known[text] = _count_one(text, encoding)
    return [known[text] for text in texts]


def _count_one(text: str, encoding: Encoding) -> int:
    if len(text) < _LONG:
        return len(encoding.encode_ordinary(text))
    shortened, difference = _without_long_runs(text, encoding)
    return len(encoding.encode_ordinary(shortened)) + difference


def _without_long_runs(text: str, encoding: Encoding) -> tuple[str, int]:
    r"""The text with every long run of blanks cut to two, and the tokens that this took away.

    What the three patterns do with the tail of a run (for cl100k and o200k: the part after its
    last line end; for the older ones all of it) is the same for every length from two on: before a
    non-blank `\s+(?!\S)` makes one piece of all but the last, at the end of the text one piece of
    all. So only that piece's own tokens change, and they can be counted without the pattern.
    """
    parts: list[str] = []
    difference = position = 0
    for match in _LONG_RUN.finditer(text):
        run = match.group()
        start = match.start()
        if encoding.name in {"cl100k_base", "o200k_base"}:
            start += max(run.rfind("\n"), run.rfind("\r")) + 1
        tail = text[start : match.end()]
        last = match.end() == len(text)
        if len(tail) < _LONG:
            continue
        if last and encoding.name != "o200k_base":
            continue  # `\s++$` takes the run whole and does not fail
        piece, left = (tail, tail[:2]) if last else (tail[:-1], tail[:1] + tail[-1])
        short = left if last else left[:-1]
        parts += [text[position:start], left]
        position = match.end()
        difference += _merged(piece, encoding) - _merged(short, encoding)
    return "".join((*parts, text[position:])), difference


def _merged(piece: str, encoding: Encoding) -> int:
    return len(encoding._encode_single_piece(piece))  # noqa: SLF001 - the public ones all cut first
