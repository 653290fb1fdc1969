# SPDX-License-Identifier: Apache-2.0
"""`evalkit init`: a first suite, a configuration and CI entries for the data of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.starter.start import Start

__all__ = ["init"]

_DONE = {"wrote": ("wrote", "已写"), "same": ("same", "未变"), "kept": ("kept", "保留")}


@click.command()
@click.argument("places", nargs=-1, metavar="[FOLDER]", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make the suite from promptfooconfig.yaml or from exports of OpenAI's Evals; repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def init(
    places: tuple[Path, ...], sources: tuple[Path, ...], *, dry_run: bool, lang: str | None
) -> None:
    """Write a first suite, a configuration and CI entries for the data of FOLDER.

    Asks nothing and sends nothing. Finds the data sets in the folder (the present one) and writes
    evalkit.toml, suites/NAME.eval.yaml that runs on them as they are, and entries for pre-commit,
    GitHub and GitLab. What is there already is never written over; called twice it changes nothing.

    With --from, the suite says what another tool was told; what was not carried over is listed.
    """
    from evalkit.starter.start import start

    spoken = language(lang)
    if sources:
        from evalkit.starter.carrying import carried_start

        # The shell has made several of `--from exports/*.json`.
        begun = carried_start(Path(), [*sources, *places])
        folder = Path()
    else:
        if len(places) > 1:
            raise UsageError(
                f"init looks at one folder, and {len(places)} are named", "name one, or none"
            )
        folder = places[0] if places else Path()
        if not folder.is_dir():
            raise InputError(
                f"{printable(str(folder))} is no folder",
                "a configuration of another tool is named with --from",
            )
        begun = start(folder)
    _write(folder, begun, spoken, dry_run=dry_run)


def _write(folder: Path, begun: Start, spoken: Language, *, dry_run: bool) -> None:
    from evalkit.starter.writing import state_of, write_new

    at = 0 if spoken == "en" else 1
    for pair in begun.notes:
        click.echo(f"{('note: ', '注意：')[at]}{printable(pair[at])}", err=True)
    width = max((len(str(one.path)) for one in begun.files), default=0)
    for one in begun.files:
        done = state_of(folder, one) if dry_run else write_new(folder, one)
        word = ("would write", "将写")[at] if dry_run and done == "wrote" else _DONE[done][at]
        told = one.about[at] if done != "kept" else one.kept[at]
        click.echo(f"{word}  {printable(str(one.path)):<{width}}  {told}".rstrip())
    inside = "" if folder == Path() else f"cd {_shell(folder)} && "
    if begun.parted is not None:
        said = (
            "one file is no test of what was learned from it; part it",
            "同一个文件不能既训练又测试，请先拆分",
        )
        click.echo(f"{said[at]}{(': ', '：')[at]}{inside}evalkit split {_shell(begun.parted)}")
    if begun.first is not None:
        then = f"{inside}evalkit run {_shell(begun.first)}{' --dry-run' if begun.dry else ''}"
        click.echo(f"{('next: ', '下一步：')[at]}{then}")


def _shell(path: Path) -> str:
    import shlex

    text = str(path)
    return printable(shlex.quote(f"./{text}" if text.startswith("-") else text))
