# SPDX-License-Identifier: Apache-2.0
"""What `evalkit convert` says on standard error."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from evalkit.cli._reading import say_left_out
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

if TYPE_CHECKING:
    from evalkit.data.convert import Account
    from evalkit.data.formats._layout import Layout
    from evalkit.data.read import DataSet

__all__ = [
    "NothingError", "check_kept", "check_stanza", "say_outcome", "say_source", "say_stanza",
    "wants_stanza",
]  # fmt: skip

_MOST_FIELDS = 12  # that are named


class NothingError(InputError):
    """No row was written."""

    def __init__(self, data: Sequence[DataSet], account: Account) -> None:
        paths = [one.path for one in data]
        named = ", ".join(paths[:3]) + (f" and {len(paths) - 3:,} more" if paths[3:] else "")
        if number := account.number_left_out:
            super().__init__(
                f"nothing to convert: none of the {number:,} rows of {named} can be used",
                f"the reasons stand above; more: evalkit lint {paths[0]}",
            )
        else:
            super().__init__(f"nothing to convert: {named} has no rows", "is it the right file?")


def say_source(data: DataSet) -> None:
    """Which column or key of a source is which."""
    if data.columns:
        chosen = ", ".join(f"{role} = {excerpt(name)}" for role, name in data.columns.items())
        click.echo(f"{data.path}: {chosen}", err=True)


def say_outcome(account: Account, to: Layout) -> None:
    """The rows that were left out, what was lost, and what is written differently."""
    from evalkit.data.loss import FEATURES

    for source, rows in groupby(account.left_out, key=lambda one: one[0].source):
        say_left_out(source, list(rows))
    if account.more_left_out:
        click.echo(f"{account.more_left_out:,} more rows left out", err=True)
    for verb, counts in (
        ("lost", account.lost),
        ("written differently", account.rewritten),
    ):
        order = [*FEATURES]  # of equals
        for feature, count in sorted(counts.items(), key=lambda c: (-c[1], order.index(c[0]))):
            rows_ = "1 row" if count == 1 else f"{count:,} rows"
            what = _fields(account, to) if feature == "fields" else FEATURES[feature].words
            click.echo(f"{verb} in {rows_}: {what}", err=True)


def _fields(account: Account, to: Layout) -> str:
    """The fields that were lost, by name, and how to keep them."""
    fields = account.fields.most_common()  # equals as they came
    names = [excerpt(name, 40) for name, _ in fields]
    shown = ", ".join(names[:_MOST_FIELDS])
    if more := len(names) - _MOST_FIELDS:
        shown += f" and {more} more" if more > 0 else ""
    noun = "the field" if len(names) == 1 else "the fields"
    if to.beside == "metadata" and "metadata" not in to.keys:
        return f"{noun} {shown}, for which {to.name} has no place"
    how = f"--keep {names[0]} keeps it" if len(names) == 1 else "--keep all keeps them"
    return f"{noun} {shown} ({how})"


def check_kept(keep: Sequence[str], account: Account) -> None:
    """Whether the fields that are to be kept stand in some row.

    Raises:
        UsageError: One does not; the message lists those that do.
    """
    for name in keep:
        if name == "all" or name in account.kept:
            continue
        known = sorted({*account.fields, *account.kept})
        raise UsageError(
            f"no row has the field `{excerpt(name)}`{suggestion(name, known)}",
            f"fields: {', '.join(map(excerpt, known[:40])) or 'none'}",
        )


def wants_stanza(name: str | None) -> bool:
    """Whether the target of that name reads files by an entry in `dataset_info.json`."""
    from evalkit.data.stanza import FILE
    from evalkit.targets.load import target_named, target_names

    wanted = (name or "").strip().replace("_", "-")
    return wanted in target_names() and any(FILE in one.text for one in target_named(wanted).next)


def check_stanza(to: Layout, dst: str) -> None:
    """Before anything is written: whether there can be an entry.

    Raises:
        UsageError: Not for standard output, nor for every layout.
    """
    from evalkit.data.stanza import stanza

    if dst == "-":
        raise UsageError("--dataset-info names a file: standard output is none", "name DST")
    stanza(to, dst, to.keys)


def say_stanza(info: str | None, dst: str, to: Layout, account: Account) -> None:
    """Enter the file into a `dataset_info.json`, or say what would be entered.

    Raises:
        InputError: `dataset_info.json` is none, or cannot be written.
        UsageError: LLaMA-Factory cannot read such a file.
    """
    from evalkit.data.stanza import FILE, merged, stanza

    if dst == "-":
        return
    name = PurePath(dst).name.partition(".")[0]
    folder = Path(info).parent if info else Path(dst).parent
    entry = stanza(to, _seen_from(folder, dst), account.columns)
    if info:
        merged(info, name, entry)
        click.echo(f"entered into {info} as `{excerpt(name)}`", err=True)
        return
    said = json.dumps({name: entry}, ensure_ascii=False, indent=2)
    click.echo(f"for {FILE} (--dataset-info FILE writes it):\n{said}", err=True)


def _seen_from(folder: Path, file: str) -> str:
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return Path(file).absolute().as_posix()
