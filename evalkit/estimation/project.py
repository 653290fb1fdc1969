# SPDX-License-Identifier: Apache-2.0
"""From examples and a model to tokens, epochs, steps and money. No clock, no screen, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.estimation.billing import Bill, bill
from evalkit.estimation.cost import Cost, cost
from evalkit.estimation.epochs import Epochs, automatic, given
from evalkit.targets.load import ModelCard
from evalkit.tokens.chat import Layout, layouts
from evalkit.tokens.plain import plain_layouts

__all__ = ["Estimate", "LongRow", "estimate"]

_FALLBACK = "o200k_base"  # of every OpenAI model since 2024
_BATCH_BYTES = 1 << 20
_SAID = frozenset({"text", "refusal"})  # parts with one of these are counted
_SHOWN = 20  # rows that are kept by name; the counts are complete


@dataclass(frozen=True, slots=True)
class LongRow:
    """An example that the model's training limit cuts.

    Attributes:
        location: Where it stands.
        tokens: Billed tokens if nothing were cut.
        lost: Tokens of its answers that are cut off.
    """

    location: Location
    tokens: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a training job on some files means.

    Attributes:
        files: Path and number of counted examples of each, in the order given.
        examples: Their sum.
        billed_per_epoch: Tokens as OpenAI bills them.
        cookbook_per_epoch: Tokens as the cookbook's script estimates them.
        loss_per_epoch: Tokens that the loss is computed on.
        epochs: With the reason.
        batch_size: As given; None = the provider's choice, which it does not publish.
        steps: Optimiser steps, epochs x ceil(examples / batch size); None without a batch size.
        cost: Of all epochs; None where no price is known.
        model: What is trained.
        encoding: What counted.
        formats: Names of the layouts met, most frequent first.
        longest: Billed tokens of the longest example, nothing cut off.
        over_long: Examples that are cut.
        cut_rows: The first of them.
        lost: Answer tokens that are cut off, per epoch.
        with_tools: Examples with tool definitions, whose tokens are right within 2 % only.
        with_media: Examples with images, audio or files, whose tokens are not counted.
        left_out: Records without a conversation: not counted.
        left_out_rows: The first of them.
    """

    files: tuple[tuple[str, int], ...]
    examples: int
    billed_per_epoch: int
    cookbook_per_epoch: int
    loss_per_epoch: int
    epochs: Epochs
    batch_size: int | None
    steps: int | None
    cost: Cost | None
    model: ModelCard
    encoding: str
    formats: tuple[str, ...]
    longest: int
    over_long: int
    cut_rows: tuple[LongRow, ...]
    lost: int
    with_tools: int
    with_media: int
    left_out: int
    left_out_rows: tuple[Location, ...]

    @property
    def billed_tokens(self) -> int:
        """Over all epochs."""
        return self.billed_per_epoch * self.epochs.number

    @property
    def cookbook_tokens(self) -> int:
        """Over all epochs."""
        return self.cookbook_per_epoch * self.epochs.number


def estimate(
    rows: Iterable[Example],
    *,
    model: ModelCard,
    epochs: int | None = None,
    batch_size: int | None = None,
    paths: Sequence[str] = (),
) -> Estimate:
    """Tokens, epochs, steps and money of a job; rows are read once and not kept.

    Args:
        rows: Examples of the training files; records without a conversation are counted apart.
        model: What is trained.
        epochs: None = OpenAI's automatic rule.
        batch_size: None = not known: then steps are not.
        paths: Files to name even if they have no example.
    """
    sums = _Sums(model, paths)
    for batch in _batches(rows):
        sums.add(batch)
    chosen = automatic(sums.examples) if epochs is None else given(epochs)
    steps = None if batch_size is None else chosen.number * -(-sums.examples // batch_size)
    return Estimate(
        files=tuple(sums.files.items()),
        examples=sums.examples,
        billed_per_epoch=sums.billed,
        cookbook_per_epoch=sums.cookbook,
        loss_per_epoch=sums.learned,
        epochs=chosen,
        batch_size=batch_size,
        steps=steps,
        cost=cost(sums.billed * chosen.number, model.training),
        model=model,
        encoding=sums.encoding,
        formats=tuple(sorted(sums.formats, key=lambda name: (-sums.formats[name], name))),
        longest=sums.longest,
        over_long=sums.over_long,
        cut_rows=tuple(sums.cut_rows),
        lost=sums.lost,
        with_tools=sums.with_tools,
        with_media=sums.with_media,
        left_out=sums.left_out,
        left_out_rows=tuple(sums.left_out_rows),
    )


def _batches(rows: Iterable[Example]) -> Iterator[list[Example]]:
    batch: list[Example] = []
    size = 0
    for example in rows:
        batch.append(example)
        size += len(example.raw)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    yield batch


class _Sums:
    """What one pass over the rows adds up."""

    def __init__(self, model: ModelCard, paths: Sequence[str]) -> None:
        self.encoding = model.encoding or _FALLBACK
        self.plain = model.methods == ("completion",)
        self.limit = model.training_limit
        self.files = dict.fromkeys(paths, 0)
        self.formats: dict[str, int] = {}
        self.examples = self.billed = self.cookbook = self.learned = 0
        self.longest = self.over_long = self.lost = self.left_out = 0
        self.with_tools = self.with_media = 0
        self.cut_rows: list[LongRow] = []
        self.left_out_rows: list[Location] = []

    def add(self, batch: Sequence[Example]) -> None:
        counted: list[Example] = []
        for example in batch:
            self.files.setdefault(example.location.source, 0)
            if example.broken is None and example.messages:
                counted.append(example)
                continue
            if example.broken is not None and example.broken.kind == "blank":
                continue  # no record at all
            self.left_out += 1
            if len(self.left_out_rows) < _SHOWN:
                self.left_out_rows.append(example.location)
        rows = [_chat(example) for example in counted]
        self.with_tools += sum(1 for _, tools in rows if tools)
        self.with_media += sum(map(_has_media, counted))
        found = self._layouts(rows)
        for example, layout in zip(counted, found, strict=True):
            self._one(example, bill(layout, self.limit))

    def _layouts(self, rows: list[_Row]) -> list[Layout]:
        if self.plain:
            return plain_layouts([messages for messages, _ in rows], encoding=self.encoding)
        return layouts(rows, encoding=self.encoding)

    def _one(self, example: Example, one: Bill) -> None:
        self.files[example.location.source] += 1
        if example.format is not None:
            name = example.format.name
            self.formats[name] = self.formats.get(name, 0) + 1
        self.examples += 1
        self.billed += one.billed
        self.cookbook += one.cookbook
        self.learned += one.learned
        self.longest = max(self.longest, one.whole.billed)
        if self.limit is not None and one.whole.billed > self.limit:
            self.over_long += 1
            self.lost += one.lost
            if len(self.cut_rows) < _SHOWN:
                self.cut_rows.append(LongRow(example.location, one.whole.billed, one.lost))


_Row = tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


def _chat(example: Example) -> _Row:
    tools = getattr(example.format, "tools", None)  # layouts of plug-ins may have none
    defined = tools(example.value) if tools is not None else ()
    return [message.value for message in example.messages], defined


def _has_media(example: Example) -> bool:
    lists = (m.content for m in example.messages if isinstance(m.content, list))
    return any(
        isinstance(part, Mapping) and not _SAID.intersection(part)
        for parts in lists
        for part in parts
    )
