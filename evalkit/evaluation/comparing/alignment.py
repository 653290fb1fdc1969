# SPDX-License-Identifier: Apache-2.0
"""Answers of several models to the same questions, brought together row by row.

Nothing is dropped in silence: what is missing, foreign or there twice is named and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.models._wire import messages_digest

__all__ = ["BY", "Alignment", "AnswerRow", "By", "align", "named"]

By = Literal["id", "messages", "line", "order", "none"]
BY: tuple[By, ...] = ("id", "messages", "line", "order", "none")

_INSTRUCTIONS = ("system", "developer")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer, with all that may say to which question it is.

    Attributes:
        reply: The answer; errors are answers too.
        ids: Names of the question, the strongest first; "line N" is its line.
        messages: What was asked; None where the file does not hold it.
        expected: What should have been answered; None where the file does not say it.
        expected_calls: The tool calls that are expected, as chat completions write them.
        fields: Further facts of the row, such as {"lang": "zh"}.
        repeat: Which repetition of the same question, from 0.
        line: Where it stands in its file; 0 where that is not known.
    """

    reply: Reply
    ids: Sequence[str] = ()
    messages: Sequence[Mapping[str, Any]] | None = None
    expected: str | None = None
    expected_calls: Sequence[Mapping[str, Any]] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    repeat: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Which rows belong together.

    Attributes:
        by: How they were found: "id", "messages", "line" or "order"; "none" where nothing was
            paired.
        loose: Whether system messages were left out of account ("messages" only).
        keys: Name of each question, in the order of the reference, else of the first set and
            then of the others.
        rows: Set to question to its rows, one per repeat from 0; a question that the set lacks is
            not there.
        reference: Question to the rows of the reference; empty where there is none.
        whole: How many questions stand in every set.
        missing: Set to questions that it lacks.
        foreign: Set to questions that no other set has; with a reference those that it has not,
            and these are in no `keys`.
        duplicates: Set to questions that stand in it again; the first counts. Those of the
            reference stand under "".
    """

    by: By
    loose: bool
    keys: Sequence[str]
    rows: Mapping[str, Mapping[str, Sequence[AnswerRow]]]
    reference: Mapping[str, Sequence[AnswerRow]]
    whole: int
    missing: Mapping[str, Sequence[str]]
    foreign: Mapping[str, Sequence[str]]
    duplicates: Mapping[str, Sequence[str]]


# A row's name under one way of naming; None where it has none of that kind.
_Names = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class _Way:
    by: By
    loose: bool
    names: _Names
    shown: Mapping[str, str]
    whole: int  # questions that it joins


def align(
    sets: Mapping[str, Sequence[AnswerRow]],
    *,
    reference: Sequence[AnswerRow] | None = None,
    by: By | None = None,
) -> Alignment:
    """Bring the rows of all sets together.

    By identifier, else by what was asked, else by line: the first of these that joins the most
    questions. By order only where it is asked for, or where no row says anything of itself and all
    sets are of one length.

    Args:
        sets: Name to rows, in any order.
        reference: The questions that count, with what is expected of them; None = all that stand
            in some set.
        by: The one way to take; "none" pairs nothing.

    Raises:
        UsageError: No two sets have a question in common, or not in that way.
    """
    everything = dict(sets) if reference is None else {"": reference, **sets}
    way = _way(everything, by)
    return _aligned(sets, reference, way)


def named(keys: Sequence[str], language: Language = "en") -> str:
    """The first few names of a list, and how many more there are."""
    at = 0 if language == "en" else 1
    shown = (", ", "、")[at].join(excerpt(key, 40) for key in keys[:_MOST_NAMED])
    more = len(keys) - _MOST_NAMED
    return shown + (" and {n:,} more", " 等另外 {n:,} 个")[at].format(n=more) if more > 0 else shown


def _way(sets: Mapping[str, Sequence[AnswerRow]], by: By | None) -> _Way:
    if by == "order":
        return _ordered(sets)
    if by == "none":  # every row is a question of its own
        return _judged("none", {name: [None] * len(rows) for name, rows in sets.items()}, {})
    found = [make(sets) for name, make in _WAYS if by in (None, name)]
    best = max(found, key=lambda way: way.whole)  # of equals the first
    if by is None and best.by == "id" and _only_counted(best.names):
        said = found[1]  # numbers of rows mean little where the questions themselves are there
        if said.whole >= best.whole and not _same_pairs(best.names, said.names):
            best = said
    if best.whole:
        return best
    if by is None and all(_says_nothing(rows) for rows in sets.values()):
        return _ordered(sets)
    raise _nothing_in_common(sets, by)


def _by_ids(sets: Mapping[str, Sequence[AnswerRow]]) -> _Way:
    """A row may have several names (its hash, the data's own): any that another set knows too."""
    known: dict[str, str] = {}
    names: dict[str, list[str | None]] = {}
    starts = {name: _counted_from(rows) for name, rows in sets.items()}
    sizes = {len({row.ids[0] for row in rows if row.ids}) for rows in sets.values()}
    shift = len(set(starts.values())) > 1 and None not in starts.values() and len(sizes) == 1
    for name, rows in sets.items():
        found: list[str | None] = []
        for row in rows:
            own = [one for one in row.ids if not one.startswith("line ")]
            if shift:  # one counts from 0, another from 1
                own = [str(int(own[0]) - (starts[name] or 0))]
            key = next((known[one] for one in own if one in known), own[0] if own else None)
            found.append(key)
            for one in own:
                known.setdefault(one, key or one)
        names[name] = found
    return _judged("id", names, {})


def _counted_from(rows: Sequence[AnswerRow]) -> int | None:
    """Where identifiers that only count the rows begin; None where they are more than that."""
    numbers = [int(row.ids[0]) if row.ids and _is_count(row.ids[0]) else -1 for row in rows]
    start = min(numbers, default=-1)
    if start not in (0, 1) or set(numbers) != set(range(start, start + len(set(numbers)))):
        return None
    return start


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and str(int(text)) == text


def _by_messages(sets: Mapping[str, Sequence[AnswerRow]]) -> _Way:
    return _digested(sets, loose=False)


def _loosely(sets: Mapping[str, Sequence[AnswerRow]]) -> _Way:
    return _digested(sets, loose=True)


def _digested(sets: Mapping[str, Sequence[AnswerRow]], *, loose: bool) -> _Way:
    names: dict[str, list[str | None]] = {}
    shown: dict[str, str] = {}
    for name, rows in sets.items():
        found: list[str | None] = []
        for row in rows:
            said = row.messages or ()
            if loose:
                said = [m for m in said if m.get("role") not in _INSTRUCTIONS]
            key = messages_digest(said)[:12] if said else None
            found.append(key)
            if key is not None:
                own = [one for one in row.ids if not one.startswith("line ")]
                shown.setdefault(key, own[0] if own else key)
        names[name] = found
    if len(set(shown.values())) < len(shown):
        shown = {}  # two questions under one name: their hashes tell them apart
    return _judged("messages", names, shown, loose=loose)


def _by_lines(sets: Mapping[str, Sequence[AnswerRow]]) -> _Way:
    names = {
        name: [next((one for one in row.ids if one.startswith("line ")), None) for row in rows]
        for name, rows in sets.items()
    }
    return _judged("line", names, {})


def _ordered(sets: Mapping[str, Sequence[AnswerRow]]) -> _Way:
    first = {name: [row for row in rows if not row.repeat] for name, rows in sets.items()}
    counts = {name: len(rows) for name, rows in first.items()}
    if len(set(counts.values())) > 1:
        said = ", ".join(
            f"{name or 'the expected answers'} has {n:,}" for name, n in counts.items()
        )
        raise UsageError(
            f"rows cannot be paired by their order: {said}",
            "give every row an id (a column `id`), the same in all files",
        )
    shown = next(iter(first.values()))
    names: _Names = {
        name: [str(n) for n in _places(rows, len(shown))] for name, rows in sets.items()
    }
    return _judged("order", names, {})


def _places(rows: Sequence[AnswerRow], count: int) -> list[int]:
    """Number of the question of each row, from 1; repeats begin again."""
    seen: dict[int, int] = {}
    found = []
    for row in rows:
        seen[row.repeat] = seen.get(row.repeat, 0) + 1
        found.append(min(seen[row.repeat], count))
    return found


def _judged(by: By, names: _Names, shown: Mapping[str, str], *, loose: bool = False) -> _Way:
    several = {name: {one for one in found if one is not None} for name, found in names.items()}
    wanted = several.pop("", None)  # what is expected: each set is held against that
    if wanted is None:
        whole = len(set.intersection(*several.values())) if several else 0
    else:
        whole = min((len(found & wanted) for found in several.values()), default=0)
    return _Way(by, loose, names, shown, whole)


_Make = Callable[[Mapping[str, Sequence[AnswerRow]]], _Way]
_WAYS: tuple[tuple[By, _Make], ...] = (
    ("id", _by_ids), ("messages", _by_messages), ("messages", _loosely), ("line", _by_lines),
)  # fmt: skip


def _only_counted(names: _Names) -> bool:
    return all(one is None or _is_count(one) for found in names.values() for one in found)


def _same_pairs(first: _Names, second: _Names) -> bool:
    """Whether two ways bring the same rows together."""
    pairs: dict[str, set[str]] = {}
    for name, found in first.items():
        for one, other in zip(found, second[name], strict=True):
            if one is not None and other is not None:
                pairs.setdefault(one, set()).add(other)
    return all(len(others) == 1 for others in pairs.values())


def _says_nothing(rows: Sequence[AnswerRow]) -> bool:
    return not any(row.ids or row.messages for row in rows)


def _nothing_in_common(sets: Mapping[str, Sequence[AnswerRow]], by: By | None) -> UsageError:
    what = {None: "id, question or line", "id": "id", "messages": "question", "line": "line"}
    told = []
    for name, rows in sets.items():
        ids = [row.ids[0] for row in rows if row.ids]
        if by == "messages" or not ids:
            whose = "no ids" if by != "messages" and not ids else "its own questions"
            whose = "no questions" if not any(r.messages for r in rows) and by else whose
        else:
            whose = f"ids such as {named(list(dict.fromkeys(ids))[:2])}"
        told.append(f"{name or 'the expected answers'} has {whose}")
    some = "all of the files" if len(sets) > 2 else "both files"
    same = len({sum(not row.repeat for row in rows) for rows in sets.values()}) == 1
    return UsageError(
        f"no {what[by]} stands in {some}: {'; '.join(told)}",
        "name the column that holds the id: --columns id=HEADER"
        + ("; or pair the rows by their order: --by order" if same and by is None else ""),
    )


def _aligned(
    sets: Mapping[str, Sequence[AnswerRow]], reference: Sequence[AnswerRow] | None, way: _Way
) -> Alignment:
    names = {
        name: [None if one is None else way.shown.get(one, one) for one in found]
        for name, found in way.names.items()
    }
    rows: dict[str, dict[str, list[AnswerRow]]] = {}
    again: dict[str, list[str]] = {}
    for name, given in sets.items():
        rows[name], again[name] = _by_key(given, names[name], name)
    known: dict[str, list[AnswerRow]] = {}
    if reference is not None:
        known, again[""] = _by_key(reference, names[""], "the expected answers")
        wanted = dict.fromkeys(known)
    else:
        wanted = dict.fromkeys(key for found in rows.values() for key in found)
    foreign = {
        name: [
            key
            for key in found
            if (
                key not in wanted
                if reference is not None
                else not any(key in other for who, other in rows.items() if who != name)
            )
        ]
        for name, found in rows.items()
    }
    return Alignment(
        by=way.by,
        loose=way.loose,
        keys=tuple(wanted),
        rows={
            name: {key: tuple(several) for key, several in found.items() if key in wanted}
            for name, found in rows.items()
        },
        reference={key: tuple(several) for key, several in known.items()},
        whole=sum(all(key in found for found in rows.values()) for key in wanted),
        missing={name: [key for key in wanted if key not in found] for name, found in rows.items()},
        foreign=foreign,
        duplicates={name: list(dict.fromkeys(found)) for name, found in again.items()},
    )


def _by_key(
    rows: Sequence[AnswerRow], names: Sequence[str | None], whose: str
) -> tuple[dict[str, list[AnswerRow]], list[str]]:
    """The rows of each question by repeat, and what stood there again.

    A row without a name is a question of its own.
    """
    seen: dict[str, dict[int, AnswerRow]] = {}
    again = []
    for place, (row, name) in enumerate(zip(rows, names, strict=True), 1):
        key = name if name is not None else f"(row {row.line or place} of {whose})"
        found = seen.setdefault(key, {})
        if row.repeat in found:
            again.append(key)
        else:
            found[row.repeat] = row
    return {key: [found[k] for k in sorted(found)] for key, found in seen.items()}, again
