# SPDX-License-Identifier: Apache-2.0
"""Reads recorded answers of any layout: which it is, whose answers it holds, and what they are."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import canonical
from evalkit.core.printable import excerpt
from evalkit.core.registry import find, names, suggestion
from evalkit.models._wire import messages_digest, reply_to_json
from evalkit.models.recordings._layout import Layout, Values
from evalkit.models.recordings._parts import ids_in, messages_of
from evalkit.models.recordings._recorded import Recorded
from evalkit.models.recordings._values import values

__all__ = [
    "Columns", "Recording", "header_of", "open_recording", "read_own", "read_recording",
    "read_rows", "rows_of",
]  # fmt: skip

# Role to the column of a table that holds it.
Columns = Mapping[str, str]

# The strongest usual name of each, which outranks every other column.
_COLUMN_NAMES: Columns = {
    "id": "id",
    "answer": "model answer",
    "expected": "expected",
    "question": "messages",
    "model": "model",
    "repeat": "repeat",
}
_ROW = 'a row is {"messages": [...], "reply": {"text": "..."}}, or an id and a text'


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The answers of one model.

    Attributes:
        path: The file.
        layout: How it is written.
        model: Whose answers they are; None where the file names nobody.
        rows: In the order of the file, errors among them.
        exact: Whether the messages are those that were sent.
        digest: sha256 of what the rows say: packing a file changes nothing.
    """

    path: Path
    layout: Layout
    model: str | None
    rows: Sequence[Recorded]
    exact: bool
    digest: str


def read_recording(path: Path) -> list[Recorded]:
    """Every row of a recording of any layout, in its order.

    Raises:
        InputError: The file is missing or is no recording; the line is named.
        MissingExtraError: It is packed by zstd, and the extra is not installed.
    """
    return _read(path)[1]


def read_own(path: Path) -> list[Recorded]:
    """The rows of a recording that may be written over; none where there is no file.

    Raises:
        UsageError: It is a record of others, which ours would replace.
        InputError: As `read_recording`.
    """
    if not path.exists():
        return []
    layout, rows = _read(path)
    if not layout.exact:
        raise UsageError(
            f"{path} is one of the {layout.whose}: a recording would replace it",
            "name another file, such as answers.jsonl.gz",
        )
    return rows


def open_recording(path: Path, *, model: str | None = None, asked: Path | None = None) -> Recording:
    """The answers of one model of a recording.

    Args:
        path: The file.
        model: Whose, where it holds those of several.
        asked: A file of the questions by the identifiers of the answers (the input of a batch),
            for records that do not hold what was asked.

    Raises:
        InputError: As `read_recording`.
        UsageError: It holds the answers of several models and none is named, or not that one's.
    """
    layout, rows = _read(path)
    exact = layout.exact
    if asked is not None:
        rows, exact = _with_questions(rows, asked), True
    known = list(dict.fromkeys(row.model for row in rows if row.model is not None))
    if model is not None:
        if model not in known:
            raise UsageError(
                f"the recording {path} holds no answers of `{excerpt(model, 60)}`"
                f"{suggestion(model, known)}",
                f"it has: {_listed(known) if known else 'answers of nobody by name: leave #… out'}",
            )
        rows = [row for row in rows if row.model == model]
    elif len(known) > 1:
        raise UsageError(
            f"the recording {path} holds answers of {len(known)} models: {_listed(known)}",
            f"say whose: replay:{path.name}#{excerpt(known[0], 60)}",
        )
    if not layout.exact:
        rows = _numbered(rows)
    whole = hashlib.sha256()
    for row in rows:
        asked_by = [] if row.messages is None else [messages_digest(row.messages)]
        whole.update(canonical([asked_by, list(row.ids), row.repeat, reply_to_json(row.reply)]))
    named = model if model is not None else (known[0] if known else None)
    return Recording(
        path=path,
        layout=layout,
        model=named,
        rows=rows,
        exact=exact,
        digest=whole.hexdigest(),
    )


def _read(path: Path) -> tuple[Layout, list[Recorded]]:
    found = iter(values(path))
    first = next(found, None)
    if first is None:
        raise InputError(f"the recording {path} is empty", "record it again")
    layout = _layout_of(first[1], first[0])
    rows = list(_rows(layout, chain([first], found)))
    if not rows:
        raise InputError(f"the recording {path} holds no answers", _ROW)
    return layout, rows


def _layout_of(value: Mapping[str, Any], where: str) -> Layout:
    """The layout of a file whose first value this is."""
    known = sorted(_layouts(), key=lambda one: one.order)
    for layout in known:
        if layout.tells(value):
            return layout
    keys = ", ".join(f"`{excerpt(str(key), 30)}`" for key in list(value)[:8])
    raise InputError(
        f"{where}: not a recorded answer{f' (its keys: {keys})' if keys else ''}",
        f"{_ROW}; also read: {', '.join(one.whose for one in known)}",
    )


def _layouts() -> Iterator[Layout]:
    for name in names("recordings"):
        try:
            layout: Layout = find("recordings", name)
        except UsageError:  # a plug-in that does not load: that was a warning
            continue
        yield layout


