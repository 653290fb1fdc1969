# SPDX-License-Identifier: Apache-2.0
"""`evalkit label`: people rate some of a run's answers, blind, and are held against the scores."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from evalkit.cli._run_folder import newest_run
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.evaluation.raters.labelled import Labelled
    from evalkit.evaluation.raters.words import Kind
    from evalkit.evaluation.result import Run

__all__ = ["label"]

_Kind = Literal["pair", "right"]
_KINDS: tuple[str, ...] = get_args(_Kind)
_MOST_RATERS = 20


@click.command()
@click.argument("folder", metavar="RUN_DIR", type=click.Path(path_type=Path))
@click.option(
    "-n",
    "--rows",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Lines for a rater to fill in.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The sheet, .xlsx or .csv.  [default: labels.xlsx]",
)
@click.option(
    "--read",
    "sheets",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read filled sheets back; again for each rater's.",
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(_KINDS),
    help="Which of two answers is better, or is each right.  [default: pair if judged]",
)
@click.option("--pair", metavar="A vs B", help="Models.  [default: the run's first pair]")
@click.option(
    "--raters",
    type=click.IntRange(1, _MOST_RATERS),
    default=1,
    show_default=True,
    help="Columns for verdicts in one sheet.",
)
@click.option("--ask", default="", metavar="TEXT", help="The question to raters.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of rows and sides."
)
@click.option("--force", is_flag=True, help="Write over a sheet that is there.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of what is read back.",
)
@click.option(
    "--lang",
    envvar="EVALKIT_LANG",
    type=click.Choice(["en", "zh"]),
    help="Of the headers and of what is said.",
)
def label(folder: Path, sheets: tuple[Path, ...], lang: str | None, **given: Any) -> None:
    """Have people rate a run's answers, blind, and see how far its scores can be trusted.

    Without --read a sheet is written: rows are drawn, model names hidden, sides shuffled. With it
    filled sheets are held against the run's judge, or against its primary metric.

    RUN_DIR is a run's folder, or the folder of its suite below reports/: then the newest run.
    """
    from evalkit.evaluation.stored import load_run

    run = load_run(newest_run(folder))
    speak = language(lang)
    pair = _pair(run, given["pair"])
    if sheets:
        _read(run, pair, sheets, as_json=given["output_format"] == "json", speak=speak)
    else:
        _write(run, pair, given, speak)


def _write(run: Run, pair: tuple[str, str | None], given: dict[str, Any], speak: Language) -> None:
    from evalkit.evaluation.raters.draw import draw
    from evalkit.evaluation.raters.sheet import Plan, write_sheet

    path = given["output"] or Path("labels.xlsx")
    if path.exists() and not given["force"]:
        raise UsageError(
            f"{path} is there already and may hold verdicts", "name another file, or --force"
        )
    judged = run.task == "judged" or run.judge is not None
    kind: Kind = given["kind"] or ("pair" if judged and pair[1] is not None else "right")
    if kind == "pair" and pair[1] is None:
        raise UsageError("the run has one model: there are no pairs to rate", "leave --as out")
    plan = Plan(
        pair=pair,
        kind=kind,
        seed=given["seed"],
        ask=given["ask"],
        raters=given["raters"],
        language=speak,
    )
    drawn = draw(run, pair, given["rows"], kind=kind, seed=given["seed"])
    lines = write_sheet(path, drawn, plan)
    en, zh = drawn.said
    told = f"{path}: {lines} lines; {en}" if speak == "en" else f"{path}：{lines} 条；{zh}"
    click.echo(told)
    click.echo(
        f"when it is filled in: evalkit label {_folder()} --read {path}"
        if speak == "en"
        else f"填好之后：evalkit label {_folder()} --read {path}",
    )


def _folder() -> str:
    """The run as it was named on the command line, to be typed again."""
    import shlex

    return shlex.quote(str(click.get_current_context().params["folder"]))


def _read(
    run: Run,
    pair: tuple[str, str | None],
    sheets: tuple[Path, ...],
    *,
    as_json: bool,
    speak: Language,
) -> None:
    from evalkit.cli._label_text import as_document, as_text
    from evalkit.evaluation.raters.humans import read_humans
    from evalkit.evaluation.raters.labelled import labelled

    found = labelled(run, read_humans(sheets, pair=pair), pair)
    if as_json:
        import json

        click.echo(json.dumps(as_document(found), ensure_ascii=False, indent=1))
    else:
        judged = run.task == "judged" or run.judge is not None
        text = as_text(found, speak, primary=run.primary, judged=judged, sheet=str(sheets[0]))
        click.echo(text, color=None if sys.stdout.isatty() else False)
    if not found.counted:
        raise _nothing(found, sheets)


def _nothing(found: Labelled, sheets: tuple[Path, ...]) -> InputError:
    """Why no verdict says anything of the run."""
    named = ", ".join(printable(str(one)) for one in sheets)
    if not found.rated:
        column = "the column `verdict`"
        return InputError(f"{named}: no line has a verdict", f"fill in {column}, and save it")
    if found.stale:
        why = "the run's answers are others than were rated"
    elif found.foreign:
        why = "the rated rows are not of this run"
    else:
        why = "no row has a majority of its raters"
    return InputError(
        f"{named}: no verdict counts: {why}",
        f"give the run that was rated, or a sheet of this one: evalkit label {_folder()}",
    )


def _pair(run: Run, written: str | None) -> tuple[str, str | None]:
    names = [card.name for card in run.models]
    if written is None:
        return run.candidate or names[0], run.base
    candidate, vs, base = written.partition(" vs ")
    for name in (candidate, *((base,) if vs else ())):
        if name not in names:
            from evalkit.core.printable import excerpt
            from evalkit.core.registry import suggestion

            raise UsageError(
                f"--pair names a model `{excerpt(name)}` that the run has not"
                f"{suggestion(name, names)}",
                f"models of the run: {', '.join(map(excerpt, names))}",
            )
    return candidate, base if vs else None
