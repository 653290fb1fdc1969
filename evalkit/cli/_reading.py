# SPDX-License-Identifier: Apache-2.0
"""What the commands that read tables share: their options, notes, and a bar while they read."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.core.location import Location
    from evalkit.data.read import DataSet

__all__ = [
    "opened",
    "pairs",
    "reading_options",
    "same_file",
    "say_left_out",
    "watched",
    "words",
]

F = TypeVar("F", bound=Callable[..., Any])

_QUIET_SECONDS = 1.0
_MOST_NAMED = 20

_OPTIONS = (
    click.option(
        "--columns",
        metavar="ROLE=HEADER,…",
        help="Which column of a table is which: user=ask,assistant=answer.",
    ),
    click.option("--sheet", metavar="NAME", help="Of a workbook; the first where not given."),
    click.option("--encoding", metavar="NAME", help="Of a text file; told from its bytes else."),
    click.option(
        "--system", metavar="TEXT|@FILE", help="A system prompt for every row of a table."
    ),
    click.option(
        "--from", "layout", metavar="LAYOUT", help="Of the rows; told from the first ones else."
    ),
)


def reading_options(command: F) -> F:
    """Adds --columns, --sheet, --encoding, --system and --from to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def words(text: str | None) -> list[str]:
    """What stands between the commas."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def pairs(text: str | None) -> dict[str, str]:
    """`user=ask,assistant=answer` as a mapping.

    Raises:
        UsageError: A part is not NAME=HEADER.
    """
    found = {}
    for word in words(text):
        name, equals, header = word.partition("=")
        if not (name.strip() and equals and header.strip()):
            raise UsageError(
                f"--columns: `{excerpt(word)}` is not ROLE=HEADER",
                "such as user=ask,assistant=answer",
            )
        found[name.strip()] = header.strip()
    return found


def opened(
    path: str,
    *,
    columns: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    system: str | None = None,
    layout: str | None = None,
) -> DataSet:
    """The data set that the options mean; what was decided is said on standard error.

    Raises:
        InputError: As `open_data`; and rows whose layout is not known.
        UsageError: As `open_data`.
    """
    from evalkit.data.read import TableOptions, open_data

    table = TableOptions(
        columns=pairs(columns), sheet=sheet, encoding=encoding, system=_text_or_file(system)
    )
    data = open_data(path, table=table, format=layout)
    if data.format is None and (keys := _keys(data)):
        from evalkit.core.registry import names

        raise InputError(
            f"{path}: no known layout has the keys {', '.join(keys)}",
            f"known: {', '.join(names('formats'))}; say which by --from",
        )
    if data.encoding != "utf-8":
        click.echo(f"{path}: read as {data.encoding} ({printable(data.evidence)})", err=True)
    for note in data.notes:
        click.echo(f"{path}: {printable(note)}", err=True)
    return data


def _text_or_file(system: str | None) -> str | None:
    if system is None or not system.startswith("@"):
        return system
    try:
        return Path(system[1:]).read_text(encoding="utf-8-sig").removesuffix("\n")
    except OSError as error:
        raise InputError(f"no such file: {system[1:]}", "--system TEXT takes the text") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{system[1:]} is not UTF-8", "save it as UTF-8") from error


def _keys(data: DataSet) -> list[str]:
    """Top-level keys of the first row that has any."""
    for example in data:
        if isinstance(example.value, dict):
            return [f"`{excerpt(str(key), 30)}`" for key in list(example.value)[:10]]
    return []


def watched(data: DataSet, what: str) -> Iterator[Example]:
    """The examples, with a bar on a terminal once it takes more than a second."""
    if not sys.stderr.isatty():
        yield from data
        return
    begun, bar, task = time.monotonic(), None, None
    try:
        for number, example in enumerate(data):
            if number % 256 == 0 and (bar or time.monotonic() - begun > _QUIET_SECONDS):
                if bar is None:
                    from rich.console import Console
                    from rich.progress import Progress

                    bar = Progress(console=Console(stderr=True), transient=True)
                    bar.start()
                    size = data.size if data.container != "xlsx" and not data.packing else None
                    task = bar.add_task(what, total=size)
                if task is not None:
                    bar.update(task, completed=example.location.end or number)
            yield example
    finally:
        if bar is not None:
            bar.stop()


def same_file(one: str, other: str) -> bool:
    """Whether both paths name one file, through links too."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return Path(one).absolute() == Path(other).absolute()


def say_left_out(src: str, rows: Sequence[tuple[Location, str]]) -> None:
    """Name rows that were not used, with their lines, on standard error."""
    for location, reason in rows[:_MOST_NAMED]:
        span = f"{location.line}"
        if location.end_line and location.end_line != location.line:
            span += f"-{location.end_line}"
        click.echo(f"{src}:{span}: left out: {printable(reason)}", err=True)
    if (more := len(rows) - _MOST_NAMED) > 0:
        click.echo(f"{src}: {more:,} more rows left out", err=True)
