# SPDX-License-Identifier: Apache-2.0
"""Tokens of the rows of a set for many jobs at once: one pass, each tokenizer counting once.

Memory does not grow with the rows: sums, exact histograms, and the first or longest few by name.
"""

from __future__ import annotations

from collections import Counter as Frequencies
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.printable import printable
from evalkit.estimation.billing import Bills, Terms
from evalkit.estimation.facts import Counting, Job
from evalkit.estimation.laying import laid_out, price_of, with_images
from evalkit.estimation.sequences import Sequences, Wanted, sequences
from evalkit.estimation.sums import Sums
from evalkit.targets.card import ImageRule
from evalkit.tokens.layout import Layout
from evalkit.tokens.tokenizer import Tokenizer, tokenizer

__all__ = ["Counted", "Counter", "counting_of", "of_one_method"]

_FALLBACK = "o200k_base"  # of every OpenAI model since 2024
_BATCH_BYTES = 1 << 20
_SHOWN = 20  # rows that are kept by name; the counts are complete
_KIND = {"preference": "preference", "rft": "rft"}  # rows of all others train alike


class Counted(NamedTuple):
    """What was counted for one job.

    Attributes:
        rows: Of the files.
        sums: Tokens, nothing cut off.
        bills: What of them is billed and learned.
        counting: What counted.
    """

    rows: Rows
    sums: Sums
    bills: Bills
    counting: Counting


