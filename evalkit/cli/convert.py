# SPDX-License-Identifier: Apache-2.0
"""`evalkit convert`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from evalkit.cli._conversion import (
    NothingError,
    check_kept,
    check_stanza,
    say_outcome,
    say_source,
    say_stanza,
    wants_stanza,
)
from evalkit.cli._files import DATA_FILE
from evalkit.cli._reading import (
    opened,
    reading_options,
    replace_option,
    replacements,
    same_file,
    text_or_file,
    watched,
    words,
)
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.data.convert import Account, Converted, Watch
    from evalkit.data.formats._layout import Layout
    from evalkit.data.read import DataSet
    from evalkit.data.writers._writer import Writer

__all__ = ["convert"]


@click.command()
@click.argument("sources", nargs=-1, type=DATA_FILE, metavar="SRC...")
@click.argument("dst", required=False)
@click.option(
    "--to",
    metavar="LAYOUT|TARGET",
    help="sharegpt, together, ...; else openai-chat, and in tables one exchange a row.",
)
@click.option("--keep", metavar="FIELD,…|all", help="Fields beside the conversation to keep.")
@replace_option
@click.option("--unescape", is_flag=True, help=r"Texts spell line feeds as \n: make them such.")
@reading_options
@click.option("--answers-of", metavar="MODEL", help="Whose answers to take from a run's samples.")
@click.option(
    "--container",
    metavar="NAME",
    help="jsonl, json, csv, tsv, xlsx, parquet; else by DST's suffix.",
)
@click.option("--strict", is_flag=True, help="Write nothing if anything is lost or left out.")
@click.option("--loss-report", metavar="FILE", help="JSON lines: what each row lost, and why.")
@click.option(
    "--dataset-info", metavar="FILE", help="Enter DST into LLaMA-Factory's dataset_info.json."
)
def convert(sources: tuple[str, ...], dst: str | None, **given: Any) -> int:
    """Write the examples of SRC to DST in another layout; DST may be `-`.

    SRC is JSONL, JSON, CSV, TSV, a workbook, Parquet or recorded answers, in any encoding; its kind
    is told by its content. The suffix of DST says what is written: .jsonl, .json, .csv, .tsv,
    .xlsx, .parquet; a further .gz or .zst packs it. What the layout cannot hold is counted and
    named.

    Exit codes: 0 all rows written, 1 some left out (each is named) or --strict found a loss, 2
    nothing to convert.
    """
    from evalkit.data.convert import Account
    from evalkit.data.wanted_layout import layout_for
    from evalkit.data.write import writer_for

    if not sources or dst is None:
        told = excerpt(dst or (sources[0] if sources else "SRC"))
        raise UsageError(
            f"say where to write: evalkit convert {told} DST", "`-` is standard output"
        )
    writer = writer_for(dst, given["container"])
    _check_places(sources, dst, [given["loss_report"], given["dataset_info"]], writer)
    if given["to"] is not None:
        layout_for(given["to"])  # a wrong name is said before anything is read
    options = {"keep": _fields(given["keep"]), "edits": _edits(given)}
    reading = {name: given[name] for name in _READING}
    data = [opened(source, **reading) for source in sources]
    to = _target(given["to"], writer, data)
    if given["dataset_info"]:
        check_stanza(to, dst)
    rows = _rows(data, given["answers_of"])
    account = Account()
    try:
        with _reported(given["loss_report"]) as watch:
            options["watch"] = watch
            notes = _written(rows, data, (dst, writer, to), account, given["strict"], options)
    except _WithheldError:
        click.echo("nothing written: --strict allows no loss", err=True)
        return 1
    for note in notes:
        click.echo(f"{dst}: {note}", err=True)
    where = "standard output" if dst == "-" else dst
    noun = "row" if account.written == 1 else "rows"
    click.echo(f"{account.written:,} {noun} written to {where} as {to.name}", err=True)
    if (info := given["dataset_info"]) or wants_stanza(given["to"]):
        say_stanza(info, dst, to, account)
    return 1 if account.number_left_out else 0


_READING = (
    "columns", "sheet", "encoding", "system", "layout", "template", "no_header",
)  # fmt: skip


class _WithheldError(Exception):
    """--strict found a loss: nothing shall be written."""


def _check_places(
    sources: Sequence[str], dst: str, others: Sequence[str | None], writer: Writer
) -> None:
    if dst == "-" and not writer.text:
        raise UsageError(f"{writer.name} cannot go to standard output", "name a file")
    for place in (dst, *others):
        if place and "://" in place:
            raise UsageError(f"{excerpt(place)} is no file on this machine", "name a file")
    for source in sources:
        for place in (dst, *others):
            if place and place != "-" and same_file(source, place):
                raise UsageError(f"{place} is the source itself", "write to another file")
    for place in others:
        if place and same_file(place, dst):
            raise UsageError(f"{place} is given twice", "one file for each")
    alike = [one for one in sources if Path(one).suffix == Path(dst).suffix]
    if len(sources) > 1 and alike and Path(dst).is_file():
        raise UsageError(
            f"{dst} exists, and might be one of the sources",
            "name a new file last; delete it first if it was made by an earlier call",
        )


def _fields(keep: str | None) -> tuple[str, ...]:
    named = tuple(word.casefold() for word in words(keep))
    return ("all",) if "all" in named else named


def _edits(given: dict[str, Any]) -> Any:
    from evalkit.data.convert import Edits

    return Edits(
        system=text_or_file(given["system"]),
        replace=replacements(given["replace"]),
        unescape=given["unescape"],
    )


def _target(name: str | None, writer: Writer, data: Sequence[DataSet]) -> Layout:
    """The layout to write; where none is named, pairs stay pairs."""
    from evalkit.data.wanted_layout import has_answers, layout_for

    source = _layout_of(data)
    if name is not None:
        of_rewards = source is not None and source.method == "rft"
        answered = of_rewards and has_answers(row for one in data for row in one)
        return layout_for(name, source, answered=answered)
    pairs = source is not None and source.name.endswith("-preference")
    if writer.flat:
        return layout_for("trl-preference" if pairs else "table-row")
    return layout_for("openai-preference" if pairs else "openai-chat")


def _layout_of(data: Sequence[DataSet]) -> Layout | None:
    # Not of an example: a workbook that was asked for one is unpacked a second time for the rest.
    return next((one.layout for one in data if one.layout is not None), None)


def _rows(data: Sequence[DataSet], model: str | None) -> Iterator[Example]:
    """All examples; those of a run with the answers of one model."""
    from dataclasses import replace

    from evalkit.data.formats.run_samples import answers_of

    wanted = answers_of(model) if model is not None else None
    for one in data:
        for example in watched(one, "converting"):
            of_run = example.format is not None and example.format.name == "run-samples"
            yield replace(example, format=wanted) if wanted and of_run else example


def _written(
    rows: Iterator[Example],
    data: Sequence[DataSet],
    place: tuple[str, Writer, Layout],
    account: Account,
    strict: bool,
    options: dict[str, Any],
) -> Sequence[str]:
    """Writes the rows and says what became of them; returns what is to be said of the file.

    Raises:
        InputError: There is nothing to write, or the place cannot be written.
        UsageError: No row has a field that was to be kept.
        _WithheldError: `strict`, and something was lost.
    """
    from evalkit.data.convert import convert as converted
    from evalkit.data.convert import converted_lines
    from evalkit.data.write import packed_as, packing

    dst, writer, to = place
    made: Iterator[Any]
    if writer.takes == "lines":
        made = converted_lines(rows, to, account, **options)
    else:
        made = converted(rows, to, account, fits=writer.why_not, **options)
    with _sink(dst, held=strict) as stream:
        with packed_as("" if dst == "-" else packing(dst), stream) as inner:
            notes = writer.write(made, inner)
        for one in data:
            say_source(one)
        say_outcome(account, to)
        if not account.written:
            raise NothingError(data, account)
        check_kept(options["keep"], account)
        if strict and (account.lost or account.number_left_out):
            raise _WithheldError
    return notes


@contextmanager
def _sink(dst: str, *, held: bool) -> Iterator[BinaryIO]:
    """Where bytes go; `held` = standard output gets them when the block ends well."""
    if dst != "-":
        from evalkit.core.atomic import atomic

        with atomic(dst) as stream:
            yield stream
        return
    if held:
        with tempfile.TemporaryFile(prefix="evalkit-") as waiting:
            yield cast("BinaryIO", waiting)
            waiting.seek(0)
            shutil.copyfileobj(waiting, sys.stdout.buffer)
    else:
        yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _reported(path: str | None) -> Iterator[Watch | None]:
    """Who writes the report of losses; it is written when there is nothing else to write, too."""
    if path is None:
        yield None
        return
    from evalkit.core.atomic import atomic
    from evalkit.data.loss_report import loss_records
    from evalkit.data.write import json_line

    stop: Exception | None = None
    with atomic(path) as stream:

        def watch(example: Example, found: Converted) -> None:
            stream.writelines(json_line(one) + b"\n" for one in loss_records(example, found))

        try:
            yield watch
        except (_WithheldError, NothingError) as error:
            stop = error
    if stop is not None:
        raise stop
