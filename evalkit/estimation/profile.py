# SPDX-License-Identifier: Apache-2.0
"""What a data set is made of, in one pass and with flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalkit.core.accumulators import Tally
from evalkit.core.example import Example
from evalkit.core.groups import Groups
from evalkit.core.printable import excerpt
from evalkit.core.secrets import quoted
from evalkit.data.conversation import Conversation, in_chat_terms
from evalkit.data.formats._layout import Layout, text_of
from evalkit.data.language import LANGUAGES, languages
from evalkit.data.similarity import prompt_key
from evalkit.estimation.profile_collect import (
    AnswerTally,
    ByRole,
    FieldTally,
    Instructions,
    Row,
    Shapes,
    calls_of,
)
from evalkit.estimation.profile_collect_some import (
    MediaTally,
    Thoughts,
    ToolTally,
    VerdictTally,
    WeightTally,
)
from evalkit.estimation.profile_counts import repeats, shares
from evalkit.estimation.profile_facts import File, Languages, Place, Profile, Rows, Tokens
from evalkit.estimation.profile_pairs import PairTally
from evalkit.estimation.profile_spread import Counted, spread

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["DEFAULT_ENCODING", "Profiler", "profile"]

DEFAULT_ENCODING = "o200k_base"

_BATCH_BYTES = 1 << 20  # of rows whose texts are counted together
_PLACES = 10


def profile(data: Iterable[Example], *, encoding: str | None = DEFAULT_ENCODING) -> Profile:
    """What a data set is made of.

    Args:
        data: Examples of one source, such as `evalkit.read(path)`.
        encoding: That tokens are counted in, a name in `tokens.encodings`; None = not at all.

    Raises:
        UsageError: No such encoding.
    """
    from evalkit.core.spill import spilling
    from evalkit.data.read import DataSet

    with spilling(None):
        profiler = Profiler(encoding=encoding)
        profiler.take(data)
        return profiler.result(data if isinstance(data, DataSet) else None)


class Profiler:
    """Takes rows and says what they are made of.

    Attributes:
        rows: Digests of the usable rows, with their places.
        questions: Digests of what they ask, likewise.
    """

    def __init__(self, *, encoding: str | None = DEFAULT_ENCODING, plain: bool = False) -> None:
        """Set out to count.

        Args:
            encoding: That tokens are counted in; None = they are not.
            plain: Whether a prompt and its completion are the whole text that a model sees.

        Raises:
            UsageError: No such encoding.
        """
        if encoding is not None:
            from evalkit.tokens.encodings import canonical_name

            canonical_name(encoding)
        self._encoding, self._plain = encoding, plain
        self._path = ""
        self._usable = self._unread = self._blank = 0
        self._broken: Tally[str] = Tally()
        self._places: list[Place] = []
        self._layouts: Tally[tuple[str, str]] = Tally()
        self._shapes, self._characters, self._system = Shapes(), ByRole(), Instructions()
        self._answers, self._tools, self._media = AnswerTally(), ToolTally(), MediaTally()
        self._weights, self._thoughts, self._verdicts = WeightTally(), Thoughts(), VerdictTally()
        self._pairs, self._fields = PairTally(), FieldTally()
        self._tokens = ByRole()
        self._cookbook: Tally[int] = Tally()
        self._learned: Tally[int] = Tally()
        self._asked: Tally[str] = Tally()
        self._answered: Tally[str] = Tally()
        self.rows, self.questions = Groups(), Groups()

    def take(self, data: Iterable[Example]) -> None:
        """Count these examples; may be called several times.

        Raises:
            InputError: The file is gone, or the disk has no room.
        """
        batch: list[Row] = []
        size = 0
        for example in data:
            row = self._usable_row(example)
            if row is None:
                continue
            self._one(row)
            batch.append(row)
            size += len(example.raw)
            if size >= _BATCH_BYTES:
                self._together(batch)
                batch, size = [], 0
        self._together(batch)

    def _usable_row(self, example: Example) -> Row | None:
        """The row, taken apart; None for one that only counts."""
        self._path = self._path or example.location.source
        if example.broken is not None:
            kind = example.broken.kind
            if kind == "blank":
                self._blank += 1
            else:
                self._broken.add(kind)
                self._place(example, kind)
            return None
        said = _conversation(example)
        if not said.messages:
            self._unread += 1
            self._place(example, "no-conversation")
            return None
        return _row(example, said)

    def _place(self, example: Example, why: str) -> None:
        if len(self._places) < _PLACES:
            self._places.append(Place(line=example.location.line, why=why))

    def _one(self, row: Row) -> None:
        """What is counted row by row."""
        self._usable += 1
        example = row.example
        if example.format is not None:
            self._layouts.add((example.format.name, example.format.method))
        lengths: list[int | None] = [len(text) for text in row.texts]
        self._characters.add(row.roles, _spoken(row, lengths), sum(map(len, row.texts)))
        for part in (
            self._shapes, self._system, self._answers, self._tools, self._media, self._weights,
            self._thoughts, self._verdicts, self._fields,
        ):  # fmt: skip
            part.add(row)
        self.rows.add(example.digest, example.location)
        self.questions.add(prompt_key(example.messages), example.location)

    def _together(self, batch: Sequence[Row]) -> None:
        """What is counted of many rows at once."""
        told = languages([text for row in batch for text in row.texts])
        at = 0
        for row in batch:
            for role, text in zip(row.roles, row.texts, strict=True):
                if text and role == "user":
                    self._asked.add(told[at])
                elif text and role == "assistant":
                    self._answered.add(told[at])
                at += 1
        self._count(batch)
        self._pairs.take([row.conversation for row in batch], self._encoding)

    def _count(self, batch: Sequence[Row]) -> None:
        """Tokens."""
        if self._encoding is None:
            return
        from evalkit.tokens.chat import layouts
        from evalkit.tokens.plain import plain_layouts

        if self._plain:
            said = [row.conversation.messages for row in batch]
            found = plain_layouts(said, encoding=self._encoding, threads=0)
        else:
            chat = [(row.conversation.messages, row.conversation.tools) for row in batch]
            found = layouts(chat, encoding=self._encoding, threads=0)
        for row, layout in zip(batch, found, strict=True):
            tokens = layout.tokens
            self._tokens.add(row.roles, [span.said for span in layout.messages], tokens.billed)
            self._cookbook.add(tokens.cookbook)
            self._learned.add(tokens.learned)

    def result(self, data: DataSet | None = None, path: str | None = None) -> Profile:
        """What was found.

        Args:
            data: Where the rows were read, for what is said of the file.
            path: What to call it; None = as its rows say.
        """
        rows = self._usable
        layout, method = self._layout(data)
        return Profile(
            path=path or (data.path if data is not None else self._path),
            file=None if data is None else _file(data),
            layout=layout,
            method=method,
            rows=self._rows(),
            conversations=self._shapes.result(rows),
            characters=self._characters.lengths(),
            tokens=self._token_lengths(),
            languages=Languages(
                questions=_by_language(self._asked), answers=_by_language(self._answered)
            ),
            answers=self._answers.result(),
            system=self._system.result(rows),
            tools=self._tools.result(),
            media=self._media.result(),
            weights=self._weights.result(),
            reasoning=self._thoughts.result(),
            pairs=self._pairs.result(),
            verdicts=self._verdicts.result(),
            grader_fields=self._fields.keys(rows),
            repeated_rows=repeats(self.rows),
            repeated_questions=repeats(self.questions),
            fields=self._fields.result(rows),
        )

    def _layout(self, data: DataSet | None) -> tuple[str | None, str | None]:
        if self._layouts.counts:
            return self._layouts.items()[0][0]
        return (data.format if data is not None else None), None

    def _rows(self) -> Rows:
        broken = self._broken.total()
        return Rows(
            records=self._usable + self._unread + broken,
            usable=self._usable,
            broken=broken,
            unread=self._unread,
            blank=self._blank,
            broken_by_kind=shares(self._broken.items(), broken),
            places=tuple(self._places),
        )

    def _token_lengths(self) -> Tokens | None:
        example, learned = spread(self._tokens.example.counts), spread(self._learned.counts)
        cookbook = spread(self._cookbook.counts)
        if self._encoding is None or example is None or learned is None or cookbook is None:
            return None
        return Tokens(
            encoding=self._encoding,
            form="plain" if self._plain else "chat",
            example=example,
            cookbook=cookbook,
            learned=learned,
            roles=self._tokens.roles(),
        )


def _conversation(example: Example) -> Conversation:
    """All that a row says; of layouts of plug-ins, what their view gives."""
    layout, value = example.format, example.value
    if isinstance(layout, Layout) and isinstance(value, Mapping):
        if layout.read is not None:
            return layout.read(value)
        # The view is kept by the example, and asked for the question, too.
        tools = tuple(layout.tools(value))
        return Conversation(messages=tuple(map(in_chat_terms, example.messages)), tools=tools)
    return Conversation(messages=tuple(map(in_chat_terms, example.messages)))


def _row(example: Example, said: Conversation) -> Row:
    roles: list[str] = []
    texts: list[str] = []
    rich: list[int] = []
    for index, message in enumerate(said.messages):
        role: Any = message.get("role")
        content: Any = message.get("content")
        roles.append(role if isinstance(role, str) else "")
        if type(content) is str:
            texts.append(content)
            if len(message) > 2:
                rich.append(index)
        else:
            texts.append(text_of(message))
            rich.append(index)
    return Row(example, said, roles, texts, rich)


def _spoken(row: Row, lengths: list[int | None]) -> list[int | None]:
    """The lengths, without those of messages that call a tool and say nothing."""
    for index in row.rich:
        if not lengths[index] and calls_of(row.conversation.messages[index]):
            lengths[index] = None
    return lengths


def _by_language(tally: Tally[str]) -> tuple[Counted, ...]:
    items: Iterator[tuple[str, int]] = (
        (name, tally.counts[name])
        for name in sorted(
            tally.counts, key=lambda name: (-tally.counts[name], LANGUAGES.index(name))
        )
    )
    return shares(items, tally.total())


def _file(data: DataSet) -> File:
    return File(
        container=data.container,
        encoding=data.encoding,
        packing=data.packing,
        bytes=data.size,
        sheet=None if data.sheet is None else excerpt(data.sheet),
        columns={role: quoted(header) for role, header in data.columns.items()},
    )
