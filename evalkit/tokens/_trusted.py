# SPDX-License-Identifier: Apache-2.0
"""Which texts the fast engine may count: a cheap test that never says yes to one it gets wrong.

Against 5.4 million strings per encoding toktok-rs 0.3.0 differs from tiktoken 0.14 in two ways
only (November 2026): the long s after an apostrophe (`'ſ` folds to `'s`), and characters that are
letters since Unicode 17 alone. So a text is not trusted if it holds U+017F, a surrogate, or any
character that Unicode 14 did not know: that covers also whatever later versions of either engine
learn, since what is assigned keeps its kind. Most texts pass; the others are merely slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["doubtful", "doubtful_ranges"]

_UNASSIGNED = Path(__file__).with_name("unassigned.txt")
_BATCH = 1 << 18  # characters that are looked up at a time: 1 MB of UTF-32


def doubtful_ranges() -> list[tuple[int, int]]:
    """First and last code point of each range that the fast engine is not trusted with."""
    lines = _UNASSIGNED.read_text(encoding="ascii").splitlines()
    pairs = (line.split("-") for line in lines if not line.startswith("#"))
    ranges = [(int(first, 16), int(last, 16)) for first, last in pairs]
    return sorted([*ranges, (0x017F, 0x017F), (0xD800, 0xDFFF)])


@cache
def _table() -> NDArray[np.bool_]:
    """Shape (0x110000,): whether a code point is doubtful."""
    import numpy as np

    table = np.zeros(0x110000, dtype=np.bool_)
    for first, last in doubtful_ranges():
        table[first : last + 1] = True
    return table


def _any_doubtful(text: str) -> bool:
    import numpy as np

    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    return bool(_table()[points].any())


def doubtful(texts: Sequence[str]) -> list[int]:
    """Indices of the texts that must go to the reference engine, ascending."""
    found: list[int] = []
    batch: list[int] = []
    size = 0
    for index, text in enumerate(texts):
        if text.isascii():
            continue
        batch.append(index)
        size += len(text)
        if size >= _BATCH:
            found += _among(texts, batch)
            batch, size = [], 0
    return found + _among(texts, batch)


def _among(texts: Sequence[str], indices: list[int]) -> list[int]:
    # One look at many texts together: nearly always there is nothing to find.
    if not indices or not _any_doubtful("".join([texts[i] for i in indices])):
        return []
    return [i for i in indices if _any_doubtful(texts[i])]
