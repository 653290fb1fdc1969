# SPDX-License-Identifier: Apache-2.0
"""`evalkit convert`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from evalkit.cli._reading import opened, reading_options, same_file, say_left_out, watched, words
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

if TYPE_CHECKING:
    from evalkit.data.convert import Account
    from evalkit.data.formats._layout import Layout
    from evalkit.data.read import DataSet

__all__ = ["convert"]


@click.command()
@click.argument("src")
@click.argument("dst")
@click.option("--to", default="openai-chat", metavar="LAYOUT", help="openai-chat by default.")
@reading_options
@click.option("--keep", metavar="FIELD,…", help="Further columns to write under `metadata`.")
def convert(src: str, dst: str, to: str, keep: str | None, **given: Any) -> int:
    """Write the examples of SRC to DST as JSONL of another layout; DST may be `-`.

    SRC is JSONL, JSON, CSV, TSV or a workbook, in any encoding; its kind is told by its content.

    Exit codes: 0 all rows written, 1 some left out (each is named), 2 nothing to convert.
    """
    from evalkit.data.convert import Account
    from evalkit.data.convert import convert as converted
    from evalkit.data.write import json_line, write_lines

    target = _target(to)
    if dst != "-" and same_file(src, dst):
        raise UsageError(f"{dst} is the source itself", "write to another file")
    data = opened(src, **given)
    account = Account()
    rows = converted(watched(data, "converting"), target, account, keep=_fields(keep))
    with _sink(dst) as stream:
        write_lines(map(json_line, rows), stream)
        _say(src, data, account)
        if not account.written:
            raise _nothing(src, len(account.left_out))
    where = "standard output" if dst == "-" else dst
    noun = "row" if account.written == 1 else "rows"
    click.echo(f"{account.written:,} {noun} written to {where} as {target.name}", err=True)
    return 1 if account.left_out else 0


def _target(name: str) -> Layout:
    from evalkit.core.registry import names
    from evalkit.data.recognise import layout

    possible = [n for n in names("formats") if layout(n).build is not None]
    wanted = name.replace("_", "-")
    if wanted not in possible:
        raise UsageError(
            f"cannot write the layout `{excerpt(name)}`{suggestion(wanted, possible)}",
            f"possible: {', '.join(possible)}",
        )
    return layout(wanted)


def _fields(keep: str | None) -> list[str]:
    return [word.lower() for word in words(keep)]


@contextmanager
def _sink(dst: str) -> Iterator[BinaryIO]:
    if dst == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from evalkit.core.atomic import atomic

    with atomic(dst) as stream:
        yield stream


def _nothing(src: str, left_out: int) -> InputError:
    if left_out:
        what = f"none of the {left_out:,} rows of {src} can be used"
        return InputError(f"nothing to convert: {what}", f"see why: evalkit lint {src}")
    return InputError(f"nothing to convert: {src} has no rows", "is it the right file?")


def _say(src: str, data: DataSet, account: Account) -> None:
    """The rows that were left out and what was lost, on standard error."""
    if data.columns:
        chosen = ", ".join(f"{role} = {excerpt(name)}" for role, name in data.columns.items())
        click.echo(f"{src}: {chosen}", err=True)
    say_left_out(src, account.left_out)
    for words_, count in sorted(account.losses.items()):
        click.echo(f"lost in {count:,} rows: {words_}", err=True)
