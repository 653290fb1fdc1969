# SPDX-License-Identifier: Apache-2.0
"""`evalkit store`: what answers are kept, as rows to read, and how to clear them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalkit.cli._groups import WholeGroup
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import columns, printable

if TYPE_CHECKING:
    from evalkit.models._store import Store
    from evalkit.models._store_rows import Summary

__all__ = ["store"]

_UNITS = {"h": 3_600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400, "y": 365 * 86_400}

F = TypeVar("F", bound=Callable[..., Any])


def _where(command: F) -> F:
    return click.option(
        "--store",
        "path",
        default=".evalkit/store.sqlite",
        show_default=True,
        metavar="FILE",
        help="Of which runs.",
    )(command)


def _identity(command: F) -> F:
    return click.option(
        "--identity", metavar="TEXT", help="Only what was asked of a model whose name holds TEXT."
    )(command)


@click.group(cls=WholeGroup)
def store() -> None:
    """Answers that runs got and keep: list them, take them along, clear them."""


@store.command()
@_where
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def ls(path: str, output_format: str) -> None:
    """List what is kept, by the model that was asked.

    flagged: empty, filtered or refused answers. failed: errors, asked again by the next run.
    unknown: sent and not answered, perhaps billed all the same (see `evalkit run --if-maybe-paid`).
    """
    from dataclasses import asdict

    from evalkit.models._store_rows import summaries

    with _opened(path) as opened:
        found = summaries(opened)
        size = opened.path.stat().st_size
    if output_format == "json":
        document = {
            "schema": 1,
            "store": path,
            "bytes": size,
            "models": [asdict(one) for one in found],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for line in _table(found):
        click.echo(line)
    click.echo(f"{printable(path)}: {_size(size)}")


@store.command()
@_where
@_identity
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    help="JSON lines; packed where the name ends in .gz.",
)
def export(path: str, output: str, identity: str | None) -> None:
    """Write every answer as a line of JSON: question, reply, model, date.

    The file is a recording too: `replay:FILE` answers from it.
    """
    from evalkit.models._store_rows import export_rows

    with _opened(path) as opened:
        n = _written(Path(output), export_rows(opened, identity))
    if not n:
        click.echo("no answers to export; the file is empty", err=True)
    click.echo(f"{n} answers in {printable(output)}")


@store.command()
@_where
@_identity
@click.option("--older-than", metavar="90d", help="Not touched for so long: 12h, 90d, 8w, 6m, 1y.")
@click.option("--failed", is_flag=True, help="Only errors.")
@click.option("--apply", is_flag=True, help="Do it; without this it is only said.")
def gc(
    path: str, identity: str | None, older_than: str | None, *, failed: bool, apply: bool
) -> None:
    """Clear answers that are no longer wanted, and say first what would go.

    What is cleared is asked, and paid for, anew when a run wants it again.
    """
    from evalkit.models._store_rows import chosen, removed

    if older_than is None and identity is None and not failed:
        raise UsageError(
            "say what may go", "such as: evalkit store gc --older-than 90d, --failed, --identity X"
        )
    before = None if older_than is None else time.time() - _seconds(older_than)
    with _opened(path) as opened:
        what = chosen(opened, before=before, failed=failed, identity=identity)
        said = f"{what.rows} rows, {what.answers} of them answers ({_size(what.bytes)})"
        if not apply:
            click.echo(f"would clear {said}; --apply does it")
            return
        removed(opened, before=before, failed=failed, identity=identity)
        click.echo(f"cleared {said}; the store has {_size(opened.path.stat().st_size)} now")


def _opened(path: str) -> Store:
    from evalkit.models._store import open_store

    file = Path(path)
    if not file.is_file():
        raise InputError(
            f"no store at {printable(path)}: no model was asked from here yet",
            "name another: --store FILE",
        )
    return open_store(file)


def _written(target: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write JSON lines whole or not at all; equal rows give equal bytes, packed or not."""
    import gzip

    from evalkit.core.atomic import atomic

    n = 0

    def lines() -> Iterator[bytes]:
        nonlocal n
        for row in rows:
            n += 1
            yield _line(row)

    with atomic(target) as stream:
        if target.suffix == ".gz":
            with gzip.GzipFile("", "wb", 9, stream, mtime=0) as packed:
                packed.writelines(lines())
        else:
            stream.writelines(lines())
    return n


def _line(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates stay what they are, as escapes
        return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _seconds(span: str) -> float:
    match = re.fullmatch(r"(\d{1,6})\s*([hdwmy])", span.strip().lower())
    if match is None:
        raise UsageError(
            f"--older-than {printable(span)} is no time span",
            "a number and h, d, w, m or y, such as 90d",
        )
    return float(match.group(1)) * _UNITS[match.group(2)]


def _table(found: list[Summary]) -> Iterator[str]:
    heads = ("model", "answers", "flagged", "failed", "unknown", "tokens in", "out", "first",
             "last", "size")  # fmt: skip
    rows: list[tuple[str, ...]] = [heads]
    for one in found:
        numbers = (one.answers, one.flagged, one.failed, one.unknown, one.prompt_tokens,
                   one.completion_tokens)  # fmt: skip
        dates = (one.first, one.last, _size(one.bytes))
        rows.append((printable(one.identity), *(f"{n:,}" for n in numbers), *dates))
    widths = [max(columns(row[place]) for row in rows) for place in range(len(heads))]
    for row in rows:
        cells = [row[0] + " " * (widths[0] - columns(row[0]))]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
    for one in found:
        if one.under_way:
            yield f"{printable(one.identity)}: {one.under_way} under way in another process"


def _size(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 1e5 else f"{n / 1e3:.1f} kB"
