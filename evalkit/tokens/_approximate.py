# SPDX-License-Identifier: Apache-2.0
"""Counts of tokenizers that are not at hand: from exact counts, and from what the text is of.

Vocabularies differ by script: a tokenizer that shares its English merges with cl100k may write
Korean in half the tokens. So a text is cut into plain ASCII and runs of other scripts; each is
counted exactly by encodings that are at hand, and weighed as was measured for that script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from evalkit.tokens.encodings import count as exact
from evalkit.tokens.families import Family

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ENCODINGS", "KINDS", "count", "cut", "features", "weights_of"]

ENCODINGS = ("cl100k_base", "o200k_base")  # that runs of other scripts are counted by

# Kinds of characters that vocabularies treat apart, first and last code points. What is in none of
# them is "other": symbols, emoji, scripts of fewer writers.
KINDS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "space": ((0x20, 0x20),),
    "break": ((0x09, 0x0D),),
    "digit": ((0x30, 0x39),),
    "mark": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "capital": ((0x41, 0x5A),),
    "letter": ((0x61, 0x7A),),
    "wide": ((0x2010, 0x2027), (0x3000, 0x303F), (0xFF01, 0xFF65)),  # marks of Chinese and Japanese
    "other": (),
    "latin": ((0xC0, 0x24F), (0x1E00, 0x1EFF)),
    "greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "cyrillic": ((0x400, 0x52F),),
    "hebrew": ((0x590, 0x5FF),),
    "arabic": ((0x600, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE)),
    "indic": ((0x900, 0xDFF),),
    "southeast": ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF)),
    "hangul": ((0x1100, 0x11FF), (0xAC00, 0xD7AF)),
    "kana": ((0x3040, 0x30FF),),
    "han": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
}
_NAMES = tuple(KINDS)
_WIDE, _OTHER, _KANA = (_NAMES.index(name) for name in ("wide", "other", "kana"))
_BATCH = 1 << 20  # characters that are looked up at a time

# A run with the blank before it, which tokenizers join to it. A word of Latin letters is whole: its
# ASCII letters belong to it. (The look back keeps the search linear on a word that never ends.)
_LATIN = "\u00c0-\u024f\u1e00-\u1eff"
_RUN = re.compile(rf" ?+(?<![A-Za-z])[A-Za-z]*+[{_LATIN}][A-Za-z{_LATIN}]*+|(?: ?[^\x00-\x7f]++)++")
_FIGURE = re.compile("[0-9]{1,3}")  # what cl100k and o200k make one token


def cut(text: str) -> tuple[list[str], list[str]]:
    """The plain ASCII parts of a text, and its runs of other scripts."""
    if text.isascii():
        return [text], []
    return [part for part in _RUN.split(text) if part], _RUN.findall(text)


@cache
def _table() -> NDArray[np.uint8]:
    """Shape (0x110000,): the number of the kind of each code point."""
    import numpy as np

    table = np.full(0x110000, _OTHER, dtype=np.uint8)
    for number, ranges in enumerate(KINDS.values()):
        for first, last in ranges:
            table[first : last + 1] = number
    return table


def _kinds(texts: Sequence[str]) -> NDArray[np.int64]:
    """Shape (texts, kinds): how many characters of each kind are in each text."""
    import numpy as np

    found = np.zeros((len(texts), len(KINDS)), dtype=np.int64)
    start = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH or index == len(texts) - 1:
            part = texts[start : index + 1]
            joined = "".join(part).encode("utf-32-le", "surrogatepass")
            kinds = _table()[np.frombuffer(joined, dtype="<u4")].astype(np.int64)
            owner = np.repeat(np.arange(len(part)), [len(one) for one in part])
            counted = np.bincount(owner * len(KINDS) + kinds, minlength=len(part) * len(KINDS))
            found[start : index + 1] = counted.reshape(len(part), len(KINDS))
            start, size = index + 1, 0
    return found


def _script_of(kinds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Shape (runs,): the script of each run: its most frequent, but kana make it Japanese."""
    import numpy as np

    scripts = kinds[:, _OTHER + 1 :]
    neither = np.where(kinds[:, _WIDE] > kinds[:, _OTHER], _WIDE, _OTHER)
    found = np.where(scripts.any(axis=1), scripts.argmax(axis=1) + _OTHER + 1, neither)
    return np.where(kinds[:, _KANA] > 0, _KANA, found)


def features(texts: Sequence[str], plain: str, *, threads: int = 1) -> NDArray[np.float64]:
    """What a count is made of.

    Args:
        texts: Any strings.
        plain: The encoding that counts the parts in ASCII.
        threads: Native threads of the fast engine; 0 = one per core.

    Returns:
        Shape (texts, 2 + 3 x kinds): tokens of the ASCII parts; figures of up to three digits; then
        for each kind its characters, and the tokens of its runs in each of `ENCODINGS`.
    """
    import numpy as np

    parts: list[str] = []
    runs: list[str] = []
    part_owner: list[int] = []
    run_owner: list[int] = []
    for index, text in enumerate(texts):
        some, others = cut(text)
        parts += some
        runs += others
        part_owner += [index] * len(some)
        run_owner += [index] * len(others)
    size = len(KINDS)
    made = np.zeros((len(texts), 2 + 3 * size))
    np.add.at(made[:, 0], part_owner, exact(parts, plain, threads=threads))
    made[:, 1] = [len(_FIGURE.findall(text)) for text in texts]
    made[:, 2 : 2 + size] = _kinds(texts)
    if runs:
        scripts = _script_of(_kinds(runs))
        for number, encoding in enumerate(ENCODINGS, 1):
            counts = exact(runs, encoding, threads=threads)
            columns = 2 + number * size + scripts
            np.add.at(made, (np.array(run_owner), columns), np.array(counts, dtype=np.float64))
    return made


def count(texts: Sequence[str], family: Family, *, threads: int = 1) -> list[int]:
    """Approximate tokens of each text.

    Args:
        texts: Any strings.
        family: Whose.
        threads: Native threads of the fast engine; 0 = one per core.

    Returns:
        Whole numbers; at least 1 for a text that is not empty, at most its bytes of UTF-8.
    """
    import numpy as np

    if not texts:
        return []
    weights = np.array(weights_of(family))
    about = np.rint(features(texts, family.plain, threads=threads) @ weights).astype(np.int64)
    most = [len(text.encode("utf-8", "surrogatepass")) for text in texts]
    return [max(min(size, 1), min(size, int(n))) for n, size in zip(about, most, strict=True)]


def weights_of(family: Family) -> list[float]:
    """The family's numbers in the order of the features."""
    by_kind = [family.scripts.get(kind, {}) for kind in KINDS]
    return [
        family.weight,
        family.figure,
        *(one.get(part, 0.0) for part in ("character", *ENCODINGS) for one in by_kind),
    ]
