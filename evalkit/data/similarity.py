# SPDX-License-Identifier: Apache-2.0
"""When two examples ask the same, or say nearly the same.

Near is told by sketches: one permutation of MinHash (Li, Owen, Zhang 2012, "One permutation
hashing", NIPS) over the 8-grams of the bytes, in 64 bins of one byte each (Li, König 2010, "b-bit
minwise hashing", WWW). Byte grams, because words would see a Chinese sentence as one of them.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from evalkit.core.example import Message, canonical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "BINS",
    "NEAR",
    "alike",
    "asked_text",
    "earliest_alike",
    "prompt_key",
    "resemblance",
    "said_key",
    "said_text",
    "sketches",
]

BINS = 64  # bytes of a sketch
NEAR = 0.7  # estimated share of common 8-grams from which two texts are nearly the same

_INSTRUCTIONS = ("system", "developer")
_GRAM = 8
_BAND = 4  # bins that must all agree for two texts to be compared: 16 bands
_FELLOWS = 8  # texts of a band's bucket that each other one is compared with
_LONGEST = 1 << 20  # bytes of a text that are looked at
_STEP = 1 << 14  # grams at a time: what fits the processor's cache
_PAIRS = 1 << 13  # at a time: what fits the processor's cache
_AT_ONCE = 1 << 18  # pairs that are made together
_MOST_PAIRS = 1 << 21  # of texts of large buckets in one band
_NOTHING = 0xFFFFFFFF


def prompt_key(messages: Iterable[Message]) -> bytes:
    """16 bytes that are equal for conversations that ask the same.

    What is asked is the text of all messages but the assistant's and the instructions (system,
    developer), compatibility-normalised (NFKC), case-folded, with runs of blanks as one. Images
    and other parts count as they are. A conversation without a question is its whole self.
    """
    known = list(messages)
    asked = [m for m in known if m.role != "assistant" and m.role not in _INSTRUCTIONS]
    digest = hashlib.blake2b(digest_size=16)
    for message in asked:
        digest.update(_plain(message.text))
        if isinstance(message.content, list):
            for part in message.content:
                if not (isinstance(part, dict) and isinstance(part.get("text"), str)):
                    digest.update(b"\x1e" + canonical(part))
        digest.update(b"\x1f")
    if not asked:
        digest.update(b"\x1d" + canonical([[m.role, m.content] for m in known]))
    return digest.digest()


def said_key(message: Message) -> tuple[bytes, int]:
    """16 bytes that are equal for messages of the same text, and how long that is.

    Returns:
        The digest of the normalised text, and its length in bytes of UTF-8.
    """
    text = _plain(message.text)
    return hashlib.blake2b(text, digest_size=16).digest(), len(text)


def said_text(messages: Iterable[Message]) -> bytes:
    """What is said in a conversation, for comparing: all but the instructions, normalised.

    Questions alone would make most tool dialogs alike, so answers, calls and results count too.
    """
    said = []
    for message in messages:
        if message.role in _INSTRUCTIONS:
            continue
        said.append(_plain(message.text))
        calls = map(message.value.get, ("tool_calls", "function_call"))
        said.extend(canonical(call) for call in calls if call)
    return b"\x1f".join(said)


def asked_text(messages: Iterable[Message]) -> bytes:
    """What is asked in a conversation, for comparing: no answers, no instructions, normalised."""
    asked = (m for m in messages if m.role != "assistant" and m.role not in _INSTRUCTIONS)
    return b"\x1f".join(_plain(message.text) for message in asked)


def _plain(text: str) -> bytes:
    if text.isascii():  # the usual case: nothing to normalise
        return " ".join(text.lower().split()).encode()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(folded.split()).encode("utf-8", "surrogatepass")


def sketches(texts: Sequence[bytes]) -> NDArray[np.uint8]:
    """One row of 64 bytes for each text; texts with many common 8-grams have many equal bytes.

    Args:
        texts: Normalised; the first MiB of each counts.

    Returns:
        Shape (n, 64). A bin into which no gram fell is 0, another one 1 to 255.
    """
    import numpy as np

    cut = [text[:_LONGEST].ljust(_GRAM, b"\0") for text in texts]
    lengths = np.fromiter(map(len, cut), np.int64, len(cut))
    least = np.full((len(cut) + 1) * BINS, _NOTHING, np.uint32)  # the last 64: grams across texts
    if cut:
        joined = b"".join(cut)
        grams = np.ndarray(len(joined) - _GRAM + 1, "<u8", joined, strides=(1,))
        slots = np.repeat(np.arange(0, len(cut) * BINS, BINS, dtype=np.uint64), lengths)
        for start in np.cumsum(lengths)[:-1].tolist():
            slots[start - _GRAM + 1 : start] = len(cut) * BINS
        for start in range(0, len(grams), _STEP):
            mixed = grams[start : start + _STEP] * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(32)
            mixed *= np.uint64(0xD6E8FEB86659FD93)
            slot = mixed >> np.uint64(58)
            slot += slots[start : start + len(mixed)]
            mixed >>= np.uint64(26)
            np.minimum.at(least, slot.view(np.int64), mixed.astype(np.uint32))
    made = np.where(least == _NOTHING, 0, least % 255 + 1).astype(np.uint8)
    return made[:-BINS].reshape(len(cut), BINS)


def earliest_alike(
    rows: NDArray[np.uint8], held: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """For each text the first one that it nearly repeats.

    Args:
        rows: Sketches in the order of the texts, shape (n, 64).
        held: Which of them are held out; then the others are compared with these alone.

    Returns:
        Shape (n,): the least index of a text before it (of a held-out text, wherever it stands)
        with an estimated resemblance of `NEAR` and more among those that it was compared with;
        -1 where there is none.
    """
    import numpy as np

    first = np.full(len(rows), len(rows), np.int64)
    for band in range(0, BINS, _BAND):
        keys = np.ascontiguousarray(rows[:, band : band + _BAND]).view("<u4").ravel()
        for one, other in _candidates(keys, held):
            better = one < first[other]
            for at in range(0, int(better.sum()), _PAIRS):
                i, j = one[better][at : at + _PAIRS], other[better][at : at + _PAIRS]
                near = resemblance(rows.take(i, axis=0), rows.take(j, axis=0)) >= NEAR
                np.minimum.at(first, j[near], i[near])
    first[first == len(rows)] = -1
    return first


def alike(
    rows: NDArray[np.uint8],
    held: NDArray[np.bool_] | None = None,
    *,
    groups: NDArray[np.int64] | None = None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Pairs of texts that are nearly the same, of those that `earliest_alike` compares.

    Args:
        rows: Sketches in the order of the texts, shape (n, 64).
        held: Which of them are held out; then the others are compared with these alone.
        groups: Pairs of one group are left out, shape (n,). It may change on the way.

    Yields:
        The first and the second of some pairs and their estimated resemblance, shape (k,) each; a
        pair may come again.
    """
    import numpy as np

    for band in range(0, BINS, _BAND):
        keys = np.ascontiguousarray(rows[:, band : band + _BAND]).view("<u4").ravel()
        for one, other in _candidates(keys, held):
            i, j = one, other
            if groups is not None:
                apart = groups[one] != groups[other]
                i, j = one[apart], other[apart]
            spans = [slice(at, at + _PAIRS) for at in range(0, len(i), _PAIRS)]
            if spans:
                found = np.concatenate(
                    [resemblance(rows.take(i[s], axis=0), rows.take(j[s], axis=0)) for s in spans]
                )
                near = found >= NEAR
                if near.any():
                    yield i[near], j[near], found[near]


