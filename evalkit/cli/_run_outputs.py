# SPDX-License-Identifier: Apache-2.0
"""Where and in which forms `evalkit run` and `evalkit compare` say what they found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt, printable

if TYPE_CHECKING:
    from evalkit.report.outputs._judged import Judged, Look

__all__ = ["Output", "from_root", "one_line", "outputs_of", "say", "say_error", "written_form"]

_LOG = ("text", "github")  # what a log shows: `--output-format` of these never means a file
_SUFFIXES = {
    ".htm": "html",
    ".html": "html",
    ".json": "json",
    ".md": "markdown",
    ".txt": "text",
    ".xml": "junit",
}


@dataclass(frozen=True, slots=True)
class Output:
    """A file that is to be written.

    Attributes:
        form: In which form.
        path: Where.
    """

    form: str
    path: Path


def outputs_of(
    form: str | None, written: Sequence[str], own: Sequence[str]
) -> tuple[str, list[Output]]:
    """What is printed, and what is written where.

    `-o FORM=FILE` says it all. `-o FILE` alone is of the form that `--output-format` names where
    that is one for files, else of the form that the ending of its name means.

    Args:
        form: Of `--output-format`.
        written: Of every `-o`.
        own: Forms of the command itself, beside those of `report.outputs`.

    Raises:
        UsageError: No such form, or nobody knows what is to be written.
    """
    from evalkit.core.registry import names, suggestion

    known = sorted({*own, *names("run_outputs")})
    if form is not None and form not in known:
        near = suggestion(form, known)
        raise UsageError(
            f"--output-format: no form named `{excerpt(form)}`{near}", f"known: {', '.join(known)}"
        )
    named = [_named(text, known) for text in written]
    bare = [text for text, form_ in zip(written, named, strict=True) if form_ is None]
    whole = None
    if form is not None and form not in _LOG and bare:
        if len(bare) > 1:
            raise UsageError(
                f"--output-format {form} and {len(bare)} files: which is of that form?",
                f"say it of each: -o {form}={printable(bare[0])}",
            )
        whole, form = form, "text"
    found = []
    for text, meant in zip(written, named, strict=True):
        place = _place(text if meant is None else text.partition("=")[2])
        found.append(Output(meant or whole or _by_suffix(text, known), place))
    return form or "text", found


def _named(text: str, known: Sequence[str]) -> str | None:
    """The form of `FORM=FILE`; None where a file alone is named."""
    from evalkit.core.registry import suggestion

    name, equals, file = text.partition("=")
    if not (equals and file):
        return None
    if name in known:
        return name
    if not Path(text).exists() and (near := suggestion(name, list(known))):
        raise UsageError(
            f"-o {printable(text)}: no form named `{excerpt(name)}`{near}",
            f"known: {', '.join(known)}",
        )
    return None


def _by_suffix(text: str, known: Sequence[str]) -> str:
    form = _SUFFIXES.get(Path(text).suffix.lower())
    if form is None or form not in known:
        endings = ", ".join(sorted({end for end, one in _SUFFIXES.items() if one in known}))
        raise UsageError(
            f"-o {printable(Path(text).name)}: what is to be written there?",
            f"name it {endings}, or say the form: -o {known[0]}={printable(Path(text).name)}; "
            f"forms: {', '.join(known)}",
        )
    return form


def _place(text: str) -> Path:
    """Told before anything is asked: a folder cannot be written into."""
    path = Path(text)
    if path.is_dir():
        raise UsageError(f"-o {printable(text)} is a folder", "name a file in it")
    return path


def written_form(form: str, judged: Sequence[Judged], look: Look) -> str:
    """What one of `report.outputs` says, ending in a line feed."""
    from evalkit.core.registry import find

    return "".join(f"{line}\n" for line in find("run_outputs", form)(judged, look))


def say(form: str, judged: Sequence[Judged], look: Look) -> None:
    """Print a form of `report.outputs`; what GitHub shows of a job gets the summary too."""
    click.echo(written_form(form, judged, look), nl=False)
    if form == "github" and (place := os.environ.get("GITHUB_STEP_SUMMARY")):
        _append(Path(place), written_form("markdown", judged, look))


def _append(path: Path, text: str) -> None:
    """The step's summary may hold more already; where it cannot be written the verdict stands."""
    try:
        with path.open("ab") as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        shown = printable(str(path))
        click.echo(f"warning: no summary: cannot write {shown}: {error.strerror}", err=True)


def say_error(error: EvalkitError, form: str, file: str = "") -> None:
    """What ended a run, as an annotation; the exit code and standard error say it anyway."""
    if form == "github":
        from evalkit.report.outputs.github import command

        click.echo(command("error", one_line(error), file=file or None, title="evalkit"))


def one_line(error: EvalkitError) -> str:
    """What was wrong and how to mend it."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def from_root(path: Path) -> str:
    """A file as seen from the root of the repository that CI has checked out, with slashes."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    for start in (root, str(Path.cwd())):
        if start:
            try:
                return path.resolve().relative_to(Path(start).resolve()).as_posix()
            except (OSError, ValueError):
                continue
    return path.as_posix()
