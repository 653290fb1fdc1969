# SPDX-License-Identifier: Apache-2.0
"""The settings of a lint that the options and the configuration mean together."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from evalkit.core.config import Configuration
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.strings import language
from evalkit.data.discover import EXCLUDE, INCLUDE, Patterns, matches
from evalkit.lint.settings import Settings

__all__ = ["configuration", "patterns_of", "per_file_ignores", "settings_of"]


def configuration() -> Configuration:
    """What the files and `--config` say, for the command that is running."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Configuration) if context is not None else None
    return found or Configuration()


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings that the options mean; options that are not there are as by default.

    Raises:
        UsageError: Options that cannot go together, or a file of rules that does not work.
    """
    from evalkit.cli._reading import described_layouts

    table = configuration().table("lint")
    if given.get("limit") and given.get("sample"):
        raise UsageError("--limit and --sample cannot go together", "choose one of them")
    return Settings(
        targets=words(given.get("target", ())),
        model=given.get("model"),
        select=(words(given.get("select", ())) or ("default",))
        + words(given.get("extend_select", ())),
        ignore=words(given.get("ignore", ())),
        severity=table.get("severity", {}),
        options=table.get("rules", {}),
        method=given.get("method"),
        against=tuple(given.get("against", ())),
        benchmarks=tuple(given.get("benchmark", ())),
        table=_table(given),
        language=language(given.get("lang")),
        fail_on="never" if given.get("exit_zero") else given.get("fail_on", "error"),
        today=_today(),
        extra_rules=_rules(given.get("add_rules", ())),
        plugins=given.get("plugins", True),
        limit=given.get("limit"),
        sample=given.get("sample"),
        seed=given.get("seed", 0),
        jobs=given.get("jobs", 1),
        tokens=given.get("tokens", False),
        max_line_bytes=given.get("max_line_bytes"),
        spill_dir=given.get("spill_dir"),
        stdin_name=given.get("stdin_filename"),
        layouts=described_layouts(),
    )


def words(values: Iterable[str]) -> tuple[str, ...]:
    """What stands between the commas of all values."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _today() -> Any:
    from datetime import datetime

    return datetime.now().astimezone().date()


def _rules(paths: Sequence[str]) -> tuple[Any, ...]:
    if not paths:
        return ()
    from evalkit.lint.plugins import rules_of_file

    return tuple(rule for path in paths for rule in rules_of_file(path))


def _table(given: Mapping[str, Any]) -> Any:
    columns, sheet, encoding = given.get("columns"), given.get("sheet"), given.get("encoding")
    if not (columns or sheet or encoding):
        return None
    from evalkit.cli._reading import pairs
    from evalkit.data.read import TableOptions

    return TableOptions(columns=pairs(columns), sheet=sheet, encoding=encoding)


def patterns_of(given: Mapping[str, Any], *, search: bool) -> Patterns:
    """What to look for in folders.

    Args:
        given: The options.
        search: Whether no path was given.

    Raises:
        UsageError: No path was given, and the configuration names none.
    """
    configured = configuration()
    table = configured.table("lint")
    if search and not table.get("include"):
        raise UsageError(
            "no file is named", "evalkit lint FILE..., or set `include` in the configuration"
        )
    exclude = (*table.get("exclude", EXCLUDE), *table.get("extend-exclude", ()))
    return Patterns(
        include=tuple(table.get("include", INCLUDE)),
        exclude=(*exclude, *given.get("left_out", ())),
        folder=configured.folder,
        force=given.get("force_exclude", False),
        search=search,
    )


def per_file_ignores(
    given: Mapping[str, Any], paths: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The globs of `--per-file-ignores` and of the configuration as pairs for `Settings`.

    Globs of a file are relative to its folder and paths to here, so each pair names one path.

    Raises:
        UsageError: Not GLOB:RULES.
    """
    configured = configuration()
    table = configured.table("lint").get("per-file-ignores", {})
    pairs = [(pattern, words(rules), configured.folder) for pattern, rules in table.items()]
    for text in given.get("ignored_in", ()):
        pattern, colon, rules = text.rpartition(":")
        if not (pattern and colon and words([rules])):
            raise UsageError(
                f"--per-file-ignores: `{excerpt(text)}` is not GLOB:RULES",
                "such as 'data/legacy/**:ROL,CNT001'",
            )
        pairs.append((pattern, words([rules]), Path()))
    return tuple(_for_paths(pairs, paths))


def _for_paths(
    pairs: Iterable[tuple[str, tuple[str, ...], Path]], paths: Sequence[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for pattern, rules, folder in pairs:
        yield "", rules  # of no file: so that unknown rules are an error whatever is linted
        for path in paths:
            if matches(pattern, path, folder):
                yield glob.escape(path.replace("\\", "/")), rules
