# SPDX-License-Identifier: Apache-2.0
"""Recorded answers of any kind as rows to compare: recordings, tables, runs, others' logs."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.evaluation.comparing.alignment import AnswerRow
from evalkit.models.recordings._read import Columns, header_of, read_rows, rows_of
from evalkit.models.recordings._recorded import Recorded
from evalkit.models.replay import named_parts

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run

__all__ = ["AnswerSet", "answer_sets", "rows_from"]

_LONGEST_NAME = 40
_NO_ANSWER = ": not a recorded answer"
_WHICH = (
    "name the columns: --columns answer=HEADER,id=HEADER,expected=HEADER; FILE#HEADER takes the "
    "answers from that one"
)
_NO_NAME = re.compile(r"[^\w.-]+")
_WHOLE = re.compile(r"\A(-?\d{1,15})\.0\Z")  # what spreadsheets and frames make of a number
_SUFFIXES = re.compile(
    r"(?:\.(?:answers|recording|gz|zst|jsonl|json|ndjson|csv|tsv|txt|xlsx|xls|ods|eval))+\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSet:
    """The answers of one model.

    Attributes:
        name: Short, without blanks: as gates name it.
        source: Where they are from, as it was written.
        path: The file, where it is one.
        kind: Such as "tables and JSON lines of id and text".
        rows: In the order of the file.
        date: ISO day of the latest answer, "" where the record names none.
        digest: sha256 of the file, hex; "" for what is none.
        notes: What a reader must know of how they were read, in English and Chinese.
    """

    name: str
    source: str
    path: Path | None
    kind: str
    rows: Sequence[AnswerRow]
    date: str = ""
    digest: str = ""
    notes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What stands in one source: perhaps of several models."""

    source: str
    path: Path | None
    kind: str
    rows: Sequence[Recorded]
    models: Sequence[str]
    digest: str = ""
    candidate: str | None = None  # of a run: whom it judged
    column: str = ""  # of a table: the one that was named


def answer_sets(given: Sequence[tuple[str | None, Any]], columns: Columns) -> list[AnswerSet]:
    """The answers of every model, each with a name of its own.

    A source that holds several models stands for all of them where it is the only one. Of a run
    beside other sources the candidate is meant.

    Args:
        given: Name (None = found) and source: a path, `PATH#MODEL`, a run, a frame, or rows.
        columns: Which column of a table is which.

    Raises:
        InputError: A source that cannot be read, or holds no answers.
        UsageError: Answers of several models and none is named, or only one set of answers.
    """
    found: list[AnswerSet] = []
    _check_columns([source for _, source in given], columns)
    for name, source in given:
        read, model = _read(source, columns)
        if model is None and len(read.models) > 1:
            if len(given) == 1:
                found += [_of(read, one, one) for one in read.models]
                continue
            model = _meant(read)
        found.append(_of(read, model, name))
    if len(found) < 2:
        raise UsageError(
            f"only one set of answers is given: {excerpt(found[0].source, 80)}"
            if found
            else "no answers are given",
            "name two files or more: evalkit compare old.csv new.csv",
        )
    named_ones = [name for name, _ in given] if len(given) == len(found) else [None] * len(found)
    return _named(found, named_ones)


def rows_from(source: Any, columns: Columns) -> tuple[list[AnswerRow], str]:
    """The rows of one source and their kind: for expected answers.

    Raises:
        InputError: It cannot be read.
        UsageError: It holds answers of several models and none is named.
    """
    read, model = _read(source, columns)
    if model is None and len(read.models) > 1:
        model = _meant(read)
    return list(_of(read, model, None).rows), read.kind


def _read(source: Any, columns: Columns) -> tuple[_Read, str | None]:
    if isinstance(source, str | Path):
        return _of_file(str(source), columns)
    if hasattr(source, "rows") and hasattr(source, "candidate"):
        return _of_run(source), None
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        source = _records(source)
    if not isinstance(source, Sequence) or not all(isinstance(row, Mapping) for row in source):
        raise UsageError(
            f"answers cannot be read from {excerpt(type(source).__name__, 40)}",
            "give a path, a run, a frame of pandas or a list of dicts",
        )
    layout, rows = rows_of(source, columns)
    return _whole("", None, layout.whose, rows), None


