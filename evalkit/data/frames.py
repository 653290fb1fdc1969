# SPDX-License-Identifier: Apache-2.0
"""Examples as a pandas frame, and a frame as examples."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.core.printable import excerpt
from evalkit.data.columns import ColumnMap, map_columns
from evalkit.data.conversation import INSTRUCTIONS, Conversation, has_answer
from evalkit.data.formats._layout import Layout, text_of
from evalkit.data.read import DataSet
from evalkit.data.recognise import LOOK_AT, fields_of, recognise
from evalkit.data.table import Cells, examples
from evalkit.data.write import json_line

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["By", "from_frame", "to_frame"]

By = Literal["example", "exchange", "message"]

_EXACT = 2**53  # beyond, a float may not be the whole number that it was
_FRAME = "frame"  # what a data set that came from one is called


def to_frame(found: Iterable[Example], *, by: By = "example") -> pd.DataFrame:
    """A frame of the examples of a data set; records that cannot be read are left out.

    Args:
        found: Of any layout.
        by: What a row of the frame is: an "example", with its conversation as a list in `messages`
            (pairs have `prompt`, `chosen` and `rejected` instead, single answers with a verdict
            `prompt`, `completion` and `label`, as TRL calls them) and `tools` where there are; an
            "exchange", with texts in `system`, `user` and `assistant` (the last question and its
            answer; `turns` says how many messages there are); or a "message", with `message` (its
            number in the example), `role`, `content` and what else it holds.

    Returns:
        A frame of shape (rows, columns), indexed by `line`, the physical line (the row of a sheet)
        in the source; fields beside the conversation are columns under their own names, missing
        ones NaN.

    Raises:
        UsageError: `by` is none of these.
    """
    import pandas as pd

    if by not in _SHOWN:
        raise UsageError(f"no frame by `{excerpt(str(by))}`", f"by: {', '.join(_SHOWN)}")
    rows: list[dict[str, Any]] = []
    lines: list[int | None] = []
    for example in found:
        source = example.format
        if example.broken is not None or not isinstance(source, Layout):
            continue
        for row in _SHOWN[by](source.conversation(example.value)):
            rows.append({**row, **{k: v for k, v in example.fields.items() if k not in row}})
            lines.append(example.location.line)
    frame = pd.DataFrame(rows, index=pd.Index(lines, name="line", dtype="Int64"))
    return frame if rows else frame.reindex(columns=[*_EMPTY[by]])


def _by_example(said: Conversation) -> Iterator[dict[str, Any]]:
    prompt, reply = [*map(dict, said.prompt)], [*map(dict, said.reply)]
    row: dict[str, Any]
    if said.rejected:
        row = {"prompt": prompt, "chosen": reply, "rejected": [*map(dict, said.rejected)]}
    elif said.verdict is not None:
        row = {"prompt": prompt, "completion": reply, "label": said.verdict}
    else:
        row = {"messages": [*map(dict, said.messages)]}
    yield {**row, "tools": list(said.tools)} if said.tools else row


def _by_exchange(said: Conversation) -> Iterator[dict[str, Any]]:
    system = [text_of(m) for m in said.messages if m.get("role") in INSTRUCTIONS]
    asked = [text_of(m) for m in said.messages if m.get("role") == "user"]
    yield {
        "system": "\n".join(system) if system else None,
        "user": asked[-1] if asked else None,
        "assistant": text_of(said.messages[-1]) if has_answer(said.messages) else None,
        "turns": len(said.messages),
    }


def _by_message(said: Conversation) -> Iterator[dict[str, Any]]:
    for number, message in enumerate(said.messages):
        yield {"message": number, **message}


_SHOWN = {"example": _by_example, "exchange": _by_exchange, "message": _by_message}
_EMPTY: Mapping[str, Sequence[str]] = {
    "example": ("messages",),
    "exchange": ("system", "user", "assistant", "turns"),
    "message": ("message", "role", "content"),
}


def from_frame(
    frame: pd.DataFrame, *, columns: Mapping[str, str] | None = None, system: str | None = None
) -> DataSet:
    """A data set of the rows of a frame, as if they had been read from a file.

    Columns that make a layout together (`messages`; `prompt` and `completion`; `instruction` and
    `output`; ...) are read as that layout, missing values as keys that are not there. Else they are
    matched to roles by their names, as those of a spreadsheet.

    Args:
        frame: One example a row. The index, where it holds whole numbers and is called `line`,
            gives the lines of the examples; else they are 1, 2, 3, ...
        columns: Role to column, as in `--columns`.
        system: A system prompt for every row, for frames that are read by roles.

    Raises:
        InputError: No column for the text of the user or the assistant.
        UsageError: A column that is not there.
    """
    if not len(frame.columns):
        raise InputError("the frame has no columns", "give one with a question and an answer")
    frame = _with_whole_numbers(frame)
    known = None if columns else recognise(_records(frame.head(LOOK_AT)))
    data = DataSet(
        path=_FRAME,
        container=_FRAME,
        encoding="utf-8",
        bom=False,
        format=known.name if known else "openai-chat",
        columns={},
        evidence="a frame holds Unicode",
        headers=tuple(map(str, frame.columns)),
    )
    if known is not None:
        rows = lambda: _of_layout(frame, known)  # noqa: E731  (as the readers give it)
    else:
        matched = _matched(data.headers, columns or {}, system=system is not None)
        data.columns, data.notes = matched.shown, matched.notes
        width = len(data.headers)
        rows = lambda: examples(_cells(frame), matched, width, source=_FRAME, system=system)  # noqa: E731
    data._rows = rows  # noqa: SLF001
    return data


def _matched(headers: Sequence[str], columns: Mapping[str, str], *, system: bool) -> ColumnMap:
    try:
        return map_columns(headers, columns, source=_FRAME, system=system)
    except InputError as error:
        hint = 'say which: columns={"user": COLUMN, "assistant": COLUMN}'
        raise InputError(error.message, hint) from error


def _with_whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Labels that are whole numbers, as they were before a missing one made pandas say 1.0."""
    changed = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if column.dtype.kind == "f" and column.hasnans:
            there = column.dropna()
            if len(there) and (there % 1 == 0).all() and (there.abs() < _EXACT).all():
                changed[name] = "Int64"
    return frame.astype(changed) if changed else frame


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for row in frame.itertuples(index=False, name=None):
        values = ((name, _plain(value)) for name, value in zip(names, row, strict=True))
        yield {name: value for name, value in values if value is not None}


def _lines(frame: pd.DataFrame) -> Iterator[int]:
    index: Iterable[Hashable] = frame.index
    usual = frame.index.name == "line" and frame.index.inferred_type == "integer"
    return iter(int(str(i)) for i in index) if usual else iter(range(1, len(frame) + 1))


def _of_layout(frame: pd.DataFrame, known: Layout) -> Iterator[Example]:
    for number, (line, value) in enumerate(zip(_lines(frame), _records(frame), strict=True), 1):
        where = Location(source=_FRAME, line=line, end_line=line, number=number)
        yield Example(where, json_line(value), value, known, fields=fields_of(value, known))


def _cells(frame: pd.DataFrame) -> Iterator[Cells]:
    for line, row in zip(_lines(frame), frame.itertuples(index=False, name=None), strict=True):
        yield Cells(line, line, line, [_text(_plain(value)) for value in row])


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_line(value).decode()


def _plain(value: Any) -> Any:
    """A value of a frame as JSON has it; None where it is missing."""
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "tolist"):  # numpy's arrays (of Parquet files) and scalars
        return _plain(value.tolist())
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if value != value:  # noqa: PLR0124  (NaN, which alone differs from itself)
        return None
    if isinstance(value, int | float):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
