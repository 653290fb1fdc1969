# SPDX-License-Identifier: Apache-2.0
"""Which side of a rater's sheet a model stands on: told by a key, never by a name.

Each row carries `evalkit2.<seed>.<pair>.<slot>.<answers>.<id>`. The seed and the id decide the
side, the pair is a hash of the two models and `answers` one of what was shown: whoever has the run
can tell them, and no rater can by looking. The id stands in it once more because spreadsheet
programs take `12e45` for a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

__all__ = ["Key", "answers_digest", "pair_digest", "read_key", "swapped"]

_KEY = re.compile(
    r"evalkit2\.([0-9a-f]{1,16})\.([0-9a-f]{8})\.([A12=])\.([0-9a-f]{8})\.(.+)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Key:
    """What a row of a sheet is about.

    Attributes:
        seed: Of the sheet, >= 0.
        pair: Of the models, as `pair_digest` gives it.
        slot: "A" for a row that compares two answers; "1" or "2" for one answer of the pair, "="
            for one that both models gave.
        answers: Of the texts that were rated, as `answers_digest` gives it.
        id: Of the question.
    """

    seed: int
    pair: str
    slot: str
    answers: str
    id: str

    def __str__(self) -> str:
        return f"evalkit2.{self.seed:x}.{self.pair}.{self.slot}.{self.answers}.{self.id}"


def read_key(text: str) -> Key | None:
    """The key of a cell; None where it is none."""
    found = _KEY.fullmatch(text.strip())
    if found is None:
        return None
    return Key(int(found[1], 16), found[2], found[3], found[4], found[5])


def swapped(seed: int, question: str) -> bool:
    """Whether the base comes first (as A, or as answer 1) for that question."""
    return bool(_hash(f"side\0{seed}\0{question}", 1)[0] & 1)


def pair_digest(seed: int, candidate: str, base: str | None) -> str:
    """Of the two models (one: base is None), in that order, 8 characters."""
    return _hash(f"pair\0{seed}\0{candidate}\0{'' if base is None else base}", 4).hex()


def answers_digest(seed: int, *texts: str) -> str:
    """Of what was rated, 8 characters: a pair's answers, the candidate's first, or one answer.

    Blanks at the ends do not count: nobody sees them.
    """
    shown = (text.strip() for text in texts)
    return _hash("\0".join(("answers", str(seed), *shown)), 4).hex()


def _hash(text: str, size: int) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