def _rows(layout: Layout, found: Values) -> Iterator[Recorded]:
    """The rows of a layout; what is wrong is told with the place that was read last."""
    at = ""

    def watched() -> Iterator[tuple[str, Mapping[str, Any]]]:
        nonlocal at
        for at, value in found:  # noqa: UP028  (`at` is told where reading stops)
            yield at, value

    try:
        yield from layout.rows(watched())
    except ValueError as error:
        raise InputError(f"{at}: {error}", f"{layout.whose}: {_ROW}") from error
    except (
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        raise InputError(
            f"{at}: not as {layout.whose} are written ({type(error).__name__})", _ROW
        ) from error


def _numbered(rows: Sequence[Recorded]) -> list[Recorded]:
    """Records of others do not number repetitions: the same question again is the next one."""
    seen: Counter[bytes] = Counter()
    numbered = []
    for row in rows:
        asked_by = [] if row.messages is None else [messages_digest(row.messages)]
        if row.repeat or not (asked_by or row.ids):
            numbered.append(row)
            continue
        key = canonical([asked_by, list(row.ids)])
        numbered.append(replace(row, repeat=seen[key]) if seen[key] else row)
        seen[key] += 1
    return numbered


def _with_questions(rows: Sequence[Recorded], asked: Path) -> list[Recorded]:
    known: dict[str, Sequence[Mapping[str, Any]]] = {}
    for _, value in values(asked):
        body = value.get("body")
        messages = messages_of((body if isinstance(body, Mapping) else value).get("messages"))
        if messages is None:
            continue
        if not isinstance(body, Mapping) and messages[-1].get("role") == "assistant":
            messages = messages[:-1]  # a row of a test set, with its expected answer
        for name in ids_in(value):
            known.setdefault(name, messages)
    if not known:
        raise InputError(
            f"{asked} names no questions",
            'its rows are {"custom_id": "...", "body": {"messages": [...]}}',
        )
    filled = []
    for row in rows:
        asked_by = next((known[name] for name in row.ids if name in known), None)
        if asked_by is None and row.messages is None:
            raise InputError(
                f"{asked} does not hold the question of {excerpt(', '.join(row.ids), 60)}",
                "is it the input of the same batch?",
            )
        filled.append(row if asked_by is None else replace(row, messages=asked_by))
    return filled


def _listed(known: Sequence[str]) -> str:
    shown = ", ".join(excerpt(name, 60) for name in known[:10])
    return shown + (f" and {len(known) - 10} more" if len(known) > 10 else "")


def header_of(source: Path | Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns or keys of the first row; none where there is no row.

    Raises:
        InputError: As `read_recording`.
    """
    if isinstance(source, Path):
        found = next(iter(values(source)), None)
        return [] if found is None else [str(key) for key in found[1]]
    return [str(key) for key in source[0]] if source else []


def read_rows(
    path: Path, columns: Columns, *, asked: Path | None = None
) -> tuple[Layout, list[Recorded]]:
    """Every row of a recording of any layout, with its layout.

    Args:
        path: The file.
        columns: Role ("id", "answer", "expected", "question", "model", "repeat") to the column or
            key that holds it; those that the file has not are passed over. With any of them it is
            a table of id and text, whatever else it looks like.
        asked: As in `open_recording`.

    Raises:
        InputError: As `read_recording`.
        UsageError: No such role.
    """
    if columns:
        given = list(values(path))
        if wanted := _there(columns, given):
            return _table(given, wanted, str(path))
    layout, rows = _read(path)
    return layout, rows if asked is None else _with_questions(rows, asked)


def rows_of(given: Sequence[Mapping[str, Any]], columns: Columns) -> tuple[Layout, list[Recorded]]:
    """The same of rows that are at hand.

    Raises:
        InputError: There are none, or they are no answers.
        UsageError: No such role.
    """
    found = [(f"row {number}", row) for number, row in enumerate(given, 1)]
    if not found:
        raise InputError("there are no rows of answers", _ROW)
    if wanted := _there(columns, found):
        return _table(found, wanted, "the rows")
    layout = _layout_of(found[0][1], "row 1")
    return layout, list(_rows(layout, found))


def _there(columns: Columns, given: Sequence[tuple[str, Mapping[str, Any]]]) -> Columns:
    """Those of the columns that the rows have."""
    for role in columns:
        if role not in _COLUMN_NAMES:
            raise UsageError(
                f"no column is called `{excerpt(role, 40)}` here"
                f"{suggestion(role, list(_COLUMN_NAMES))}",
                f"known: {', '.join(_COLUMN_NAMES)}",
            )
    header = {str(key) for key in given[0][1]} if given else set()
    return {role: name for role, name in columns.items() if name in header}


def _table(
    given: Sequence[tuple[str, Mapping[str, Any]]], columns: Columns, where: str
) -> tuple[Layout, list[Recorded]]:
    """Rows whose columns have other names than the usual ones."""
    new = {name: _COLUMN_NAMES[role] for role, name in columns.items()}
    # What has a usual name of its own must not stand for what was named.
    taken = {one.casefold() for one in new.values()}
    renamed = [
        (
            place,
            {
                **{new[key]: one for key, one in row.items() if key in new},
                **{k: v for k, v in row.items() if k not in new and k.casefold() not in taken},
            },
        )
        for place, row in given
    ]
    layout: Layout = find("recordings", "id-and-text")
    if not layout.tells(renamed[0][1]):
        raise InputError(
            f"{where} has no column that holds the answers", "name it: --columns answer=HEADER"
        )
    return layout, list(_rows(layout, renamed))