def _candidates(
    keys: NDArray[np.uint32], held: NDArray[np.bool_] | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs (earlier or held out, later) of texts that share a band.

    Templated sets have buckets of thousands, so each text meets the first few of its bucket and
    the few before it, not all: 8 each, fewer where more than 131,072 texts have so many before
    them. What stands in a small bucket always meets all of it.
    """
    import numpy as np

    order = _sorted(keys, held)
    ordered = keys[order]
    new = np.ones(len(keys), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    place = np.arange(len(keys), dtype=np.int32)
    start = np.maximum.accumulate(np.where(new, place, np.int32(0)))
    alone = new & np.append(new[1:], True)
    place = place[~alone & (ordered != 0)]  # 0: no gram in the whole band
    del new, alone, ordered
    start = start[place]
    after = place - start  # how many of its bucket come before it
    crowd = after > _FELLOWS
    fellows = max(1, min(_FELLOWS, _MOST_PAIRS // (2 * int(crowd.sum()) or 1)))
    for step in range(_FELLOWS):
        fits = after > step if step < fellows else (after > step) & ~crowd
        yield from _pairs(order, start[fits] + step, place[fits], held)
    if held is None:
        for step in range(1, fellows + 1):
            fits = crowd & (after - step >= fellows)
            yield from _pairs(order, place[fits] - step, place[fits], None)


def _sorted(keys: NDArray[np.uint32], held: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    """Places by key, held-out ones first, else in their order."""
    import numpy as np

    if held is None:
        return np.argsort(keys, kind="stable").astype(np.int32)
    both = (keys.astype(np.uint64) << np.uint64(1)) | ~held
    return np.argsort(both, kind="stable").astype(np.int32)


def _pairs(
    order: NDArray[np.int32],
    one: NDArray[np.int32],
    other: NDArray[np.int32],
    held: NDArray[np.bool_] | None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    import numpy as np

    for at in range(0, len(one), _AT_ONCE):
        i, j = order[one[at : at + _AT_ONCE]], order[other[at : at + _AT_ONCE]]
        if held is not None:
            across = held[i] & ~held[j]
            i, j = i[across], j[across]
        if len(i):
            yield i.astype(np.int64), j.astype(np.int64)


def resemblance(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Estimated Jaccard similarity of the sets of 8-grams, row by row, in [0, 1].

    Args:
        one: Sketches, or the same bins of them all, shape (n, bins), a multiple of 8 bins.
        other: Those to compare them with, shape (n, bins).

    Returns:
        Shape (n,); 0 where neither has a gram.
    """
    import numpy as np

    equal = _true(one == other, one != 0)
    filled = _true((one | other) != 0)
    share: NDArray[np.float64] = equal / np.maximum(filled, 1)
    return share


def _true(marks: NDArray[np.bool_], also: NDArray[np.bool_] | None = None) -> NDArray[np.uint64]:
    """How many of each row are true (in both); at most 248 a row.

    The truth values are added as 8 bytes at a time, then the bytes by a multiplication: short rows
    make `sum(axis=1)` six times as slow.
    """
    import numpy as np

    if also is not None:
        marks &= also
    words = np.einsum("ij->i", np.ascontiguousarray(marks).view(np.uint64))
    counts: NDArray[np.uint64] = (words * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return counts
