# SPDX-License-Identifier: Apache-2.0
"""`evalkit lint`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import DATA_FILE
from evalkit.cli._groups import GroupedCommand
from evalkit.cli._lint_options import lint_options
from evalkit.cli._lint_settings import patterns_of, per_file_ignores, settings_of
from evalkit.core.errors import UsageError

if TYPE_CHECKING:
    from evalkit.cli._lint_files import Chosen
    from evalkit.lint.result import Result
    from evalkit.lint.settings import Settings

__all__ = ["lint", "settings_of"]


@click.command(cls=GroupedCommand)
@click.argument("paths", nargs=-1, type=DATA_FILE, metavar="[FILE|FOLDER|GLOB|-]...")
@lint_options
def lint(paths: tuple[str, ...], **given: Any) -> int:
    """Check data sets before they are uploaded; mend what is safe to mend.

    JSONL, JSON, CSV, TSV and workbooks are told by their bytes, packed ones too. In folders, JSONL
    is looked for (`include` in the configuration says otherwise). Without a path: what `include`
    names.

    Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 a file could not be read.
    """
    from evalkit.cli._lint_files import chosen_files, expanded
    from evalkit.cli._lint_output import colors, form_of, write
    from evalkit.cli._reading import kept_apart

    name, form = form_of(given)
    settings = settings_of(given)
    chosen = chosen_files(paths, patterns_of(given, search=not paths), settings)
    if given["show_files"]:
        return _show_files(chosen)
    against, no_held_out = expanded(settings.against, chosen.paths)
    benchmarks, no_benchmark = expanded(settings.benchmarks, chosen.paths)
    kept_apart(given["output"], (*chosen.paths, *against, *benchmarks))
    settings = replace(
        settings,
        against=against,
        benchmarks=benchmarks,
        per_file_ignores=per_file_ignores(given, _named(chosen.paths, settings)),
        keep=_keep(name, given),
    )
    if given["show_settings"]:
        from evalkit.cli._lint_shown import shown_settings

        for line in shown_settings(settings, chosen.paths):
            click.echo(line)
        return 0
    absent = (*chosen.absent, *no_held_out, *no_benchmark)
    if given["diff"]:
        return _diff(chosen, absent, settings, given, color=colors(given))
    with ExitStack() as stack:
        result, piped = _linted(chosen, settings, given, stack)
        result = replace(result, unreadable=(*absent, *result.unreadable), skipped=chosen.skipped)
        if given["baseline"] or given["write_baseline"] or given["prune_baseline"]:
            from evalkit.cli._lint_baseline import with_baseline

            result = with_baseline(result, settings, given)
            if given["write_baseline"]:
                return 2 if result.unreadable else 0
        if not given["fix_only"]:
            write(result, form, given, err=piped)
            return result.exit_code
        for line in result.unreadable:
            click.echo(f"error: {line}", err=True)
        return 2 if result.unreadable else 0


def _named(paths: tuple[str, ...], settings: Settings) -> list[str]:
    return [settings.stdin_name or path if path == "-" else path for path in paths]


def _keep(name: str, given: dict[str, Any]) -> int | None:
    """How many findings of a kind are wanted: all, where more than the output reads them."""
    from evalkit.lint.outputs._look import kept

    if given["baseline"] or given["write_baseline"] or given["prune_baseline"]:
        return None
    if name == "html":
        from evalkit.report.lint_page import KEPT

        return max(KEPT, given["max_per_rule"]) if given["max_per_rule"] else None
    return kept(name, given["max_per_rule"])


def _show_files(chosen: Chosen) -> int:
    from evalkit.core.printable import printable

    for path in chosen.paths:
        click.echo(printable(path))
    for line in chosen.skipped:
        click.echo(line, err=True)
    for line in chosen.absent:
        click.echo(f"error: {line}", err=True)
    return 2 if chosen.absent else 0


def _diff(
    chosen: Chosen,
    absent: tuple[str, ...],
    settings: Settings,
    given: dict[str, Any],
    *,
    color: bool,
) -> int:
    from evalkit.cli._lint_fixes import differences_shown

    code = differences_shown(chosen.paths, settings, given, color=color)
    for line in absent:
        click.echo(f"error: {line}", err=True)
    return 2 if absent else code


def _linted(
    chosen: Chosen, settings: Settings, given: dict[str, Any], stack: ExitStack
) -> tuple[Result, bool]:
    """The result, after fixes where they are wanted; whether mended data went to the screen."""
    from evalkit.cli._lint_fixes import called, fixed_files, levels_of, shown_fixes

    if chosen.excluded and not chosen.paths:
        named = f"all {chosen.excluded:,} named are" if chosen.excluded > 1 else "what is named is"
        click.echo(f"nothing to lint: {named} excluded", err=True)
    if not (levels_of(given) and chosen.paths):
        if given["show_fixes"] and not given["fix"]:
            raise UsageError("--show-fixes says what --fix did", "add --fix")
        return _checked(chosen.paths, settings), False
    fixes = stack.enter_context(fixed_files(chosen.paths, settings, given))
    piped = bool(fixes.names)
    if given["show_fixes"] or given["fix_only"]:
        for line in shown_fixes(fixes, settings.language):
            click.echo(line, err=piped or given["output_format"] not in (None, "full", "concise"))
    if given["fix_only"]:
        from evalkit.lint.result import Result

        return Result(unreadable=tuple(fixes.failed.values())), piped
    result = called(_checked(fixes.paths, settings), fixes.names)
    read = {file.path for file in result.files}
    failed = tuple(why for path, why in fixes.failed.items() if path in read)
    return replace(
        result,
        fixed=fixes.total,
        set_aside=fixes.set_aside,
        unreadable=(*failed, *result.unreadable),
    ), piped


def _checked(paths: tuple[str, ...], settings: Settings) -> Result:
    import gc

    from evalkit.lint.engine import check

    # Rows have no cycles: the collector finds nothing and takes a tenth of the time. Once in a
    # while it may look all the same, for the sake of plug-ins.
    gc.set_threshold(100_000, 50, 1_000)
    if not sys.stderr.isatty():
        return check(paths, settings)
    from evalkit.cli._counting import counting

    with counting("examples") as tick:
        return check(paths, settings, watch=tick)
