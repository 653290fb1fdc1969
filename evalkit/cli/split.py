# SPDX-License-Identifier: Apache-2.0
"""`evalkit split`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._reading import opened, reading_options, same_file, say_left_out, watched, words
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.data.read import DataSet

__all__ = ["split"]

_MOST_LABELS = 30


@click.command()
@click.argument("src")
@click.option("--train", required=True, metavar="FILE", help="Where the rows to learn go.")
@click.option("--test", required=True, metavar="FILE", help="Where the held-out rows go.")
@click.option("--valid", metavar="FILE", help="Where rows to validate during training go.")
@click.option(
    "--test-share", default=0.2, type=click.FloatRange(0, 1, min_open=True, max_open=True)
)
@click.option(
    "--valid-share", default=0.1, type=click.FloatRange(0, 1, min_open=True, max_open=True)
)
@click.option("--take", type=click.IntRange(min=1), help="Hold out that many rows instead.")
@click.option("--seed", default=0, help="The same seed gives the same files, byte for byte.")
@click.option(
    "--by",
    default="label",
    metavar="label|FIELD|none",
    help="What each part shall have its share of.",
)
@reading_options
@click.option("--keep", metavar="FIELD,…", help="Further columns of a table to keep as `metadata`.")
def split(
    src: str, train: str, test: str, valid: str | None, by: str, keep: str | None, **given: Any
) -> int:
    """Hold out part of SRC, honestly: rows that ask the same never stand on both sides.

    Rows of JSONL are copied byte for byte; tables become chat JSONL.

    Exit codes: 0 done, 1 done but some rows could not be read, 2 could not do it.
    """
    from evalkit.data.similarity import prompt_key
    from evalkit.data.split import split as parts_of

    places = {"train": train, "test": test} | ({"valid": valid} if valid else {})
    _check_places(src, list(places.values()))
    options = {n: given.pop(n) for n in ("test_share", "valid_share", "take", "seed")}
    data = opened(src, **given)
    keys: list[bytes] = []
    labels: list[str] = []
    unread: list[Example] = []
    for example in watched(data, "reading"):
        if example.broken is None:
            keys.append(prompt_key(example.messages))
            labels.append(_label(example, by))
        elif example.broken.kind != "blank":
            unread.append(example)
    labels = _strata(labels, by, data)
    wanted = _wanted(src, len(keys), valid=bool(valid), **options)
    parts = parts_of(keys, labels, wanted, seed=options["seed"])
    if missing := [part for part in wanted if part not in parts]:
        raise InputError(
            f"no row of {src} can go to the {missing[0]} set",
            "too few rows ask something different, or the share is too small",
        )
    _write(data, parts, places, words(keep))
    _say(parts, labels, places)
    say_left_out(src, [(e.location, e.broken.args.get("reason", "")) for e in unread if e.broken])
    return 1 if unread else 0


def _wanted(
    src: str,
    rows: int,
    *,
    valid: bool,
    take: int | None,
    test_share: float,
    valid_share: float,
    **_: Any,
) -> dict[str, int]:
    """Number of rows in each held-out part.

    Raises:
        InputError: There are fewer than two rows.
        UsageError: None would be left to learn.
    """
    if rows < 2:
        raise InputError(f"nothing to split: {src} has {rows} usable rows", "give two or more")
    wanted = {"test": take or round(test_share * rows)}
    if valid:
        wanted["valid"] = round(valid_share * rows)
    if sum(wanted.values()) >= rows:
        raise UsageError(
            f"{src} has {rows} rows: {sum(wanted.values())} held out leave none to learn",
            "hold out fewer",
        )
    return wanted


def _check_places(src: str, places: Sequence[str]) -> None:
    for index, place in enumerate(places):
        if same_file(src, place):
            raise UsageError(f"{place} is the source itself", "write to another file")
        if any(same_file(place, other) for other in places[:index]):
            raise UsageError(f"{place} is given twice", "one file for each part")
        if place.lower().endswith((".csv", ".tsv", ".xlsx", ".json")):
            raise UsageError(f"{place}: split writes JSONL", "name it .jsonl")


def _label(example: Example, by: str) -> str:
    if by == "none":
        return ""
    if by != "label":
        return example.fields.get(by.lower(), "")
    last = example.messages[-1] if example.messages else None
    return last.text.strip() if last is not None and last.role == "assistant" else ""


def _strata(labels: list[str], by: str, data: DataSet) -> list[str]:
    """The labels to stratify by: none where answers are sentences.

    Raises:
        UsageError: No row has the field.
    """
    from evalkit.data.split import categorical

    if by == "label":
        return labels if categorical(labels) else [""] * len(labels)
    if by != "none" and not any(labels):
        known = sorted({name for example in data for name in example.fields})
        raise UsageError(
            f"no row has the field `{excerpt(by)}`{suggestion(by.lower(), known)}",
            f"fields: {', '.join(map(excerpt, known)) or 'none'}; or label, none",
        )
    return labels


def _write(
    data: DataSet, parts: Sequence[str], places: dict[str, str], keep: Sequence[str]
) -> None:
    """Each row as it stands to its part; a table's row with the fields to keep.

    All files are written beside their places first and put there together.
    """
    from evalkit.core.atomic import atomic
    from evalkit.data.write import json_line

    wanted = [name.lower() for name in keep]
    with ExitStack() as stack:
        streams = {part: stack.enter_context(atomic(place)) for part, place in places.items()}
        rows = (example for example in data if example.broken is None)
        for part, example in zip(parts, rows, strict=True):
            line = example.raw
            if data.container == "json":
                line = json_line(example.value)
            elif data.container != "jsonl":
                kept = {n: example.fields[n] for n in wanted if n in example.fields}
                line = json_line({**example.value, "metadata": kept}) if kept else line
            streams[part].write(line + b"\n")


def _say(parts: Sequence[str], labels: Sequence[str], places: dict[str, str]) -> None:
    counts = Counter(parts)
    for part, place in places.items():
        click.echo(f"{part:<6} {counts[part]:>7,}  {place}")
    by_label = Counter(zip(labels, parts, strict=True))
    shown = sorted(set(labels))
    if len(shown) < 2:
        return
    click.echo()
    width = max(len(printable(s)) for s in shown[:_MOST_LABELS])
    click.echo(f"{'':<{width}}  " + "".join(f"{part:>8}" for part in places))
    for label in shown[:_MOST_LABELS]:
        numbers = "".join(f"{by_label[label, part]:>8,}" for part in places)
        click.echo(f"{excerpt(label) or '(none)':<{width}}  {numbers}")
    if len(shown) > _MOST_LABELS:
        click.echo(f"and {len(shown) - _MOST_LABELS} more labels")
