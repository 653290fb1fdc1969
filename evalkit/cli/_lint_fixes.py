# SPDX-License-Identifier: Apache-2.0
"""What `--fix`, `--drop` and `--diff` do with the files, and how it is said."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from evalkit.core.errors import EvalkitError, InputError, UsageError
from evalkit.core.finding import Safety
from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.lint.result import Result
from evalkit.lint.settings import Settings

__all__ = ["Fixes", "called", "differences_shown", "fixed_files", "levels_of", "shown_fixes"]

_NO_LINES = (".gz", ".zst", ".bz2", ".xz", ".csv", ".tsv", ".xlsx", ".xls", ".json", ".parquet")


@dataclass(slots=True)
class Fixes:
    """What was mended.

    Attributes:
        paths: What to lint now: the files, or the one that was written instead.
        names: What to call a path of `paths` that is a temporary one.
        by_file: Path to (code, name) to number.
        set_aside: Rows that were dropped.
        failed: Path to why it could not be mended.
    """

    paths: tuple[str, ...]
    names: dict[str, str] = field(default_factory=dict)
    by_file: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    set_aside: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many findings were mended."""
        return sum(counts.total() for counts in self.by_file.values())


def levels_of(given: Mapping[str, Any]) -> set[Safety]:
    """Which fixes the options ask for; none = nothing is to be mended."""
    levels: set[Safety] = {"drop"} if given["drop"] else set()
    if given["unsafe_fixes"]:
        levels |= {"safe", "unsafe"}
    if given["fix"] or ((given["fix_only"] or given["fix_output"]) and not levels):
        levels.add("safe")
    return levels


@contextmanager
def fixed_files(
    paths: tuple[str, ...], settings: Settings, given: Mapping[str, Any]
) -> Iterator[Fixes]:
    """Mend the files that the options name; a file that cannot be mended is linted all the same.

    Mended standard input goes to standard output, unless `-O` names a file; it can be linted as
    long as the block runs.

    Raises:
        UsageError: The options do not go together.
        InputError: The one file to write could not be made.
    """
    output = given["fix_output"]
    levels = levels_of(given)
    _sensible(paths, settings, output, levels)
    to_screen = output == "-" or (output is None and "-" in paths)
    fixes = Fixes(paths)
    with tempfile.TemporaryDirectory(prefix="evalkit-") as folder:
        for path in paths:
            shown = settings.stdin_name or path if path == "-" else path
            place = output
            if to_screen and (path == "-" or output == "-"):
                place = str(Path(folder) / "out.jsonl")
                fixes.names[place] = shown
            _fix(path, settings, levels, place, fixes)
            if place in fixes.names and shown not in fixes.failed:
                with Path(place).open("rb") as mended:
                    shutil.copyfileobj(mended, sys.stdout.buffer, 1 << 20)
                sys.stdout.buffer.flush()
            if place is not None:
                fixes.paths = tuple(place if one == path else one for one in fixes.paths)
        yield fixes


def _fix(
    path: str, settings: Settings, levels: set[Safety], place: str | None, fixes: Fixes
) -> None:
    from evalkit.lint.fixing import fix

    try:
        done = fix(path, settings, levels, place)
    except EvalkitError as error:
        if place is not None or not isinstance(error, InputError | UsageError):
            raise  # there is nothing that could be linted instead
        fixes.failed[path] = "; ".join(filter(None, (error.message, error.hint)))
        return
    fixes.by_file[path] = done.fixed
    fixes.set_aside += done.set_aside


def _sensible(
    paths: Sequence[str], settings: Settings, output: str | None, levels: set[Safety]
) -> None:
    if settings.limit or settings.sample:
        raise UsageError("a part of a file cannot be mended", "leave --limit and --sample out")
    if output is None or output == "-":
        if "drop" in levels and ("-" in paths or output == "-"):
            raise UsageError("rows that are set aside need a file to go to", "name one: -O FILE")
    elif output.lower().endswith(_NO_LINES):
        raise UsageError(f"-O {printable(output)}: JSONL is written", "name a file .jsonl")
    if output is not None and len(paths) > 1:
        raise UsageError("-O names one file, but several are to be mended", "mend them one by one")


def differences_shown(
    paths: Sequence[str], settings: Settings, given: Mapping[str, Any], *, color: bool
) -> int:
    """Print what fixes would change; the exit code.

    Raises:
        UsageError: The options do not go together.
    """
    from evalkit.core.secrets import masked
    from evalkit.lint.fixing import differences

    levels = levels_of(given) or {"safe"}
    _sensible(paths, settings, None, levels - {"drop"})
    colors = {"-": "red", "+": "green", "@": "cyan"}
    changed = failed = False
    for path in paths:
        try:
            for line in differences(path, settings, levels):
                changed = True
                text = printable(masked(line.rstrip("\r")))
                click.echo(
                    click.style(text, fg=colors.get(text[:1])) if color else text, color=color
                )
        except EvalkitError as error:
            failed = True
            click.echo(f"error: {error.message}; {error.hint}".rstrip("; "), err=True)
    return 2 if failed else int(changed)


def shown_fixes(fixes: Fixes, language: Language) -> Iterator[str]:
    """What was mended, by file and rule."""
    zh = language == "zh"
    if fixes.total:
        yield f"已修复 {fixes.total:,} 处：" if zh else f"Fixed {fixes.total:,}:"
    for path, counts in fixes.by_file.items():
        if counts:
            yield f"  {printable(path)}"
        for (code, name), number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            yield f"{number:>9,} × {code} {name}"
    if fixes.set_aside:
        aside = fixes.set_aside
        yield f"已移出 {aside:,} 条。" if zh else f"Set aside {aside:,}."


def called(result: Result, names: Mapping[str, str]) -> Result:
    """The result with other names for some of its files."""
    if not names:
        return result
    findings = tuple(
        replace(
            one,
            location=replace(
                one.location, source=names.get(one.location.source, one.location.source)
            ),
        )
        for one in result.findings
    )
    return replace(
        result,
        files=tuple(replace(file, path=names.get(file.path, file.path)) for file in result.files),
        findings=findings,
        excerpts={
            (replace(where, source=names.get(where.source, where.source)), pointer): text
            for (where, pointer), text in result.excerpts.items()
        },
        omitted={
            replace(kind, path=names.get(kind.path, kind.path)): number
            for kind, number in result.omitted.items()
        },
        verdicts=tuple(replace(one, path=names.get(one.path, one.path)) for one in result.verdicts),
    )
