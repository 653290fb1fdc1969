# SPDX-License-Identifier: Apache-2.0
"""What `evalkit estimate` reads: the files that are named, and what lint says of them."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import local
from evalkit.cli._reading import opened, same_file, table_options
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.data.read import DataSet
    from evalkit.estimation.answer import Sources
    from evalkit.estimation.outlook import Fit

__all__ = ["evaluated", "fits_of", "sources_of"]

_READING = ("columns", "template", "no_header", "sheet", "encoding", "system", "layout")
_TABLES = _READING[:-1]
_NUMBER = re.compile(r"-?\d+")
_MOST = 1_000_000_000
_DIGITS = 12


def evaluated(value: str | None) -> tuple[int | None, str | None]:
    """A number of rows, or a file of them.

    Raises:
        UsageError: Neither.
    """
    if value is None:
        return None, None
    plain = value.replace(",", "").replace("_", "").strip()
    if not _NUMBER.fullmatch(plain):
        if plain.isnumeric() and not Path(value).exists():  # "²", "½", "五"
            raise UsageError(
                f"--evaluate: `{excerpt(value)}` is no number of rows",
                "write it in digits, such as 100, or name a file",
            )
        return None, local(value)
    number = int(plain) if len(plain) <= _DIGITS else _MOST + 1  # int() refuses thousands of them
    if not 1 <= number <= _MOST:
        raise UsageError(
            f"--evaluate: {excerpt(value)} rows cannot be asked",
            f"give 1 to {_MOST:,}, or a file",
        )
    return number, None


def sources_of(paths: Sequence[str], held_out: str | None, given: Mapping[str, Any]) -> Sources:
    """The data sets that are named.

    Raises:
        InputError: As `opened`.
        UsageError: A file is to be trained on and to be held out.
    """
    from evalkit.estimation.answer import Sources

    for path in given["validation"]:
        _apart(path, paths, "--validation", "the loss on rows that are trained on says nothing")
    if held_out is not None:
        _apart(held_out, paths, "--evaluate", "a model is not measured on rows it was trained on")
    return Sources(
        training=_opened(paths, given),
        validation=_opened(given["validation"], given),
        held_out=_opened([held_out] if held_out is not None else [], given),
    )


def _apart(path: str, paths: Sequence[str], option: str, why: str) -> None:
    for other in paths:
        if _same(path, other):
            raise UsageError(
                f"{option} {path} is the training file itself: {why}",
                f"hold rows out first: evalkit split {other}",
            )


def _same(path: str, other: str) -> bool:
    return path == other or (Path(path).exists() and same_file(path, other))


def _once(paths: Sequence[str]) -> list[str]:
    """A file that is named twice, as `a.jsonl ./a.jsonl`, is trained on once."""
    found: list[str] = []
    for path in paths:
        if not any(_same(path, other) for other in found):
            found.append(path)
    return found


def _opened(paths: Sequence[str], given: Mapping[str, Any]) -> list[DataSet]:
    options = {key: given[key] for key in _READING}
    found = [opened(path, **options) for path in _once(paths)]
    for data in found:
        if data.columns and not given["columns"]:  # a guess, on which all sums rest
            _say_columns(data, language(given["lang"]))
    return found


def _say_columns(data: DataSet, spoken: Language) -> None:
    taken = ", ".join(f"{role} = {excerpt(name)}" for role, name in data.columns.items())
    path = printable(data.path)
    name = shlex.quote(path)
    convert = f"evalkit convert {name} train.jsonl --to TARGET"
    line = f"{path}: {taken}; providers read it once it is converted: {convert}"
    if spoken == "zh":
        line = f"{path}：{taken}；转换后服务商才能读取：{convert}"
    click.echo(line, err=True)


def fits_of(paths: Sequence[str], given: Mapping[str, Any]) -> Mapping[str, Fit]:
    """What lint says of the files for each target, as `evalkit lint --target all` does.

    Raises:
        UsageError: The configuration names a rule that is not there.
    """
    from evalkit.cli._counting import counting
    from evalkit.cli._lint_settings import configuration, settings_of
    from evalkit.prepare.fitness import fits

    table = configuration().table("lint")
    chosen = {
        key: value if isinstance(value, list) else [value]
        for key in ("select", "extend_select", "ignore")
        if (value := table.get(key.replace("_", "-")))
    }
    method = given["method"] if given["method"] in ("sft", "preference", "rft") else None
    settings = replace(
        settings_of({**chosen, "lang": given["lang"], "method": method}),
        table=table_options(**{key: given[key] for key in _TABLES}),
    )
    if not sys.stderr.isatty():
        return fits(paths, settings)
    with counting("examples") as tick:
        return fits(paths, settings, watch=tick)
