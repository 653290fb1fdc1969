# SPDX-License-Identifier: Apache-2.0
"""What a split must know of each row, gathered in one pass: numbers and digests, no texts."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.example import Example, Message, canonical
from evalkit.core.location import Location
from evalkit.data.dates import microseconds
from evalkit.data.formats._layout import Layout
from evalkit.data.similarity import BINS, asked_text, prompt_key, said_key, said_text, sketches
from evalkit.data.split import MOST_LABELS, SHORT, categorical

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ASKED_BINS",
    "CONVERSATION",
    "NAMED",
    "NO_DATE",
    "Facts",
    "answer_of",
    "asks",
    "question_key",
    "value_at",
    "verdict_of",
]

CONVERSATION = "conversation"
NO_DATE = -(1 << 63)
NAMED = 20  # places that are kept to be named
ASKED_BINS = BINS // 4  # of the sketch of a question: every fourth

_BATCH = 1 << 18  # bytes of text that wait to be sketched together
_MOST_FIELDS = 200


def asks(messages: Iterable[Message]) -> bool:
    """Whether a user says something: rows that ask nothing are not alike for that."""
    return any(
        m.role == "user" and m.content and not (isinstance(m.content, str) and m.content.isspace())
        for m in messages
    )


def question_key(example: Example) -> int:
    """64 bits that are equal for rows that ask the same; a row that asks nothing is itself."""
    messages = example.messages
    return _key(example, messages, asks(messages))


def _key(example: Example, messages: Sequence[Message], asking: bool) -> int:
    digest = prompt_key(messages) if asking else example.digest
    return int.from_bytes(digest[:8], "big")


def value_at(example: Example, name: str) -> str | None:
    """What a row says under a name: a field, a column, a key of `metadata`, or a dotted key.

    Args:
        example: A row that is not broken.
        name: Such as "lang" or "meta.conversation.id"; numbers count list items from 0.

    Returns:
        Text, number or truth value as text, anything else as JSON; None where there is nothing, or
        an empty text.
    """
    found: Any = example.fields.get(name.lower())
    if found is None:
        found = example.value
        for step in name.split(".") if not (isinstance(found, dict) and name in found) else [name]:
            if isinstance(found, Mapping):
                found = found.get(step)
            elif isinstance(found, list) and step.isascii() and step.isdigit():
                found = found[int(step)] if int(step) < len(found) else None
            else:
                return None
    if isinstance(found, str):
        return found.strip() or None
    return None if found is None else canonical(found).decode("utf-8", "replace")


class Facts:
    """Columns of n rows: 24 bytes a row, and 88 more where near duplicates are looked for.

    Args:
        by: "label", "none" or the name of a field.
        group: Name of the field by which rows belong together.
        date: Name of the field that says when a row is from.
        near: Whether to sketch the texts.

    Attributes:
        keys: `question_key` of each row.
        names: Labels, in the order in which they came; see `label_codes`.
        fields: Names of fields that rows have, to suggest one.
        undated: Places of the first rows without a readable date.
        without_date: How many there are.
        unreadable: What one of them has instead, or "".
        found: Which of the names of fields that were asked for some row has.
    """

    def __init__(self, *, by: str, group: str | None, date: str | None, near: bool) -> None:
        self._by, self._group, self._date, self._near = by, group, date, near
        self.keys = array("Q")
        self.names: dict[str, int] = {}
        self.fields: set[str] = set()
        self.undated: list[Location] = []
        self.without_date = 0
        self.unreadable = ""
        self.found: set[str] = set()
        self._labels = array("i")
        self._counts: Counter[str] = Counter()
        self._labelled = by != "none"
        self._groups = array("Q")
        self._openings = array("Q")
        self._dates = array("q")
        self._answers = array("Q")
        self._said, self._asked = bytearray(), bytearray()
        self._waiting: list[tuple[bytes, bytes]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, example: Example) -> None:
        """Take a row that is not broken."""
        messages = example.messages
        asking = asks(messages)
        self.keys.append(_key(example, messages, asking))
        if self._labelled:
            self._add_label(example, messages)
        if self._group is not None:
            self._groups.append(self._digest_at(example, self._group))
            if self._group == CONVERSATION:
                first = next((m for m in example.messages if m.role == "user"), None)
                opening = said_key(first)[0] if first is not None and first.text else b""
                self._openings.append(int.from_bytes(opening[:8], "big"))
        if self._date is not None:
            self._add_date(example, self._date)
        if self._near:
            self._add_text(messages, asking)
        if (self._group or self._date or self._by not in {"label", "none"}) and (
            len(self.fields) < _MOST_FIELDS
        ):
            self.fields.update(example.fields)

    def _add_label(self, example: Example, messages: Sequence[Message]) -> None:
        if self._by == "label":
            label = verdict_of(example) or _last_answer(messages).strip()
            if len(label) > SHORT or len(self.names) > MOST_LABELS:  # then they are no labels
                self._labelled = False
                self.names.clear()
                return
        else:
            label = value_at(example, self._by) or ""
            if label:
                self.found.add(self._by)
        self._labels.append(self.names.setdefault(label, len(self.names)))
        self._counts[label] += 1

    def _digest_at(self, example: Example, name: str) -> int:
        value = value_at(example, name)
        if value is None:
            return 0
        self.found.add(name)
        return _digest(value.encode("utf-8", "surrogatepass"))

    def _add_date(self, example: Example, name: str) -> None:
        value = value_at(example, name)
        when = None if value is None else microseconds(value)
        if value is not None:
            self.found.add(name)
        if when is None:
            self.without_date += 1
            self.unreadable = self.unreadable or (value or "")[:64]
            if len(self.undated) < NAMED:
                self.undated.append(example.location)
        self._dates.append(NO_DATE if when is None else when)

    def _add_text(self, messages: Sequence[Message], asking: bool) -> None:
        answer = _last_answer(messages)
        long = len(answer) > SHORT
        self._answers.append(_digest(answer.encode("utf-8", "surrogatepass")) if long else 0)
        if asking:
            both = said_text(messages), asked_text(messages) if long else b""
        else:
            both = b"", b""
        self._waiting.append(both)
        self._size += len(both[0])
        if self._size > _BATCH:
            self._sketch()

    def _sketch(self) -> None:
        if not self._waiting:
            return
        said, asked = zip(*self._waiting, strict=True)
        made = sketches(said)
        made[[not text for text in said]] = 0  # no grams: like no other
        if any(asked) or self._asked:
            self._asked += bytes(len(self._said) // BINS * ASKED_BINS - len(self._asked))
            self._asked += sketches(asked)[:, :: BINS // ASKED_BINS].tobytes()
        self._said += made.tobytes()
        self._waiting, self._size = [], 0

    def label_codes(self) -> tuple[NDArray[np.int64], list[str]]:
        """Label of each row as an index into the sorted names: one empty name where there is none.

        Answers are labels where they look like it: `categorical`.
        """
        import numpy as np

        if not self._labelled or (self._by == "label" and not categorical(self._counts)):
            return np.zeros(len(self), np.int64), [""]
        names = sorted(self.names)
        rank = np.empty(len(names), np.int64)
        rank[[self.names[name] for name in names]] = np.arange(len(names))
        return rank[np.frombuffer(self._labels, np.int32)], names

    def key_column(self) -> NDArray[np.uint64]:
        """`keys` as an array, shape (n,)."""
        import numpy as np

        return np.frombuffer(self.keys, np.uint64) if self.keys else np.zeros(0, np.uint64)

    def group_column(self) -> NDArray[np.uint64]:
        """Equal for rows that belong together by their field, 0 for none, shape (n,)."""
        import numpy as np

        column = self._groups
        if self._group == CONVERSATION and CONVERSATION not in self.found:
            column = self._openings
        return np.frombuffer(column, np.uint64) if column else np.zeros(len(self), np.uint64)

    def date_column(self) -> NDArray[np.int64]:
        """Microseconds since 1970 in UTC, `NO_DATE` for none, shape (n,)."""
        import numpy as np

        return np.frombuffer(self._dates, np.int64)

    def texts(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint64]]:
        """What near duplicates are told by.

        Returns:
            Sketches of what is said, shape (n, 64), bins of sketches of what is asked, (n, 16), and
            digests of long answers, 0 for short ones, (n,).
        """
        import numpy as np

        self._sketch()
        said = np.frombuffer(self._said, np.uint8).reshape(-1, BINS)
        asked = np.frombuffer(self._asked, np.uint8).reshape(-1, ASKED_BINS)
        if not len(asked):  # no long answer: a row of zeros for all
            asked = np.broadcast_to(np.zeros(ASKED_BINS, np.uint8), (len(said), ASKED_BINS))
        return said, asked, np.frombuffer(self._answers, np.uint64)


def verdict_of(example: Example) -> str:
    """What a row of single answers says of its own: "good" or "bad"; "" where it says nothing."""
    layout = example.format
    if not (isinstance(layout, Layout) and layout.judged):
        return ""
    verdict = layout.conversation(example.value).verdict
    return "" if verdict is None else "good" if verdict else "bad"


def answer_of(example: Example) -> str:
    """The text of the last message, where the assistant says it; else the empty string."""
    return _last_answer(example.messages)


def _last_answer(messages: Sequence[Message]) -> str:
    last = messages[-1] if messages else None
    return last.text if last is not None and last.role == "assistant" else ""


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big") or 1