def _records(frame: Any) -> Any:
    """The rows of a frame of pandas; an index that has a name is a column."""
    if frame.index.name is not None and frame.index.name not in frame.columns:
        frame = frame.reset_index()
    try:
        return json.loads(frame.to_json(orient="records", date_format="iso"))
    except (ValueError, OverflowError, TypeError) as error:
        raise UsageError(
            f"the frame cannot be read: {excerpt(str(error), 80)}",
            "its columns need names of their own, and plain values",
        ) from error


def _of_file(written: str, columns: Columns) -> tuple[_Read, str | None]:
    place, hash_, name = written.rpartition("#")
    folder = Path(place if hash_ and not Path(written).exists() else written)
    if folder.is_dir() or folder.name == "run.json":
        return _of_folder(folder, written), (name if str(folder) == place else None) or None
    path, asked, model = named_parts(written, Path())
    try:
        layout, rows = read_rows(path, columns, asked=asked)
    except InputError as error:
        if _NO_ANSWER not in error.message:
            raise
        header = header_of(path)
        if model is not None and model in header:
            return _of_column(path, model, written, columns), None
        if model is not None:
            raise UsageError(
                f"{path} has no column `{excerpt(model, 60)}`{suggestion(model, header)}",
                f"columns: {', '.join(excerpt(one, 40) for one in header[:20])}",
            ) from error
        raise InputError(error.message, _WHICH) from error
    known = list(dict.fromkeys(row.model for row in rows if row.model is not None))
    if model is None or model in known:
        return _whole(written, path, layout.whose, rows), model
    header = header_of(path)
    if model in header:
        return _of_column(path, model, written, columns), None
    raise UsageError(
        f"{path} holds no answers of `{excerpt(model, 60)}`{suggestion(model, [*known, *header])}",
        f"it has: {', '.join(excerpt(one, 60) for one in known[:10])}"
        if known
        else "it names no model, and has no column of that name: leave #… out",
    )


def _of_column(path: Path, name: str, written: str, columns: Columns) -> _Read:
    """The rows with that column as the answers: tables often have a column for each model."""
    layout, rows = read_rows(path, {**columns, "answer": name})
    read = _whole(written, path, layout.whose, [replace(row, model=None) for row in rows])
    return replace(read, column=name)


def _check_columns(sources: Sequence[Any], columns: Columns) -> None:
    """Every column that is named is in some source."""
    if not columns:
        return
    headers: list[str] = []
    for source in sources:
        if isinstance(source, str | Path):
            path = named_parts(str(source), Path())[0]
            headers += header_of(path) if path.is_file() else []
        elif hasattr(source, "columns"):
            headers += map(str, source.columns)
        elif isinstance(source, Sequence):
            headers += header_of([row for row in source[:1] if isinstance(row, Mapping)])
    for name in columns.values():
        if name not in headers:
            known = list(dict.fromkeys(headers))
            raise UsageError(
                f"no file has a column `{excerpt(name, 60)}`{suggestion(name, known)}",
                f"columns: {', '.join(excerpt(one, 40) for one in known[:20])}",
            )


