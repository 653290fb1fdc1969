# SPDX-License-Identifier: Apache-2.0
"""`evalkit lint`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.core.errors import UsageError
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.core.finding import Safety
    from evalkit.lint.result import Result
    from evalkit.lint.settings import Settings

__all__ = ["lint", "settings_of"]

_SEVERITIES = click.Choice(["error", "warning", "info", "never"])


def _words(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--target", multiple=True, metavar="NAME", help="Whose rules apply; repeatable.")
@click.option("--model", metavar="NAME", help="The model to train: its token limit.")
@click.option(
    "--against", multiple=True, metavar="FILE", help="A held-out file that must not leak."
)
@click.option(
    "--method",
    type=click.Choice(["sft", "preference", "rft"]),
    help="What is trained; else told from the rows.",
)
@click.option(
    "--select", multiple=True, metavar="RULES", help="Names, codes, prefixes, ALL, default."
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Likewise, left out.")
@click.option(
    "--fail-on", type=_SEVERITIES, default="error", help="Least severity for exit code 1."
)
@click.option("--fix", "safe", is_flag=True, help="Mend what is safe to mend.")
@click.option("--unsafe-fixes", "unsafe", is_flag=True, help="Mend also where meaning may change.")
@click.option("--drop", is_flag=True, help="Set hopeless rows aside in FILE.rejected.jsonl.")
@click.option("--diff", is_flag=True, help="Show what --fix would change; exit 1 if anything.")
@click.option("-O", "--fix-output", metavar="FILE", help="Write the mended data there instead.")
@click.option("--output-format", default="full", metavar="FORM", help="full, concise, json.")
@click.option("-o", "--output", metavar="FILE", help="Write the findings there.")
@click.option("--max-per-rule", default=20, type=click.IntRange(min=0), help="0 = all.")
@click.option("--statistics", is_flag=True, help="Only count.")
@click.option("--columns", metavar="ROLE=HEADER,…", help="Which column of a table is which.")
@click.option("--sheet", metavar="NAME", help="Of a workbook.")
@click.option("--encoding", metavar="NAME", help="Of text files, where it is found wrong.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Of the messages.")
def lint(paths: tuple[str, ...], **given: Any) -> int:
    """Check data sets before they are uploaded; mend what is safe to mend.

    Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a file could not be read.
    """
    settings = settings_of(given)
    levels = _levels(given)
    if given["diff"]:
        return _diff(paths, settings, levels or {"safe"})
    fixed = set_aside = 0
    if levels or given["fix_output"]:
        paths, fixed, set_aside = _fix(paths, settings, levels, given["fix_output"])
    result = replace(_checked(paths, settings), fixed=fixed, set_aside=set_aside)
    _write(result, given)
    return result.exit_code


def settings_of(given: dict[str, Any]) -> Settings:
    """The settings that the options mean; options that are not there are as by default."""
    from evalkit.lint.settings import Settings

    context = click.get_current_context(silent=True)
    file = (context.default_map if context else None) or {}  # tables that have no option
    return Settings(
        targets=_words(given.get("target", ())),
        model=given.get("model"),
        select=_words(given.get("select", ())) or ("default",),
        ignore=_words(given.get("ignore", ())),
        severity=file.get("severity", {}),
        options=file.get("rules", {}),
        method=given.get("method"),
        against=tuple(given.get("against", ())),
        table=_table(given),
        language=language(given.get("lang")),
        fail_on=given.get("fail_on", "error"),
    )


def _table(given: dict[str, Any]) -> Any:
    columns, sheet, encoding = given.get("columns"), given.get("sheet"), given.get("encoding")
    if not (columns or sheet or encoding):
        return None
    from evalkit.cli._reading import pairs
    from evalkit.data.read import TableOptions

    return TableOptions(columns=pairs(columns), sheet=sheet, encoding=encoding)


def _levels(given: dict[str, Any]) -> set[Safety]:
    levels: set[Safety] = set()
    if given["safe"] or given["unsafe"]:
        levels.add("safe")
    if given["unsafe"]:
        levels.add("unsafe")
    if given["drop"]:
        levels.add("drop")
    return levels


def _fix(
    paths: tuple[str, ...], settings: Settings, levels: set[Safety], output: str | None
) -> tuple[tuple[str, ...], int, int]:
    from evalkit.core.errors import InputError
    from evalkit.lint.fixing import fix

    if output is not None and len(paths) > 1:
        raise UsageError("-O names one file, but several are to be mended", "mend them one by one")
    fixed = set_aside = 0
    for path in paths:
        try:
            done = fix(path, settings, levels, output)
        except InputError:
            if output is not None:
                raise
            continue  # the lint that follows says why, and looks at the others
        fixed += done.fixed
        set_aside += len(done.rejected)
    return (paths if output is None else (output,)), fixed, set_aside


def _diff(paths: tuple[str, ...], settings: Settings, levels: set[Safety]) -> int:
    from evalkit.core.printable import printable
    from evalkit.lint.fixing import differences
    from evalkit.lint.secrets import masked

    changed = False
    for path in paths:
        for line in differences(path, settings, levels):
            changed = True
            click.echo(printable(masked(line.rstrip("\r"))))
    return int(changed)


def _checked(paths: tuple[str, ...], settings: Settings) -> Result:
    from evalkit.lint.engine import check

    if not sys.stderr.isatty():
        return check(paths, settings)
    from evalkit.cli._counting import counting

    with counting("examples") as tick:
        return check(paths, settings, watch=lambda _: tick())


def _write(result: Result, given: dict[str, Any]) -> None:
    from evalkit.core.registry import find
    from evalkit.lint.outputs._look import Look

    form = "statistics" if given["statistics"] else given["output_format"]
    output = given["output"]
    look = Look(
        color=output is None and form == "full" and _colors(),
        max_per_rule=given["max_per_rule"],
        language=language(given["lang"]),
    )
    lines = find("outputs", form)(result, look)
    if output is None:
        for line in lines:
            click.echo(line)
    else:
        from evalkit.core.atomic import write_text

        write_text(Path(output), "".join(f"{line}\n" for line in lines))
    for line in result.unreadable:
        click.echo(f"error: {line}", err=True)


def _colors() -> bool:
    import os

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
