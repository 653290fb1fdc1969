# SPDX-License-Identifier: Apache-2.0
"""`evalkit stats`: what a data set is made of."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import DATA_FILE
from evalkit.cli._reading import kept_apart, opened, reading_options, watched
from evalkit.cli._terminal import colours
from evalkit.core.errors import InputError, UsageError
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.estimation.profile import Profiler
    from evalkit.estimation.profile_facts import Profile
    from evalkit.estimation.profile_overlap import Overlap

__all__ = ["stats"]

_FORMATS = ("text", "json", "html")
_SUFFIXES = {".json": "json", ".html": "html", ".htm": "html"}
_COLOURS: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "soft": {"dim": True},
}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=DATA_FILE, metavar="FILE...")
@click.option(
    "--output-format",
    type=click.Choice(_FORMATS),
    help="By the name of -o where it ends in .json or .html, else text.",
)
@click.option("-o", "--output", metavar="FILE", help="Write there, not to the terminal.")
@click.option("--model", help="Whose tokens are counted, such as gpt-4.1-mini.")
@click.option(
    "--encoding-name",
    metavar="NAME",
    help="The tokenizer itself, such as cl100k_base, instead of --model.",
)
@click.option("--tokens/--no-tokens", default=True, help="Counting them takes half of the time.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
@reading_options
def stats(
    paths: tuple[str, ...],
    *,
    output_format: str | None,
    output: str | None,
    model: str | None,
    encoding_name: str | None,
    tokens: bool,
    lang: str | None,
    **given: Any,
) -> None:
    """Say what FILE... is made of: rows, roles, lengths, languages, labels, tools, repeats.

    Quantiles are true ones, by linear interpolation. Several files are also compared: which rows of
    one stand in another, too.

    Exit codes: 0 done, 2 could not do it.
    """
    from evalkit.core.spill import spilling
    from evalkit.estimation.profile_overlap import overlaps

    spoken = language(lang)
    form = _form(output_format, output)
    kept_apart(output, paths)
    encoding, plain = _encoding(model, encoding_name) if tokens else (None, False)
    with spilling(None):
        profiles: dict[str, Profile] = {}
        counted: dict[str, Profiler] = {}
        for path in dict.fromkeys(paths):
            profiles[path], counted[path] = _profiled(path, encoding, plain, given)
        common = overlaps(
            {path: one.rows for path, one in counted.items()},
            {path: one.questions for path, one in counted.items()},
        )
    _write(_shown(list(profiles.values()), common, form, spoken, output), output)


def _form(form: str | None, output: str | None) -> str:
    """The output that is meant.

    Raises:
        UsageError: A page for the terminal.
    """
    known = _SUFFIXES.get(Path(output).suffix.lower()) if output else None
    form = form or known or "text"
    if form == "html" and output is None and sys.stdout.isatty():
        raise UsageError("--output-format html writes a page", "name it: -o stats.html")
    return form


def _encoding(model: str | None, name: str | None) -> tuple[str, bool]:
    """The tokenizer to count with, and whether texts are all that the model sees.

    Raises:
        UsageError: Both are given; no such model or tokenizer.
    """
    from evalkit.estimation.profile import DEFAULT_ENCODING
    from evalkit.tokens.encodings import canonical_name

    if name is not None:
        canonical_name(name)
        return name, False
    if model is None:
        return DEFAULT_ENCODING, False
    from evalkit.targets.load import model_named

    card = model_named(model)
    if card.encoding is None:
        click.echo(
            f"{card.name} has a tokenizer of its own, which is not offline: counted in "
            f"{DEFAULT_ENCODING}, so tokens are about right only",
            err=True,
        )
    return card.encoding or DEFAULT_ENCODING, card.methods == ("completion",)


def _profiled(
    path: str, encoding: str | None, plain: bool, given: dict[str, Any]
) -> tuple[Profile, Profiler]:
    """One file.

    Raises:
        InputError: It has no row that can be used.
    """
    from evalkit.estimation.profile import Profiler

    data = opened(path, **given)
    profiler = Profiler(encoding=encoding, plain=plain)
    profiler.take(watched(data, "counting"))
    found = profiler.result(data, path)
    if not found.rows.usable:
        raise _nothing(path, found)
    return found, profiler


def _nothing(path: str, found: Profile) -> InputError:
    rows = found.rows
    if not rows.records:
        return InputError(f"nothing to count: {path} has no rows", "is it the right file?")
    if rows.unread:
        what = f"nothing to count: no row of {path} holds a conversation (read as {found.layout})"
        return InputError(what, "say how to read them: --from LAYOUT")
    what = f"nothing to count: no record of {path} can be read ({rows.broken:,} broken)"
    return InputError(what, f"see why: evalkit lint {path}")


def _shown(
    profiles: Sequence[Profile],
    common: Sequence[Overlap],
    form: str,
    spoken: Language,
    output: str | None,
) -> str:
    if form == "html":
        from evalkit.report.stats_page import stats_page

        return stats_page(profiles, common, language=spoken)
    if form == "json":
        document = {
            "schema": 1,
            "quantiles": "linear",
            "files": [one.to_dict() for one in profiles],
            "overlaps": [one.to_dict() for one in common],
        }
        return json.dumps(document, ensure_ascii=False, indent=1)
    from evalkit.estimation.profile_comparison import comparison_text
    from evalkit.estimation.profile_text import as_text

    width = max(60, shutil.get_terminal_size().columns) if output is None else 100
    style = _coloured if output is None and colours() else _uncoloured
    parts = [as_text(one, language=spoken, width=width, style=style) for one in profiles]
    if len(profiles) > 1:
        compared = comparison_text(profiles, common, language=spoken, width=width, style=style)
        parts.append(compared)
    return "\n\n\n".join(parts)


def _coloured(text: str, tone: str) -> str:
    return click.style(text, **_COLOURS[tone])


def _uncoloured(text: str, tone: str) -> str:  # noqa: ARG001  (the shape of a style)
    return text


def _write(text: str, output: str | None) -> None:
    if output in (None, "-"):
        click.echo(text, color=colours())
        return
    from evalkit.core.atomic import write_text

    write_text(str(output), text + "\n")
