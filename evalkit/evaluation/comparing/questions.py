# SPDX-License-Identifier: Apache-2.0
"""Aligned answers become questions with the answers of every model, as asking would leave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from evalkit.core.errors import UsageError
from evalkit.core.example import Example, canonical
from evalkit.core.exchange import ABSENT, Reply
from evalkit.core.location import Location
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, suggestion
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.comparing.alignment import Alignment, AnswerRow
from evalkit.evaluation.comparing.answer_sets import AnswerSet
from evalkit.evaluation.questions import Question, band_of, bands_of, script_of
from evalkit.scorers._labels import read_label

__all__ = ["Conflicts", "conflicts_of", "questions_of", "replies_of", "with_whole_shares"]

_ALWAYS = ("length", "language")


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Questions whose expected answer is not the same in all files.

    Attributes:
        keys: Their names.
        of: How many questions have an expected answer in two files or more.
        first: What two files say of the first one.
    """

    keys: Sequence[str]
    of: int
    first: tuple[str, str] = ("", "")


def conflicts_of(found: Alignment) -> Conflicts:
    """Where the files contradict each other: then their rows may not be the same questions."""
    keys: list[str] = []
    first = ("", "")
    of = 0
    for key in found.keys:
        said = [
            row.expected.strip()
            for rows in found.rows.values()
            for row in rows.get(key, ())[:1]
            if row.expected is not None
        ]
        of += len(said) > 1
        if len(set(said)) > 1:
            if not keys:
                first = said[0], next(one for one in said if one != said[0])
            keys.append(key)
    return Conflicts(keys, of, first)


def questions_of(
    found: Alignment,
    reference: Mapping[str, Sequence[AnswerRow]],
    *,
    slices: Sequence[str],
    source: str,
) -> list[Question]:
    """One question per key, of what the reference and then the files say of it, in turn.

    Raises:
        UsageError: A slice field that no row has.
    """
    rows = {key: list(_said(found, reference, key)) for key in found.keys}
    facts = {key: _merged(several) for key, several in rows.items()}
    known = sorted({name for fields in facts.values() for name in fields})
    for name in slices:
        if name not in known and name not in _ALWAYS:
            raise UsageError(
                f"no row has a field `{name}` to slice by{suggestion(name, known)}",
                f"fields: {', '.join(known) or 'none'}; always there: {', '.join(_ALWAYS)}",
            )
    asked = {
        key: next((row.messages for row in several if row.messages), ())
        for key, several in rows.items()
    }
    lengths = {key: sum(len(_text(m)) for m in messages) for key, messages in asked.items()}
    bands = bands_of(lengths.values())
    layout = find("formats", "openai-chat")
    questions = []
    for number, (key, several) in enumerate(rows.items(), 1):
        expected = next((row.expected for row in several if row.expected is not None), "")
        calls = next((row.expected_calls for row in several if row.expected_calls), ())
        line = next((row.line for row in several if row.line), number)
        # Where nobody knows what was asked, the row is shown by its id: it has to be found.
        before = asked[key] or [{"role": "id", "content": key}]
        messages = [*before, {"role": "assistant", "content": expected}]
        derived = {
            "length": band_of(lengths[key], bands),
            "language": script_of(_text(asked[key][-1]) if asked[key] else expected),
        }
        questions.append(
            Question(
                id=key,
                messages=asked[key],
                expected=expected,
                expected_calls=calls,
                slices={
                    name: facts[key].get(name) or derived.get(name, "(none)") for name in slices
                },
                example=Example(
                    Location(source=source, line=line, end_line=line, number=number),
                    canonical(messages),
                    {"messages": messages},
                    layout,
                    fields=facts[key],
                ),
                cluster=key,
            )
        )
    return questions


def _said(
    found: Alignment, reference: Mapping[str, Sequence[AnswerRow]], key: str
) -> Iterable[AnswerRow]:
    """Everything that is said of a question; where there is a reference, it says what is right."""
    yield from reference.get(key, ())[:1]
    for rows in found.rows.values():
        for row in rows.get(key, ())[:1]:
            yield replace(row, expected=None) if reference else row


def _merged(rows: Iterable[AnswerRow]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.fields.items():
            found.setdefault(name, value.strip())
    return found


def _text(message: Mapping[str, object]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(text for part in content if isinstance(text := part.get("text"), str))
    return content if isinstance(content, str) else ""


def replies_of(found: Alignment, one: AnswerSet, keys: Sequence[str]) -> Asked:
    """The answers of one model to the questions of these keys; what it lacks is an error."""
    rows = found.rows[one.name]
    repeats = max((row.repeat for several in rows.values() for row in several), default=0) + 1
    absent = Reply(text="", finish="error", error=f"{ABSENT} in {excerpt(one.source or one.name)}")
    whole = [
        [next((row.reply for row in rows.get(key, ()) if row.repeat == k), absent) for key in keys]
        for k in range(repeats)
    ]
    return Asked(
        replies=whole[0],
        seconds=[None] * len(keys),
        cached=0,
        host=None,
        identity=" ".join(filter(None, (one.source, one.digest and f"sha256 {one.digest}"))),
        recorded=one.date,
        repeats=whole,
        notes=one.notes,
    )


def with_whole_shares(asked: Mapping[str, Asked], labels: Sequence[str]) -> dict[str, Asked]:
    """Probabilities of labels only; of two labels, what is said of one says the other's.

    Columns that look like probabilities and name none of the labels are no probabilities.
    """
    known = {
        label
        for one in asked.values()
        for repeat in one.repeats
        for reply in repeat
        for label in reply.probabilities or ()
    }
    place = {name: read_label(name, labels) for name in known}

    def whole(reply: Reply) -> Reply:
        if reply.probabilities is None:
            return reply
        shares: dict[str, float] = {}
        for name, share in reply.probabilities.items():
            label = place[name]
            if label is not None and isfinite(share):
                shares[label] = shares.get(label, 0.0) + share
        if len(labels) == 2 and len(shares) == 1:
            ((label, share),) = shares.items()
            other = next(one for one in labels if one != label)
            shares[other] = max(0.0, 1.0 - share)
        return replace(reply, probabilities=shares or None)

    found = {}
    for name, one in asked.items():
        repeats = [[whole(reply) for reply in repeat] for repeat in one.repeats]
        found[name] = replace(one, replies=repeats[0], repeats=repeats)
    return found
