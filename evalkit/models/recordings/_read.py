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

__all__ = ["Recording", "open_recording", "read_own", "read_recording"]

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
