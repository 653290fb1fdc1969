# SPDX-License-Identifier: Apache-2.0
"""UTF-8 that was read as Latin-1 and its kin: ftfy decides and repairs.

The one judge for all rules that meet such characters: what is mojibake is `latin-mojibake`'s, and
neither a control character nor a zero-width one.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

__all__ = ["NEEDLES", "chinese", "holds_gbk", "unmangled"]


def _needles() -> tuple[bytes, ...]:
    """Bytes of which one stands in every text that `_may_be_bad`.

    A Latin letter with an accent needs another sign beside it, else every French row would be
    looked at; the rarer signs stand for themselves.
    """
    alone = [bytes([0xC2, low]) for low in range(0x80, 0xA0)] + [c.encode() for c in "ÂÃŒœ"]
    latin = [chr(code).encode() for code in range(0xA1, 0x180) if code != 0xB7]
    leads = [bytes([byte]) for byte in (*range(0xC2, 0xC7), *range(0xCB, 0xD3), 0xE2, 0xEF)]
    shared = [c.encode() for c in map(chr, (0xA0, 0xB7, 0x2122, *range(0x2013, 0x203B)))]
    pairs = [letter + lead for letter in latin for lead in leads]
    pairs += [sign + lead for sign in shared for lead in leads[:4]]
    others = [bytes([lead]) for lead in (0xCD, 0xCE, 0xCF, 0xD0, 0xD1)]
    others += [text.encode() for text in "\u0192\u0490\u0491\u2020\u2021\u2030\u2044\u20a7\u20ac"]
    others += [text.encode() for text in "\u2116\u2310\u25ca\ufb01\ufb02\uf8ff\ufffd"]
    others += [bytes([0xCB, low]) for low in range(0x86, 0x9E)]
    others += [b"\xe2\x88", b"\xe2\x89", b"\xe2\x94", b"\xe2\x95", b"\xe2\x96"]
    return (*alone, *pairs, *others)


NEEDLES = _needles()
_REACH = 6  # characters beside a pair that a pattern of seven may take
_MANY = 50  # places that are looked at one by one
_ALONE = "ÂÃŒœ"  # bad beside a blank, or anything


_CANDIDATE = (
    "\x80-\x9f\xa1-\xb6\xb8-\xff\u0100-\u017f\u0192\u02c6-\u02dd\u0370-\u045f\u0490\u0491"
    "\u2020\u2021\u2030\u2044\u20a7\u20ac\u2116\u2202-\u2265\u2310\u2500-\u259f\u25ca\ufb01"
    "\ufb02\ufffd"
)


@cache
def _candidate() -> re.Pattern[str]:
    """One of these stands in everything that ftfy calls bad (ftfy/badness.py, 6.3).

    A property test holds it. Punctuation that Chinese and English share with mojibake is not among
    them, so that most clean text never imports ftfy.
    """
    return re.compile(f"[{_CANDIDATE}]")


@cache
def _signs() -> frozenset[str]:
    """Everything that ftfy knows by its kind: the candidates, and punctuation that is shared."""
    shared = ["\xa0", "\xb7", "\u2122", "\uf8ff", *map(chr, range(0x2013, 0x203B))]
    return frozenset([*_candidate().findall("".join(map(chr, range(0x80, 0x10000)))), *shared])


@cache
def _floating() -> re.Pattern[str]:
    """A combining mark on nothing: `£` that became `Ì¼` on a Mac is mojibake, but not of this."""
    return re.compile("(?<![^\\W\\d_])(?<![\u0300-\u036f])[\u0300-\u036f]")


@cache
def _next_line() -> re.Pattern[str]:
    """U+0085 that is a line separator, and no part of a character in pieces."""
    return re.compile("(?<![\xc2-\xf4\x80-\xbf])\x85(?![\x80-\xbf])")


@lru_cache(maxsize=4)  # several rules ask about the same text, one after the other
def unmangled(text: str) -> str | None:
    """What the text was before it was read in the wrong encoding; None where it was not."""
    if not _may_be_bad(text):
        return None
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if (
        holds_gbk(text)
        or not is_bad(text)
        or ("\x85" in text and not is_bad(_next_line().sub("\n", text)))
    ):
        return None
    right: str = fix_encoding(text)
    return None if right == text or _floating().search(right) else right


def _may_be_bad(text: str) -> bool:
    """Whether ftfy may call the text bad; no false no.

    What it looks for is at most seven characters long, looks at nothing beside them but the
    beginning of the text, and holds two of its signs side by side, one of them a candidate, or one
    that is bad alone. Letters with accents stand between plain letters in clean text, and pass.
    """
    signs = _signs()
    done = number = 0
    for match in _candidate().finditer(text):
        at = match.start()
        if at < done:  # the last window has it
            continue
        alone = match.group() in _ALONE or match.group() < "\xa0"
        if not alone and text[at - 1 : at] not in signs and text[at + 1 : at + 2] not in signs:
            continue
        from ftfy.badness import is_bad  # costs 80 ms: only for text that may need it

        number += 1
        if number > _MANY:
            return is_bad(text[max(0, at - _REACH) :])
        done = at + 4 * _REACH
        if is_bad(text[max(0, at - _REACH) : done + _REACH]):
            return True
    return False


def chinese(text: str) -> int:
    """Characters that Chinese text is made of, its punctuation included."""
    return sum(
        "\u3400" <= c <= "\u9fff"
        or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c <= "\uffef"
        or c >= "\U00020000"
        for c in text
    )


# What windows-1252 makes of the bytes 0x80 to 0x9F.
_SIGNS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"


@cache
def _byte_run() -> re.Pattern[str]:
    return re.compile(f"[\x80-\xff{_SIGNS}]{{6,}}")


@cache
def _latin_run() -> re.Pattern[str]:
    return re.compile("[\x80-\xff]{6,}")


def holds_gbk(text: str) -> bool:
    """Whether there is GBK in it that was read as Latin-1: `cjk-mojibake` speaks of that."""
    return any(
        any(map(_is_gbk, _latin_run().findall(run))) and not _is_utf_8(run)
        for run in _byte_run().findall(text)
    )


def _is_gbk(run: str) -> bool:
    text = run.encode("latin-1").decode("gbk", "ignore")
    found = chinese(text)
    return found >= 0.8 * len(text) and 2 * found >= 0.8 * len(run)


def _is_utf_8(run: str) -> bool:
    """Whether it is UTF-8 that was read byte by byte, which may pass for rare words in GBK."""
    data = b"".join(c.encode("cp1252" if c in _SIGNS else "latin-1") for c in run)
    text = data.decode("utf-8", "ignore")
    share = len(text.encode()) / len(data)
    return share >= 0.9 or (share >= 0.6 and 2 * chinese(text) >= len(text))
