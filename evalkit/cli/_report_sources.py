# SPDX-License-Identifier: Apache-2.0
"""What `evalkit report` is given: stored runs, folders of runs, or files of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.core.errors import UsageError
from evalkit.core.printable import printable

if TYPE_CHECKING:
    from evalkit.evaluation.comparing.comparison import Compared
    from evalkit.evaluation.result import Run

__all__ = ["Source", "are_answers", "compared", "stored_runs"]

_RUN = "run.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A run to report on.

    Attributes:
        run: With its rows.
        folder: Where it is stored; None where answers were compared just now.
        found: How the answers were brought together, where they were.
    """

    run: Run
    folder: Path | None = None
    found: Compared | None = None


def are_answers(given: Sequence[str]) -> bool:
    """Whether files of answers are meant, as `evalkit compare` takes them, and not stored runs."""
    return any(not Path(one).is_dir() and Path(one).name != _RUN and _names(one) for one in given)


def _names(text: str) -> bool:
    """Whether it is a file, or `vs`, NAME=FILE or FILE#MODEL of one."""
    if Path(text).is_file() or text == "vs":
        return True
    file = text.partition("=")[2] or text
    return Path(file).exists() or Path(file.rpartition("#")[0] or "?").exists()


def compared(given: Sequence[str], options: dict[str, Any]) -> Source:
    """The answers of several models, held against each other by the engine of `compare`.

    Raises:
        InputError: A file cannot be read.
        UsageError: They cannot be compared.
    """
    from datetime import datetime

    from evalkit.cli._compare_options import named_sources
    from evalkit.evaluation.comparing.comparison import Wanted, compare_answers

    sources, turned = named_sources(given)
    wanted = Wanted(expected=options["expected"], data=options["data"], first_is_base=turned)
    started = datetime.now().astimezone().replace(microsecond=0).isoformat()
    found = compare_answers(sources, wanted, started=started)
    return Source(found.run, None, found)


def stored_runs(given: Sequence[str]) -> list[Source]:
    """The runs in folders, in the order given; of a folder of runs the newest of each suite.

    Raises:
        InputError: A folder holds no finished run, or a damaged one.
    """
    from evalkit.evaluation.stored import load_run

    folders = [folder for one in given for folder in _folders(Path(one))]
    return [Source(load_run(folder), folder) for folder in folders]


def _folders(path: Path) -> list[Path]:
    if path.name == _RUN or not path.is_dir() or (path / _RUN).is_file():
        return [path.parent if path.name == _RUN else path]  # what is wrong the reading says
    from evalkit.report.index_runs import listed_runs

    runs, unread = listed_runs(path)
    for lost in unread:
        click.echo(f"left out: {printable(str(lost.folder))}: {lost.why.plain('en')}", err=True)
    newest: dict[str, Path] = {}
    for run in runs:
        newest.setdefault(run.run.suite, run.folder)
    if not newest:
        raise UsageError(
            f"{printable(str(path))} holds no finished run",
            "give a folder below reports/, such as reports/SUITE/TIME",
        )
    if len(runs) > len(newest):
        told = f"{len(runs)} runs, {len(newest)} suite{'' if len(newest) == 1 else 's'}"
        click.echo(f"{printable(str(path))}: {told}: the newest of each", err=True)
    return list(newest.values())