def _of_folder(folder: Path, written: str) -> _Read:
    """The stored rows of a run."""
    inside = folder.parent if folder.name == "run.json" else folder
    try:
        head = json.loads((inside / "run.json").read_text(encoding="utf-8"))
        models = [str(one["name"]) for one in head["models"]]
        candidate = head.get("candidate")
    except OSError as error:
        raise InputError(
            f"{inside} is a folder that holds no finished run: {error.strerror}",
            "name a file of answers, or a folder such as reports/support/2026-11-21T101500",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{inside} holds a damaged run", "run the suite again") from error
    path = inside / "samples.jsonl"
    layout, rows = read_rows(path, {})
    read = _whole(written, path, layout.whose, rows)
    day = str(head.get("started") or "")[:10]
    rows = [
        replace(row, date=day if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else None) for row in rows
    ]
    return replace(
        read,
        rows=rows,
        models=[one for one in models if one in read.models],
        candidate=candidate if candidate in read.models else None,
    )


def _of_run(run: Run) -> _Read:
    from evalkit.evaluation.stored import encoded

    layout, rows = rows_of([encoded(row) for row in run.rows], {})
    read = _whole(run.suite, None, layout.whose, rows)
    return replace(read, candidate=run.candidate if run.candidate in read.models else None)


def _whole(source: str, path: Path | None, kind: str, rows: Sequence[Recorded]) -> _Read:
    models = list(dict.fromkeys(row.model for row in rows if row.model is not None))
    digest = ""
    if path is not None:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _Read(source=source, path=path, kind=kind, rows=rows, models=models, digest=digest)


def _meant(read: _Read) -> str:
    if read.candidate is not None:
        return read.candidate
    several = ", ".join(excerpt(one, 60) for one in read.models[:10])
    raise UsageError(
        f"{excerpt(read.source, 80) or 'the rows'} holds answers of {len(read.models)} models: "
        f"{several}",
        f"say whose: {excerpt(read.source, 80)}#{excerpt(read.models[0], 60)}",
    )


def _of(read: _Read, model: str | None, name: str | None) -> AnswerSet:
    rows = [row for row in read.rows if model is None or row.model == model]
    if not rows:
        raise UsageError(
            f"{excerpt(read.source, 80)} holds no answers of `{excerpt(model or '', 60)}`"
            f"{suggestion(model or '', list(read.models))}",
            f"it has: {', '.join(excerpt(one, 60) for one in read.models[:10]) or 'none'}",
        )
    notes = []
    if name is None and model is not None and model == read.candidate and "#" not in read.source:
        where = excerpt(read.source, 80) or "the run"
        notes.append(
            (
                f"of {where} the candidate {excerpt(model, 60)} is taken (#NAME takes another)",
                f"取 {where} 中的候选模型 {excerpt(model, 60)}（用 #名称 可另选）",
            )
        )
    return AnswerSet(
        name=name or model or read.column or (read.models[0] if len(read.models) == 1 else ""),
        source=read.source,
        path=read.path,
        kind=read.kind,
        rows=[_row(row, place) for place, row in enumerate(rows, 1)],
        date=max((row.date for row in rows if row.date), default=""),
        digest=read.digest,
        notes=notes,
    )


def _row(row: Recorded, place: int) -> AnswerRow:
    return AnswerRow(
        reply=row.reply,
        ids=[_WHOLE.sub(r"\1", name.strip()) for name in row.ids if name.strip()],
        messages=row.messages or None,
        expected=row.expected,
        fields=row.fields,
        repeat=row.repeat,
        line=row.line or place,
    )


def _named(sets: Sequence[AnswerSet], given: Sequence[str | None]) -> list[AnswerSet]:
    """Each with a name that no other has: its own, the file's, the folder's, a number."""
    names = []
    for one, said in zip(sets, given, strict=True):
        stem = _SUFFIXES.sub("", one.path.name) if one.path is not None else ""
        by_file = stem if stem and stem != "samples" else one.name
        names.append(said or (one.name if "#" in one.source and one.name else by_file or one.name))
    for other in (lambda one: one.name, _folder, lambda _: ""):
        twice = {name for name, count in Counter(map(_plain, names)).items() if count > 1}
        if not twice:
            break
        names = [
            (said or other(one) or name) if _plain(name) in twice else name
            for one, said, name in zip(sets, given, names, strict=True)
        ]
    found: list[AnswerSet] = []
    for place, (one, name) in enumerate(zip(sets, names, strict=True), 1):
        plain = _plain(name) or f"model{place}"
        if plain in {before.name for before in found}:
            plain = f"{plain[: _LONGEST_NAME - 3]}-{place}"
        found.append(replace(one, name=plain))
    return found


def _folder(one: AnswerSet) -> str:
    return one.path.absolute().parent.name if one.path is not None else ""


def _plain(name: str) -> str:
    return _NO_NAME.sub("-", name).strip("-.")[:_LONGEST_NAME]
