# SPDX-License-Identifier: Apache-2.0
"""What a file of `proposals/` is made of: it looks at pairs and says what to do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from evalkit.core.registry import find, names
from evalkit.data.split import categorical
from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import Kind

__all__ = ["Facts", "Pair", "Pairs", "Proposal", "Proposer", "proposal", "proposers"]

Task = Literal["open-ended", "classification", "conditional"]


class Pair(NamedTuple):
    """One row.

    Attributes:
        prompt: May be empty.
        completion: What is to be learned.
        line: Physical line of the input (row of a sheet), 1-based.
    """

    prompt: str
    completion: str
    line: int


@dataclass(slots=True)
class Facts:
    """What reading found that rows alone do not show.

    Attributes:
        container: "jsonl", "csv", ...
        encoding: "utf-8", ...
        renamed: Name in the file to "prompt" or "completion", where they differ.
        dropped: Names of other columns and keys, to the number of rows that have them.
        mended: Lines that are no JSON and surely mean a row, to what is wrong with them.
        spelled: Lines with a number or truth value where text belongs.
        set_aside: Lines that cannot be used, and why, in English and Chinese.
        lost: What the layout of the input holds and prompts and completions cannot, to its rows.
        layout: The layout of the input, where it was another.
    """

    container: str = "jsonl"
    encoding: str = "utf-8"
    renamed: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    mended: dict[int, Phrase] = field(default_factory=dict)
    spelled: list[int] = field(default_factory=list)
    set_aside: dict[int, Phrase] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    layout: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The rows as the proposals before have left them.

    Attributes:
        rows: In the order of the input.
        facts: Of the reading; the same for every proposal.
        keep: Which of equal rows stays.
    """

    rows: Sequence[Pair]
    facts: Facts
    keep: Literal["first", "last"] = "first"

    @property
    def prompts(self) -> list[str]:
        """Shape (n,)."""
        return [row.prompt for row in self.rows]

    @property
    def completions(self) -> list[str]:
        """Shape (n,)."""
        return [row.completion for row in self.rows]

    @property
    def task(self) -> Task:
        """What seems to be trained, by the legacy tool's measure (openai 0.28.1).

        Prompts that are all empty are free generation; fewer different completions than a third of
        the rows are labels. Completions as long as sentences are none, however often they repeat.
        """
        if not any(row.prompt for row in self.rows):
            return "open-ended"
        answers = self.completions
        few = len(set(answers)) * 3 < len(answers)
        if few and (categorical(answers) or len(set(answers)) == 1):
            return "classification"
        return "conditional"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one file of the folder has to say.

    Attributes:
        kind: As in `plan.Step`.
        what: What was found.
        mend: What `rows` does.
        lines: The rows that it is about; empty = all, or none in particular.
        rows: The rows with it done; None where there is nothing to do.
    """

    kind: Kind
    what: Phrase
    mend: Phrase | None = None
    lines: Sequence[int] = ()
    rows: Callable[[Sequence[Pair]], list[Pair]] | None = None


@dataclass(frozen=True, slots=True)
class Proposer:
    """A proposal's file.

    Attributes:
        name: As `--skip` takes it.
        place: When it looks: each sees what those before it did.
        does: In a few words, for `--help`.
        propose: Looks at the rows; None = nothing to say.
    """

    name: str
    place: int
    does: Phrase
    propose: Callable[[Pairs], Proposal | None]


def proposal(
    place: int, *, en: str, zh: str
) -> Callable[[Callable[[Pairs], Proposal | None]], Proposer]:
    """Makes a function of that name a proposer."""

    def made(function: Callable[[Pairs], Proposal | None]) -> Proposer:
        return Proposer(function.__name__.replace("_", "-"), place, Phrase(en, zh), function)

    return made


@cache
def proposers() -> Mapping[str, Proposer]:
    """Name to proposer, in the order in which they look."""
    found = [find("proposals", name) for name in names("proposals")]
    return {one.name: one for one in sorted(found, key=lambda one: (one.place, one.name))}