class Rows:
    """What there is in the files, whoever trains on it.

    Attributes:
        files: Path to counted examples.
        formats: Name of a layout to examples.
        examples: That hold a conversation.
        left_out: Records that hold none.
        left_out_rows: The first of them.
        methods: Path to what its examples are for by their layouts, to their number.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.files = dict.fromkeys(paths, 0)
        self.methods: dict[str, Frequencies[str]] = {}
        self.formats: Frequencies[str] = Frequencies()
        self.examples = self.left_out = 0
        self.left_out_rows: list[Location] = []

    def take(self, batch: Sequence[Example], read: Sequence[Sequences | None]) -> None:
        """Count records, each with what is trained on in it; blank lines are no records."""
        files = self.files
        for example, one in zip(batch, read, strict=True):
            source = example.location.source
            if one is not None:
                files[source] = files.get(source, 0) + 1
                continue
            files.setdefault(source, 0)
            if example.broken is None or example.broken.kind != "blank":
                self.left_out += 1
                if len(self.left_out_rows) < _SHOWN:
                    self.left_out_rows.append(example.location)
        counted = [(e, e.format) for e, one in zip(batch, read, strict=True) if one and e.format]
        self.examples += len(counted)
        self.formats.update([layout.name for _, layout in counted])
        for (path, method), number in Frequencies(
            [(example.location.source, layout.method) for example, layout in counted]
        ).items():
            self.methods.setdefault(path, Frequencies())[_KIND.get(method, "sft")] += number

    def method_of(self, path: str) -> str | None:
        """What most examples of a file are for; None without examples."""
        found = self.methods.get(path)
        return max(sorted(found), key=lambda method: found[method]) if found else None


class _Key(NamedTuple):
    """Whatever differs in these is counted apart."""

    wanted: Wanted
    tokenizer: str
    images: ImageRule | None

    @classmethod
    def of(cls, job: Job) -> _Key:
        card = job.model
        wanted = Wanted(
            method=job.method,
            completes="completion" in card.methods,
            plain=card.methods == ("completion",),
        )
        name = job.tokenizer or card.encoding or card.tokenizer or _FALLBACK
        return cls(wanted, name, card.images)


@dataclass(frozen=True, slots=True)
class _Group:
    sums: Sums
    bills: dict[Terms, Bills]


class Counter:
    """Counts rows for some jobs.

    Attributes:
        rows: What there is in the files.
    """

    def __init__(self, jobs: Iterable[Job], paths: Sequence[str] = ()) -> None:
        """Start empty.

        Args:
            jobs: To count for.
            paths: Files to name even if they have no example.

        Raises:
            UsageError: No such tokenizer.
            InputError: A tokenizer's file cannot be read.
            MissingExtraError: What reads it is not installed.
        """
        self.rows = Rows(paths)
        self._groups: dict[_Key, _Group] = {}
        self._tokenizers: dict[str, Tokenizer] = {}
        for job in jobs:
            key = _Key.of(job)
            counter = self._tokenizers.get(key.tokenizer)
            if counter is None:
                counter = self._tokenizers[key.tokenizer] = tokenizer(key.tokenizer)
            group = self._groups.setdefault(key, _Group(Sums(counter.frame), {}))
            terms = Terms.of(job)
            group.bills.setdefault(terms, Bills(terms))

    def take(self, rows: Iterable[Example]) -> None:
        """Count rows; they are read once and not kept."""
        for batch in _batches(rows):
            self._count(batch)

    def result(self, job: Job) -> Counted:
        """What was counted for one of the jobs."""
        key = _Key.of(job)
        group = self._groups[key]
        counting = counting_of(job, self._tokenizers[key.tokenizer])
        return Counted(self.rows, group.sums, group.bills[Terms.of(job)], counting)

    def _count(self, batch: Sequence[Example]) -> None:
        methods = {example.format.method for example in batch if example.format is not None}
        ways = {key: key.wanted.alike(methods) for key in self._groups}
        tokenizers = self._tokenizers
        if len({(ways[key], key.tokenizer) for key in self._groups}) > len(tokenizers):
            # Read in several ways, the same texts come again.
            tokenizers = {name: _remembering(one) for name, one in tokenizers.items()}
        readings: dict[Hashable, tuple[list[Location], list[Sequences]]] = {}
        laid: dict[tuple[Hashable, str], list[list[Layout]]] = {}
        for key, group in self._groups.items():
            way, name = ways[key], key.tokenizer
            if way not in readings:
                found = [sequences(example, key.wanted) for example in batch]
                if not readings:  # whatever is wanted, the same rows hold a conversation
                    self.rows.take(batch, found)
                both = zip(batch, found, strict=True)
                readings[way] = (
                    [example.location for example, one in both if one is not None],
                    [one for one in found if one is not None],
                )
            locations, read = readings[way]
            if (way, name) not in laid:
                laid[way, name] = laid_out(read, tokenizers[name])
            price = price_of(key.images)
            sides = [
                with_images(layouts_of, one, price) if one.images else layouts_of
                for one, layouts_of in zip(read, laid[way, name], strict=True)
            ]
            wholes = [[layout.tokens for layout in layouts_of] for layouts_of in sides]
            group.sums.take(locations, read, sides, wholes, price)
            for bills in group.bills.values():
                bills.take(locations, sides, wholes)


def of_one_method(training: Rows, validation: Rows | None = None) -> None:
    """Say that files are for different methods: their tokens would add up to no job's.

    Raises:
        UsageError: So it is.
    """
    files = [(path, training.method_of(path)) for path in training.files]
    if validation is not None:
        files += [(path, validation.method_of(path)) for path in validation.files]
    known = [(path, method) for path, method in files if method is not None]
    if len({method for _, method in known}) < 2:
        return
    named = ", ".join(f"{printable(path)} ({method})" for path, method in known)
    raise UsageError(
        f"the files are for different methods of training: {named}",
        f"estimate them apart, or say --method {known[0][1]} to count all rows as of one",
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


def _remembering(counter: Tokenizer) -> Tokenizer:
    """The same tokenizer, which counts each text of a batch once."""
    known: dict[str, int] = {}

    def counting(texts: Sequence[str], threads: int) -> list[int]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, counter.count(new, threads=threads), strict=True))
        return [known[text] for text in texts]

    return replace(counter, counting=counting)


def counting_of(job: Job, counter: Tokenizer) -> Counting:
    """How sure a job's counts are."""
    card = job.model
    known = bool(job.tokenizer or card.encoding or card.tokenizer)
    exact = known and counter.exact
    basis = counter.frame.basis
    if basis == "billed" and job.training.billing != "openai":
        basis = "assumed"  # found in OpenAI's bills, not in this provider's
    return Counting(
        tokenizer=counter.name,
        texts="exact" if exact else "approximate",
        error=None if exact else counter.error,
        frame=basis,
    )
