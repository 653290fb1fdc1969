# SPDX-License-Identifier: Apache-2.0
"""Which encoding a file has, and why we think so."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.data.everyday import EVERYDAY

__all__ = ["Encoding", "detect", "named"]

_BLOCK = 1 << 18
_WHOLE = 16 << 20  # files up to this size are looked at whole, larger ones in places
_PLACES = 16
_KEPT = 1 << 18  # bytes of lines that are no UTF-8, kept to guess from

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file become text.

    Attributes:
        name: As shown: "utf-8", "gb18030", "big5", "windows-1252", "utf-16-le", ...
        codec: Python's codec; a superset of `name` where one exists.
        bom: Whether the file begins with a byte-order mark.
        evidence: Why, one line.
    """

    name: str
    codec: str
    bom: bool = False
    evidence: str = ""

    @property
    def mark(self) -> int:
        """Length of the byte-order mark in bytes."""
        return next((len(m) for m, name in _BOMS if name == self.name), 0) if self.bom else 0

    @property
    def wide(self) -> bool:
        """Whether a line break is more than one byte."""
        return self.codec.startswith(("utf-16", "utf-32"))


_ALIASES = {
    "gbk": ("gb18030", "gb18030"),
    "gb2312": ("gb18030", "gb18030"),
    "cp936": ("gb18030", "gb18030"),
    "utf-8-sig": ("utf-8", "utf-8"),
    "big5": ("big5", "cp950"),
    "cp950": ("big5", "cp950"),
    "cp1252": ("windows-1252", "cp1252"),
    "utf-16": ("utf-16-le", "utf-16-le"),
    "utf-32": ("utf-32-le", "utf-32-le"),
}


def named(name: str, head: bytes) -> Encoding:
    """The encoding that the user asked for.

    Raises:
        UsageError: Python knows no text encoding of that name.
    """
    try:
        codec = codecs.lookup(name).name
        b"x".decode(codec, "replace")  # refuses codecs that are no text, such as base64
    except (LookupError, ValueError) as error:
        raise UsageError(
            f"no encoding named `{excerpt(name, 40)}`",
            "such as utf-8, gb18030, big5, windows-1252, utf-16",
        ) from error
    shown, codec = _ALIASES.get(codec, (codec, codec))
    if shown == "utf-16-le" and head.startswith(codecs.BOM_UTF16_BE):
        shown = codec = "utf-16-be"
    bom = any(head.startswith(mark) for mark, marked in _BOMS if marked == shown)
    return Encoding(shown, codec, bom=bom, evidence="as asked for")


def detect(stream: BinaryIO, size: int, *, seekable: bool = True) -> Encoding:
    """Tell the encoding from the bytes of a file.

    Args:
        stream: At its start; read to its end or in places.
        size: Bytes in it, as far as known.
        seekable: Whether places can be sought (not in archives).
    """
    head = stream.read(_BLOCK)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, name, bom=True, evidence="it begins with a byte-order mark")
    if wide := _wide(head):
        return wide
    seen = _Seen()
    for block in _blocks(stream, head, size, seekable=seekable):
        seen.add(block)
    if seen.bad > seen.good and not _surrogates_only(seen.kept):
        return _legacy(b"\n".join(seen.kept))
    return Encoding("utf-8", "utf-8", evidence=seen.words())


@dataclass(slots=True)
class _Seen:
    """Lines beyond ASCII: how many are UTF-8, how many are not, and some of the latter."""

    looked: int = 0
    good: int = 0
    bad: int = 0
    kept: list[bytes] = field(default_factory=list)

    def add(self, block: bytes) -> None:
        self.looked += len(block)
        if block.isascii():
            return
        try:
            block.decode()
        except UnicodeDecodeError:
            for line in block.split(b"\n"):
                self._add_line(line)
        else:
            self.good += 1 + block.count(b"\n")

    def _add_line(self, line: bytes) -> None:
        if line.isascii():
            return
        try:
            line.decode()
        except UnicodeDecodeError:
            self.bad += 1
            if sum(map(len, self.kept)) < _KEPT:
                self.kept.append(line[:_KEPT])
        else:
            self.good += 1

    def words(self) -> str:
        if self.bad:
            return f"{self.good} lines with letters beyond ASCII are valid, {self.bad} are not"
        what = "valid" if self.good else "no byte above 127"
        return f"{what} in the {self.looked:,} bytes looked at"


