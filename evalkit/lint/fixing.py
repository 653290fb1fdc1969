# SPDX-License-Identifier: Apache-2.0
"""Mends files: safe and unsafe fixes are written, rows to drop are set aside with their reasons.

What no fix touches keeps its bytes. A fix may uncover another fault (a row that is readable again
may hold mojibake), so a file is mended in rounds until nothing is left to mend; mending twice is
therefore the same as mending once. Nothing here grows with the file but on disk: what is held are
the findings and which lines they changed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.core.atomic import atomic
from evalkit.core.errors import UsageError
from evalkit.core.finding import Safety
from evalkit.lint.changes import unified
from evalkit.lint.engine import check
from evalkit.lint.rewriting import Mended, Plan, unpack, write_as_jsonl
from evalkit.lint.settings import Settings

if TYPE_CHECKING:
    from evalkit.data.read import DataSet

__all__ = ["Mended", "differences", "fix", "mended", "rejected_path"]

_ROUNDS = 20  # fixes of one row that overlap take a round each
_CLAIMS_LINES = (".jsonl", ".ndjson")


def fix(
    path: str, settings: Settings, levels: Collection[Safety], destination: str | None = None
) -> Mended:
    """Mend a file.

    Args:
        path: The data set; "-" is standard input.
        settings: Of the lint that finds what to mend.
        levels: Which fixes to apply: "safe", "unsafe", "drop".
        destination: Where to write; None = in place (JSONL that is not packed only).

    Returns:
        What was done; its temporary places are gone.

    Raises:
        UsageError: In place, and what must be mended is a table, a JSON document (unless its name
            says that it is lines), packed or standard input.
        InputError: The file cannot be read or the result cannot be written.
    """
    with mended(path, settings, levels, anew=destination is not None) as result:
        target = Path(destination) if destination is not None else Path(path).resolve()
        if result.set_aside:  # first: a row must never be in neither file
            _append(result.aside, rejected_path(destination or path))
        if result.changed or destination is not None:
            with result.place.open("rb") as source, atomic(target) as stream:
                shutil.copyfileobj(source, stream, 1 << 20)
        return result


def rejected_path(path: str) -> Path:
    """Where the rows that are set aside go: `train.rejected.jsonl` beside `train.jsonl`."""
    place = Path(path)
    return place.with_name(f"{place.stem}.rejected.jsonl")


def _append(source: Path, target: Path) -> None:
    with atomic(target) as stream:
        for part in (target, source):
            if part.exists():
                with part.open("rb") as lines:
                    shutil.copyfileobj(lines, stream, 1 << 20)


def differences(path: str, settings: Settings, levels: Collection[Safety]) -> Iterator[str]:
    """What `fix` would change, as lines of a unified diff; nothing where nothing would.

    A file that becomes UTF-8 says so in a line before.

    Raises:
        UsageError: The file is a table or a JSON document: its fixes are written elsewhere.
        InputError: The file cannot be read.
    """
    data = _open(path, settings)
    with mended(path, settings, levels, anew=data.container == "jsonl") as result:
        if result.transcoded:
            yield f"{path}: {data.encoding} becomes utf-8 without byte order mark"
        if result.changed:
            after = _open(str(result.place), replace(settings, table=None))
            yield from unified(
                result.changes, _texts(data, settings), _texts(after, settings), path
            )


def _texts(data: DataSet, settings: Settings) -> Iterator[str]:
    """The lines of a file as text; of very long ones the beginning."""
    from evalkit.data.encodings import named
    from evalkit.data.lines import LINE_CAP, lines
    from evalkit.data.source import open_source

    source = open_source(data.place, data.path)
    encoding = named(data.encoding, source.head)
    with source.open() as stream:
        for raw, _, _, _ in lines(stream, encoding, cap=settings.max_line_bytes or LINE_CAP):
            yield raw.decode("utf-8", "replace")


@contextmanager
def mended(
    path: str, settings: Settings, levels: Collection[Safety], *, anew: bool
) -> Iterator[Mended]:
    """The mended file in a temporary place, for as long as the block runs.

    Args:
        path: The data set; "-" is standard input.
        settings: Of the lint that finds what to mend.
        levels: Which fixes to apply.
        anew: Whether it will be written to another place: then tables and JSON documents become
            JSONL, and packed files are unpacked.

    Raises:
        UsageError: Not `anew`, and what must be mended is no plain JSONL.
        InputError: The file cannot be read, or holds what cannot be written anew.
    """
    data = _open(path, settings)
    inner = _for_rounds(settings, data.path)
    with tempfile.TemporaryDirectory(prefix="evalkit-fix-") as name:
        folder = Path(name)
        result = Mended(path, Path(data.place), folder / "aside.jsonl")
        plan = Plan.of(check([path], inner).findings, levels)
        if not _is_plain(path, data) and not anew:
            if not plan:
                yield result
                return
            if not (plan.transcode and _claims_lines(data)):
                raise _not_in_place(path, data)
            write_as_jsonl(data, result, folder / "0.jsonl", strict="drop" not in levels)
            result.fixed += plan.counted(plan.transcode)
        elif data.container != "jsonl":
            write_as_jsonl(data, result, folder / "0.jsonl", strict=False)
            result.fixed += plan.counted(plan.transcode)
        elif data.packing:
            unpack(path, data, result, folder / "0.jsonl")
        elif plan and plan.carried_out(data, result, folder / "1.jsonl"):
            pass
        else:
            yield result
            return
        inner = replace(inner, table=None)
        for number in range(2, _ROUNDS + 1):
            plan = Plan.of(check([str(result.place)], inner).findings, levels)
            current = _open(str(result.place), inner)
            if not plan or not plan.carried_out(current, result, folder / f"{number}.jsonl"):
                break
        yield result


def _is_plain(path: str, data: DataSet) -> bool:
    return data.container == "jsonl" and not data.packing and path != "-"


def _claims_lines(data: DataSet) -> bool:
    """Whether it is a JSON document whose name says that it is lines."""
    named = Path(data.path).suffix.lower() in _CLAIMS_LINES
    return data.container == "json" and not data.packing and named


def _not_in_place(path: str, data: DataSet) -> UsageError:
    if path == "-":
        return UsageError("standard input has no place to be mended in", "name a file by -O")
    kind = "packed" if data.packing else f"a {data.container.upper()} file"
    stem = Path(path).name.partition(".")[0]
    return UsageError(
        f"{path} is {kind}: fixes are written as JSONL, not into it",
        f"name the file to write: evalkit lint {path} --fix -O {stem}.jsonl",
    )


def _for_rounds(settings: Settings, path: str) -> Settings:
    """The settings with only the rules that mend something, as they are for this file."""
    from evalkit.lint.catalogue import rules_for

    shown = path.replace("\\", "/")
    switched_off = [
        word
        for glob, words in settings.per_file_ignores
        if fnmatchcase(shown, glob) or fnmatchcase(shown, f"*/{glob}")
        for word in words
    ]
    idle = [rule.name for rule in rules_for(settings) if rule.fix is None]
    return replace(
        settings,
        ignore=(*settings.ignore, *switched_off, *idle),
        per_file_ignores=(),  # later rounds look at a file of another name
        keep=None,
        limit=None,
        sample=None,
        tokens=False,
    )


def _open(path: str, settings: Settings) -> DataSet:
    from evalkit.data.read import open_data

    return open_data(
        path,
        table=settings.table,
        max_line_bytes=settings.max_line_bytes,
        name=settings.stdin_name if path == "-" else None,
        layouts=settings.layouts,
    )
