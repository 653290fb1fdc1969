# SPDX-License-Identifier: Apache-2.0
"""Rows as tokens, by the model's own chat template, and which of them are learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.rows import Talk

__all__ = ["Encoded", "Encoder", "Row", "encoded", "with_heads"]


class Render(Protocol):
    """Messages as text by the chat template; `opened`: with the start of an answer."""

    def __call__(self, messages: Sequence[dict[str, str]], *, opened: bool) -> str:
        """The text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """What of a tokenizer is needed.

    Attributes:
        render: Messages as text.
        tokens: Ids of a text in which special tokens are such.
        end: The special token that ends an answer.
    """

    render: Render
    tokens: Callable[[str], list[int]]
    end: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row.

    Attributes:
        tokens: Ids, up to the last one that is learned.
        learned: Indices of those that are learned, ascending; at least one, none of them 0.
        system: The system message that it begins with; None = it has none.
    """

    tokens: tuple[int, ...]
    learned: tuple[int, ...]
    system: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row whose beginning is shared.

    Attributes:
        group: Of the rows with the same head.
        head: Their first tokens, which are the same in all of them.
        own: The rest, at least one token and the one before the first that is learned.
        learned: Indices into `own`.
    """

    group: int
    head: tuple[int, ...]
    own: tuple[int, ...]
    learned: tuple[int, ...]


def encoded(talk: Talk, encoder: Encoder, max_tokens: int) -> Encoded | None:
    """A row as tokens; None where nothing of it is left to learn.

    Answers are tokenised apart from what stands before them, as a model that writes them sees it.

    Args:
        talk: The row.
        encoder: Of the model.
        max_tokens: The rest is cut off.

    Raises:
        TrainingError: The template does not render the row turn by turn.
    """
    messages = [{"role": turn.role, "content": turn.text} for turn in talk.turns]
    tokens: list[int] = []
    learned: list[int] = []
    done = ""
    for at, turn in enumerate(talk.turns):
        if turn.role != "assistant":
            continue
        after = encoder.render(messages[: at + 1], opened=False)
        # Templates open nothing before nothing.
        before = (
            encoder.render(messages[:at], opened=True) if at else after[: after.rfind(turn.text)]
        )
        if not before.startswith(done) or not after.startswith(before):
            raise TrainingError(
                "invalid_training_file",
                f"the model's chat template does not take example {talk.number:,} turn by turn",
                "training_file",
            )
        answer = after[len(before) :]
        cut = answer.rfind(encoder.end) + len(encoder.end) if encoder.end in answer else len(answer)
        tokens += encoder.tokens(before[len(done) :])
        said = encoder.tokens(answer[:cut])
        if turn.learned:
            learned += range(len(tokens), len(tokens) + len(said))
        tokens += said
        done = before + answer[:cut]
    learned = [index for index in learned if 0 < index < max_tokens]
    if not learned:
        return None
    system = talk.turns[0].text if talk.turns[0].role == "system" else None
    return Encoded(tuple(tokens[: learned[-1] + 1]), tuple(learned), system)


def with_heads(rows: Iterable[Encoded]) -> list[Row]:
    """Rows of one system message share what they all begin with: it is computed once a batch."""
    rows = list(rows)
    groups: dict[str | None, list[Encoded]] = defaultdict(list)
    for row in rows:
        groups[row.system].append(row)
    numbers = {system: number for number, system in enumerate(groups)}
    heads = {system: _common(group) for system, group in groups.items()}
    made = []
    for row in rows:
        head = heads[row.system]
        cut = len(head)
        learned = tuple(index - cut for index in row.learned)
        made.append(Row(numbers[row.system], head, row.tokens[cut:], learned))
    return made


def _common(rows: Sequence[Encoded]) -> tuple[int, ...]:
    """The longest beginning of all rows that leaves each the token before its first learned one."""
    length = min(row.learned[0] - 1 for row in rows)
    first = min(row.tokens[:length] for row in rows)
    last = max(row.tokens[:length] for row in rows)
    # What the least and the greatest share, all between them share.
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), length)
    return first[:same]