def _blocks(stream: BinaryIO, head: bytes, size: int, *, seekable: bool) -> Iterator[bytes]:
    """Pieces of the file that begin and end at line breaks; whole, or in places if it is large."""
    rest = head
    if size <= _WHOLE or not seekable:
        left = _WHOLE
        while left > 0 and (block := stream.read(_BLOCK)):
            left -= len(block)
            rest += block
            cut = rest.rfind(b"\n") + 1
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
            elif len(rest) > 4 * _BLOCK:  # one huge line: look at it in pieces, cut edges may lie
                yield _whole_characters(rest)
                rest = b""
        yield rest if left > 0 else _whole_characters(rest)
        return
    yield rest[: rest.rfind(b"\n") + 1] or _whole_characters(rest)
    for place in range(1, _PLACES + 1):
        stream.seek((size - _BLOCK) * place // _PLACES)
        block = stream.read(_BLOCK)
        start, end = block.find(b"\n") + 1, block.rfind(b"\n") + 1
        yield block[start:end]


def _whole_characters(piece: bytes) -> bytes:
    """Without the bytes of a UTF-8 character that a cut went through, at either end."""
    start = 0
    while start < min(3, len(piece)) and 0x80 <= piece[start] < 0xC0:
        start += 1
    end = len(piece)
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            end = len(piece) - back if back < needed else end
            break
        if byte < 0x80:
            break
    return piece[start:end]


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: the high bytes of its ASCII are zero, always on the same side."""
    sides = head[::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(sides) * 8 < len(head) // 2 or min(sides) * 20 > max(sides):
        return None
    name = "utf-16-be" if sides[0] > sides[1] else "utf-16-le"
    try:
        text = head[: len(head) // 2 * 2].decode(name, "surrogatepass")
    except UnicodeDecodeError:
        return None
    if text.count("\0") * 10 > len(text):
        return None
    return Encoding(name, name, evidence="every second byte of its ASCII characters is zero")


def _surrogates_only(kept: list[bytes]) -> bool:
    """Whether the lines are UTF-8 but for halves of surrogate pairs, as JavaScript may leave."""
    try:
        b"\n".join(kept).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _legacy(sample: bytes) -> Encoding:
    """The likeliest encoding of lines that are no UTF-8."""
    readings = [_Chinese.of(sample, *names) for names in (_GB, _BIG5)]
    best = max(readings, key=lambda one: (one.everyday, one.usual))
    if best.everyday >= _EVERYDAY:
        why = f"not UTF-8; as {best.name}, {best.everyday:.0%} are everyday Chinese characters"
        return Encoding(best.name, best.codec, evidence=why)
    if (latin := _latin(sample)) >= 0.75:
        why = f"not UTF-8; as windows-1252, {latin:.0%} are letters and signs between ASCII"
        return Encoding("windows-1252", "cp1252", evidence=why)
    # A few rare words, names perhaps. More text than that would have everyday characters in it.
    rare = max(readings, key=lambda one: one.usual)
    if rare.usual >= 0.75 and rare.wide < _FEW:
        why = f"not UTF-8; as {rare.name}, {rare.usual:.0%} are characters of its first part"
        return Encoding(rare.name, rare.codec, evidence=why)
    import charset_normalizer

    if best_guess := charset_normalizer.from_bytes(sample).best():
        guess = best_guess.encoding.replace("_", "-")
        name, codec = _ALIASES.get(guess, (guess, guess))
        return Encoding(name, codec, evidence="not UTF-8; charset-normalizer's best guess")
    if rare.usual > 0.4:
        return Encoding(rare.name, rare.codec, evidence="not UTF-8; a guess")
    return Encoding("windows-1252", "cp1252", evidence="not UTF-8; nothing fits better")


_GB = ("gb18030", "gb18030")
_BIG5 = ("big5", "cp950")
_EVERYDAY = 0.3  # of Chinese text it is four fifths, of other bytes a twentieth
_FEW = 40


class _Chinese(NamedTuple):
    """What some bytes are when they are taken for Chinese.

    Attributes:
        name: Of the encoding.
        codec: Python's.
        wide: Characters beyond ASCII.
        everyday: Share of them that are among the most frequent ones; 0 if undecodable.
        usual: Share of them whose two bytes lie where the usual ones do; 0 if undecodable.
    """

    name: str
    codec: str
    wide: int
    everyday: float
    usual: float

    @classmethod
    def of(cls, sample: bytes, name: str, codec: str) -> _Chinese:
        try:
            text = sample.decode(codec)
        except UnicodeDecodeError as error:
            text = sample[: error.start].decode(codec, "ignore")
            if error.start < len(sample) * 0.9:
                return cls(name, codec, 0, 0.0, 0.0)
        wide = [c for c in text if ord(c) > 127]
        if not wide:
            return cls(name, codec, 0, 0.0, 0.0)
        common = _common_gb if codec == "gb18030" else _common_big5
        usual = 0
        for character in wide:
            pair = character.encode(codec)
            usual += len(pair) == 2 and pair[0] in common and pair[1] >= 0x40
            if codec == "gb18030" and len(pair) == 2 and pair[0] in common and pair[1] < 0xA1:
                usual -= 1  # GBK's rare rows: in Big5 text they are everywhere
        count = len(wide)
        everyday = sum(character in EVERYDAY for character in wide)
        return cls(name, codec, count, everyday / count, usual / count)


_common_gb = range(0xA1, 0xD8)  # signs, and the 3,755 hanzi of GB 2312's first level
_common_big5 = range(0xA1, 0xC7)  # signs, and the 5,401 hanzi of Big5's first level

_LATIN_SIGNS = frozenset("\xa0€…‘’“”•–—™¡£§©ª«®°²³´µ·¹º»¼½¾¿ŒœŠšŽžŸ†‡¢¥".encode("cp1252"))


def _latin(sample: bytes) -> float:
    """Share of the high bytes that are Latin letters or usual signs, at most three in a row."""
    high = usual = 0
    for match in _HIGH.finditer(sample):
        run = match.group()
        high += len(run)
        if len(run) <= 3:
            usual += sum((b >= 0xC0 and b not in _TIMES) or b in _LATIN_SIGNS for b in run)
    return usual / high if high else 0.0


_HIGH = re.compile(rb"[\x80-\xff]+")
_TIMES = b"\xd7\xf7"  # the signs of multiplication and division, between the letters
