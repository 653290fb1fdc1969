# SPDX-License-Identifier: Apache-2.0
"""Where and how the findings of a lint are written."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from evalkit.core.errors import UsageError
from evalkit.core.strings import language
from evalkit.lint.result import Result

if TYPE_CHECKING:
    from evalkit.lint.outputs._look import Look

__all__ = ["colors", "form_of", "write"]


def form_of(given: Mapping[str, Any]) -> tuple[str, Any]:
    """Name of the output that the options mean, and the output.

    Raises:
        UsageError: There is no such output, or it needs `-o` or `--target all`.
    """
    from evalkit.core.registry import find
    from evalkit.lint.outputs._look import FileOutput

    name = "statistics" if given["statistics"] else given["output_format"]
    if name is None:
        named = Path(given["output"] or "").suffix.lower() in (".html", ".htm")
        plain = "matrix" if tuple(given["target"]) == ("all",) else "full"
        name = "html" if named else plain
    if name == "html":
        if given["output"] in (None, "-") and sys.stdout.isatty():
            raise UsageError("--output-format html writes a page", "name it: -o lint.html")
        return name, _page  # no output of lint's own: pages are made above it
    try:
        form = find("outputs", name)
    except UsageError as error:
        raise UsageError(error.message, f"{error.hint}, html") from None
    if name == "matrix" and "all" not in given["target"]:
        raise UsageError("--output-format matrix is about targets", "add --target all")
    if isinstance(form, FileOutput) and given["output"] in (None, "-"):
        raise UsageError(
            f"--output-format {name} writes a file", f"name it: -o findings{form.suffix}"
        )
    return name, form


def _page(result: Result, look: Look) -> Iterator[str]:
    """The page, in the shape of an output."""
    from evalkit.report.lint_page import lint_page

    yield lint_page(result, language=look.language, max_per_rule=look.max_per_rule).rstrip("\n")


def colors(given: Mapping[str, Any]) -> bool:
    """Whether standard output shows colours."""
    if given["color"] != "auto":
        return bool(given["color"] == "always")
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def write(result: Result, form: Any, given: Mapping[str, Any], *, err: bool = False) -> None:
    """Write the result where the options say; what could not be read goes to standard error.

    Args:
        result: What was found.
        form: The output.
        given: The options.
        err: Whether standard output is taken by the data.

    Raises:
        InputError: The place cannot be written.
    """
    from evalkit.lint.outputs._look import FileOutput

    output = None if given["output"] == "-" else given["output"]
    look = _look(given, color=output is None and not err and colors(given))
    if output is None:
        for line in form(result, look):
            click.echo(line, err=err, color=look.color)
    else:
        if isinstance(form, FileOutput):
            form(result, look, Path(output))
        else:
            _to_file(form(result, look), Path(output))
        _summary(result, look)
    for line in result.unreadable:
        click.echo(f"error: {line}", err=True)


def _look(given: Mapping[str, Any], *, color: bool) -> Look:
    from evalkit.lint.outputs._look import Look

    return Look(
        color=color,
        max_per_rule=given["max_per_rule"],
        language=language(given["lang"]),
        width=shutil.get_terminal_size((100, 24)).columns,
    )


def _to_file(lines: Any, path: Path) -> None:
    with _opened(path) as stream:
        for line in lines:
            stream.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    """A stream that writes the file whole; a device or a pipe is written into, never replaced."""
    from evalkit.core.atomic import atomic

    if path.exists() and not path.is_file() and not path.is_dir():
        return path.open("wb")
    return atomic(path.resolve())


def _summary(result: Result, look: Look) -> None:
    """The totals for whoever watches, since the findings went elsewhere."""
    from evalkit.lint.outputs._totals import totals

    for line in totals(result, look):
        click.echo(line, err=True)
