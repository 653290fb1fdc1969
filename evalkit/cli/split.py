# SPDX-License-Identifier: Apache-2.0
"""`evalkit split`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import DATA_FILE
from evalkit.cli._reading import opened, reading_options, say_left_out, watched, words
from evalkit.cli._share import SHARE
from evalkit.core.errors import UsageError
from evalkit.core.printable import columns, excerpt, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalkit.core.example import Example
    from evalkit.data.division import Division, SplitOptions
    from evalkit.data.read import DataSet

__all__ = ["split"]

_CHOICES = ("test_share", "valid_share", "take", "by", "group", "date", "near", "seed")
_PLACES = ("train", "test", "valid", "out", "force", "manifest", "no_manifest")
_MOST_LABELS = 30


@click.command()
@click.argument("files", nargs=-1, type=DATA_FILE, metavar="SRC")
@click.option("--train", metavar="FILE", help="Where the rows to learn go.")
@click.option("--test", metavar="FILE", help="Where the held-out rows go.")
@click.option("--valid", metavar="FILE", help="Where rows to validate during training go.")
@click.option("--out", metavar="DIR/|PREFIX", help="What the names of all files begin with.")
@click.option("--force", is_flag=True, help="Write over files that were not named one by one.")
@click.option("--test-share", type=SHARE, metavar="SHARE", help="Of the rows; 0.2 where not given.")
@click.option("--valid-share", type=SHARE, metavar="SHARE", help="Of the rows; 0.1 with --valid.")
@click.option(
    "--take", type=click.IntRange(min=1), metavar="N", help="Hold out that many rows for the test."
)
@click.option(
    "--by",
    default="label",
    metavar="label|FIELD|none",
    help="What each part shall have its share of. label: the answers where they are labels, or "
    "the verdicts of KTO rows.",
)
@click.option(
    "--group",
    metavar="FIELD|conversation",
    help="Rows of one value stay together; conversation: rows that begin with the same question.",
)
@click.option("--date", metavar="FIELD", help="Hold out the rows that are newest by it.")
@click.option(
    "--near/--no-near",
    default=True,
    help="Whether rows that are nearly the same stay together, as those do that ask the same.",
)
@click.option(
    "--seed", default=0, metavar="N", help="The same seed gives the same files, byte for byte."
)
@click.option("--legacy", is_flag=True, help="As prepare_data: train and valid, drawn row by row.")
@click.option("--manifest", metavar="FILE", help="Where the digests go that show leaks later.")
@click.option("--no-manifest", is_flag=True, help="Write no digests.")
@click.option(
    "--check",
    metavar="MANIFEST",
    help="Split nothing: check a split's files, and that no row of SRC asks what a test row asks.",
)
@reading_options
@click.option("--keep", metavar="FIELD,…", help="Further columns of a table to keep as `metadata`.")
@click.pass_context
def split(
    context: click.Context, /, files: tuple[str, ...], check: str | None, **given: Any
) -> int:
    """Hold out part of SRC, honestly: rows that ask the same never stand on both sides.

    From data.jsonl come data.train.jsonl, data.test.jsonl and data.manifest.json beside it (and
    data.valid.jsonl with --valid-share), or the files that are named; from standard input (-)
    stdin.train.jsonl and so on. Rows of JSONL are copied byte for byte; tables become chat JSONL.

    Exit codes: 0 done, 1 done but some rows could not be read, or --check has found something, 2
    could not do it.
    """
    own = {name: given.pop(name) for name in (*_CHOICES, *_PLACES, "legacy", "keep")}
    if check is not None:
        from evalkit.cli._split_check import checked

        _refuse(context, [*_CHOICES, *_PLACES, "legacy", "keep"], "--check splits nothing")
        return checked(check, files, given)
    if len(files) != 1:
        raise UsageError(
            f"split takes one data set, not {len(files)}" if files else "which data set?",
            "such as: evalkit split data.jsonl",
        )
    if own["legacy"]:
        _refuse(context, _CHOICES, "--legacy draws as prepare_data did")
    return _split(files[0], own, given)


def _refuse(context: click.Context, names: Sequence[str], why: str) -> None:
    """What was written on the command line and would do nothing.

    Raises:
        UsageError: One of the options was.
    """
    from click.core import ParameterSource

    for name in names:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise UsageError(f"{why}", f"leave --{name.replace('_', '-')} away")


def _split(src: str, own: Mapping[str, Any], reading: Mapping[str, Any]) -> int:
    from evalkit.cli._split_places import places_of
    from evalkit.data.division import divide, divide_as_before

    options = _options(own)
    places, manifest = places_of(src, own)
    data = opened(src, **reading)
    unread: list[Example] = []
    rows = _usable(data, unread)
    order: Sequence[int] | None = None
    if own["legacy"]:
        division, order = divide_as_before(rows, source=src)
        said: dict[str, Any] = {"legacy": True}
    else:
        division = divide(rows, options, source=src)
        said = {"legacy": False} | {n: getattr(options, n) for n in options.__dataclass_fields__}
    keep = words(own["keep"])
    if keep:
        said["keep"] = keep
    _write(data, division, order, places, manifest, said)
    _say(division, places, manifest)
    for note in division.notes:
        click.echo(f"{printable(note)}.", err=True)
    say_left_out(src, [(e.location, e.broken.args.get("reason", "")) for e in unread if e.broken])
    return 1 if unread else 0


def _options(own: Mapping[str, Any]) -> SplitOptions:
    from evalkit.data.division import SplitOptions

    take, share = own["take"], own["test_share"]
    if take and share:
        raise UsageError("--take and --test-share both say how many rows to hold out", "give one")
    if own["date"] and own["by"] not in {"label", "none"}:
        raise UsageError(
            "--date holds out the newest rows, whatever they are", "leave --by away, or --date"
        )
    valid = own["valid_share"] or (0.1 if own["valid"] else 0)
    choices = {name: own[name] for name in ("by", "group", "date", "near", "seed")}
    return SplitOptions(test=take or share or 0.2, valid=valid, **choices)


def _usable(data: DataSet, unread: list[Example]) -> Iterator[Example]:
    """The rows that can be read; the others are put into `unread`."""
    for example in watched(data, "reading"):
        if example.broken is None:
            yield example
        elif example.broken.kind != "blank":
            unread.append(example)


def _write(
    data: DataSet,
    division: Division,
    order: Sequence[int] | None,
    places: Mapping[str, str],
    manifest: str | None,
    options: Mapping[str, Any],
) -> None:
    """All files, or none."""
    from evalkit import __version__
    from evalkit.data.manifest import Digits, Manifest, Part, digest_of, seen_from, write_manifest
    from evalkit.data.placing import placed, write_parts

    keep = options.get("keep", ())
    first = {"manifest": manifest} if manifest else {}
    with placed({**first, **places}) as streams:
        ours = {part: streams[part] for part in places}
        written = write_parts(data, division.parts, division.keys, ours, keep=keep, train=order)
        if manifest:
            parts = {
                part: Part(
                    file=seen_from(manifest, places[part]),
                    rows=one.rows,
                    sha256=one.sha256,
                    questions=Digits(one.asked),
                )
                for part, one in written.items()
            }
            made = Manifest(
                evalkit=__version__,
                source=Path(data.path).name,
                source_sha256=digest_of(data.place),
                options=options,
                parts=parts,
            )
            write_manifest(made, streams["manifest"])


def _say(division: Division, places: Mapping[str, str], manifest: str | None) -> None:
    counts = Counter(division.parts)
    for part, place in places.items():
        click.echo(f"{part:<6} {counts[part]:>7,}  {printable(place)}")
    if manifest:
        click.echo(f"{'':<14}  {printable(manifest)}")
    by_label = Counter(zip(division.labels, division.parts, strict=True))
    shown = sorted(set(division.labels))
    if len(shown) < 2:
        return
    click.echo()
    names = [excerpt(label) or "(none)" for label in shown[:_MOST_LABELS]]
    width = max(map(columns, names))
    click.echo(f"{'':<{width}}  " + "".join(f"{part:>8}" for part in places))
    for label, name in zip(shown, names, strict=False):
        numbers = "".join(f"{by_label[label, part]:>8,}" for part in places)
        click.echo(f"{name}{' ' * (width - columns(name))}  {numbers}")
    if len(shown) > _MOST_LABELS:
        click.echo(f"and {len(shown) - _MOST_LABELS} more labels")
