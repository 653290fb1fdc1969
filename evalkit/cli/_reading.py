# SPDX-License-Identifier: Apache-2.0
"""What the commands that read tables share: their options, notes, and a bar while they read."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalkit.core.config import Configuration
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.core.location import Location
    from evalkit.data.keymap import KeyMap
    from evalkit.data.read import DataSet
    from evalkit.data.table import TableOptions

__all__ = [
    "described_layouts",
    "kept_apart",
    "opened",
    "pairs",
    "reading_options",
    "replace_option",
    "replacements",
    "same_file",
    "say_left_out",
    "table_options",
    "templates",
    "text_or_file",
    "watched",
    "words",
]

F = TypeVar("F", bound=Callable[..., Any])

_QUIET_SECONDS = 1.0
_MOST_NAMED = 20
_TEMPLATED = ("system", "user", "assistant", "chosen", "rejected")

_OPTIONS = (
    click.option(
        "--columns",
        metavar="ROLE=HEADER,…",
        help="Which column of a table, or key of a JSON row, is which: user=ask,assistant=answer.",
    ),
    click.option(
        "--template",
        multiple=True,
        metavar="ROLE=TEXT",
        help=r"A text of several columns, or of none: 'user={title}\n{ask}'; repeatable.",
    ),
    click.option(
        "--no-header",
        is_flag=True,
        help="The first row of a table is data; its columns are A, B, C or 1, 2, 3.",
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


_REPLACE = click.option(
    "--replace",
    multiple=True,
    metavar="OLD=NEW",
    help="Replace a text wherever it is said; repeatable, in order.",
)


def reading_options(command: F) -> F:
    """Adds the options that tell how to read a file: the arguments of `opened`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def replace_option(command: F) -> F:
    """Adds --replace to a command, whose values `replacements` understands."""
    return _REPLACE(command)


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


def templates(values: Sequence[str]) -> dict[str, str]:
    """`user={title} {ask}` as role to template.

    Raises:
        UsageError: A value is not ROLE=TEXT, or a role comes twice.
    """
    found: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        role = name.strip().casefold()
        if not (equals and role):
            raise UsageError(
                f"--template: `{excerpt(value)}` is not ROLE=TEXT", r"such as 'user={title}\n{ask}'"
            )
        if role not in _TEMPLATED:
            raise UsageError(
                f"--template: no role named `{excerpt(role)}`{suggestion(role, [*_TEMPLATED])}",
                f"roles: {', '.join(_TEMPLATED)}",
            )
        if role in found:
            raise UsageError(f"--template: `{role}` is given twice", "one template for each role")
        found[role] = text
    return found


def replacements(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """`OLD=NEW`, each split at its first `=`, as pairs in order; NEW may be empty.

    Raises:
        UsageError: A value has no `=`, or nothing before it.
    """
    pairs = []
    for value in values:
        old, equals, new = value.partition("=")
        if not (old and equals):
            raise UsageError(
                f"--replace: `{excerpt(value)}` is not OLD=NEW", "such as 'ChatLAW=the assistant'"
            )
        pairs.append((old, new))
    return tuple(pairs)


def table_options(
    *,
    columns: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    system: str | None = None,
    template: Sequence[str] = (),
    no_header: bool = False,
) -> TableOptions:
    """How to read a table, as the options say.

    Raises:
        InputError: The file of the system prompt cannot be read.
        UsageError: An option is not understood, or two of them say the same.
    """
    from evalkit.data.read import TableOptions

    named, made = pairs(columns), templates(template)
    twice = [role for role in made if role in {name.strip().casefold() for name in named}]
    if "system" in made and system is not None:
        raise UsageError("--system and --template system=… say the same", "leave one of them out")
    if twice:
        raise UsageError(
            f"`{twice[0]}` is given by --columns and by --template", "leave one of them out"
        )
    return TableOptions(
        columns=named,
        sheet=sheet,
        encoding=encoding,
        system=text_or_file(system),
        templates=made,
        header=not no_header,
    )


def described_layouts() -> Mapping[str, KeyMap]:
    """The layouts that the configuration describes, by name.

    Raises:
        UsageError: One of them says nothing, or two things at once.
    """
    context = click.get_current_context(silent=True)
    configured = context.find_object(Configuration) if context is not None else None
    tables = configured.values.get("layouts") if configured is not None else None
    if not tables:
        return {}
    from evalkit.data.layouts import described

    return described(tables)


def opened(
    path: str,
    *,
    columns: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    system: str | None = None,
    layout: str | None = None,
    template: Sequence[str] = (),
    no_header: bool = False,
) -> DataSet:
    """The data set that the options and the configuration mean.

    What was decided is said on standard error. A system prompt is put into rows of tables only.

    Raises:
        InputError: As `open_data`; and rows whose layout is not known.
        UsageError: As `open_data` and `table_options`.
    """
    from evalkit.data.read import open_data

    table = table_options(
        columns=columns,
        sheet=sheet,
        encoding=encoding,
        system=system,
        template=template,
        no_header=no_header,
    )
    layouts = described_layouts()
    data = open_data(path, table=table, format=layout, layouts=layouts, guess=True)
    if data.format is None and (keys := _keys(data)):
        from evalkit.core.registry import names

        raise InputError(
            f"{path}: no known layout has the keys {', '.join(keys)}",
            "say which are the question and the answer: --columns user=KEY,assistant=KEY; describe "
            "nested rows under [layouts.NAME] in evalkit.toml (evalkit schema config); or name "
            f"one by --from: {', '.join([*layouts, *names('formats')])}",
        )
    if data.encoding != "utf-8":
        click.echo(f"{path}: read as {data.encoding} ({printable(data.evidence)})", err=True)
    for note in data.notes:
        click.echo(f"{path}: {printable(note)}", err=True)
    return data


def text_or_file(system: str | None) -> str | None:
    """A text as it is; what a file holds for @FILE, without its last line feed.

    Raises:
        InputError: The file is not there, or is not UTF-8.
    """
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
                    placed = data.container not in ("xlsx", "parquet") and not data.packing
                    size = data.size if placed else None
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


def kept_apart(place: str | None, paths: Iterable[str | None]) -> None:
    """Refuse to write over what is read: a result is made again, a data set may not be.

    Args:
        place: What `-o` names.
        paths: What is read.

    Raises:
        UsageError: `place` is one of them, through links too.
    """
    if place is None or not Path(place).is_file():  # "-", a pipe, a device, a new file
        return
    if any(path and same_file(path, place) for path in paths):
        raise UsageError(f"-o {printable(place)} is a file that is read", "write to another file")


def say_left_out(src: str, rows: Sequence[tuple[Location, str]]) -> None:
    """Name rows that were not used, with their lines, on standard error."""
    for location, reason in rows[:_MOST_NAMED]:
        span = f"{location.line}"
        if location.end_line and location.end_line != location.line:
            span += f"-{location.end_line}"
        click.echo(f"{src}:{span}: left out: {printable(reason)}", err=True)
    if (more := len(rows) - _MOST_NAMED) > 0:
        click.echo(f"{src}: {more:,} more rows left out", err=True)
