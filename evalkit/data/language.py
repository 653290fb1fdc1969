# SPDX-License-Identifier: Apache-2.0
"""Which language a text is in, as far as its letters tell: cheap enough for every text of a file.

Chinese, Japanese and Korean have letters of their own; elsewhere the script is all that is said,
since English and French are written with the same letters. Ranges: Unicode 15.1, Blocks.txt and
Scripts.txt (unicode.org, looked at 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LANGUAGES", "LOOKED_AT", "languages"]

LOOKED_AT = 2_000  # characters of a text, from its beginning
_BATCH = 1 << 20  # characters that are looked up at a time

# The first two are told from each other by their share of kana.
_SCRIPTS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "zh": ((0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
           (0x20000, 0x323AF)),
    "ja": ((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF),
           (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    "ko": ((0x1100, 0x11FF), (0x3131, 0x318E), (0xA960, 0xA97C), (0xAC00, 0xD7A3),
           (0xFFA1, 0xFFDC)),
    "latin": ((0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0xD6), (0xD8, 0xF6),
              (0xF8, 0x2AF), (0x1E00, 0x1EFF), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A)),
    "cyrillic": ((0x400, 0x481), (0x48A, 0x52F), (0x1C80, 0x1C88), (0xA640, 0xA69D)),
    "greek": ((0x370, 0x373), (0x376, 0x377), (0x386, 0x386), (0x388, 0x3FF), (0x1F00, 0x1FFC)),
    "arabic": ((0x620, 0x64A), (0x66E, 0x6D3), (0x6FA, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8C9),
               (0xFB50, 0xFDFB), (0xFE70, 0xFEFC)),
    "hebrew": ((0x5D0, 0x5F2), (0xFB1D, 0xFB4F)),
    "devanagari": ((0x904, 0x963), (0x971, 0x97F)),
    "thai": ((0xE01, 0xE30), (0xE32, 0xE46)),
    "other": ((0x531, 0x587), (0x710, 0x74F), (0x980, 0xDFF), (0xE81, 0xEC6), (0xF40, 0xFBC),
              (0x1000, 0x10FF), (0x1200, 0x167F), (0x1780, 0x18AA)),
}  # fmt: skip
_NAMES = ("", *_SCRIPTS)  # 0 is no letter
_ZH, _JA, _KO, _LATIN = range(1, 5)
LANGUAGES = (*_SCRIPTS, "mixed", "none")

_DENSE = 3  # letters of the Latin alphabet that say as much as one Han character
_KANA = 0.1  # share of kana among Han and kana from which a text is Japanese
_LATIN_SHARE = 0.7  # names and code are Latin everywhere: half is not enough


def languages(texts: Sequence[str]) -> list[str]:
    """One of `LANGUAGES` for each text.

    "zh" is Han without kana; "mixed" has no script with most of the letters (a Han, Kana or Hangul
    character counts as three Latin letters, and Latin must have 70 % of all); "none" has no letter.

    Args:
        texts: The first `LOOKED_AT` characters of each count.
    """
    found: list[str] = []
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text[:LOOKED_AT])
        size += len(batch[-1])
        if size >= _BATCH:
            found += _of_batch(batch)
            batch, size = [], 0
    return found + _of_batch(batch)


def _of_batch(texts: Sequence[str]) -> list[str]:
    import numpy as np

    found = ["none"] * len(texts)
    asked = []
    for index, text in enumerate(texts):
        if not text.isascii():
            asked.append(index)
        elif any(map(str.isalpha, text)):  # stops at the first letter
            found[index] = "latin"
    if not asked:
        return found
    joined = "".join([texts[index] for index in asked]).encode("utf-32-le", "surrogatepass")
    scripts = _table()[np.frombuffer(joined, dtype="<u4")]
    lengths = np.fromiter((len(texts[index]) for index in asked), np.int64, len(asked))
    owners = np.repeat(np.arange(len(asked)), lengths)
    width = len(_NAMES)
    counts = np.bincount(owners * width + scripts, minlength=len(asked) * width)
    for index, row in zip(asked, counts.reshape(len(asked), width).tolist(), strict=True):
        found[index] = _told(row)
    return found


def _told(counts: list[int]) -> str:
    """The language of a text with that many letters of each script."""
    han, kana = counts[_ZH], counts[_JA]
    weights = [0, *counts[1:]]
    weights[_ZH], weights[_JA], weights[_KO] = _DENSE * (han + kana), 0, _DENSE * counts[_KO]
    total = sum(weights)
    if not total:
        return "none"
    first = max(range(len(weights)), key=weights.__getitem__)
    if weights[first] < total * (_LATIN_SHARE if first == _LATIN else 0.5):
        return "mixed"
    if first == _ZH and kana >= _KANA * (han + kana):
        return "ja"
    return _NAMES[first]


@cache
def _table() -> NDArray[np.uint8]:
    """Shape (0x110000,): the script of each code point, as an index of `_NAMES`."""
    import numpy as np

    table = np.zeros(0x110000, dtype=np.uint8)
    for number, name in enumerate(_NAMES[1:], 1):
        for first, last in _SCRIPTS[name]:
            table[first : last + 1] = number
    return table
