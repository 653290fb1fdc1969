# SPDX-License-Identifier: Apache-2.0
"""`evalkit report`: runs and answers that are there already become documents; no model is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.core.errors import UsageError
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.cli._report_sources import Source

__all__ = ["report"]

_FORMATS = ("html", "markdown", "json", "csv")
_SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".csv": "csv",
}
_PAGE = "index.html"


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN|ANSWERS]...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write there: .html, .md, .json or .csv.  [default: a page into the folder of each run; "
    "other formats to the terminal]",
)
@click.option(
    "--output-format",
    type=click.Choice(_FORMATS),
    help="By the name of -o, else html.  markdown: the comment of a pull request; csv: every row.",
)
@click.option(
    "--index",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write FOLDER/index.html, a list of all runs in it, and nothing else.",
)
@click.option("--expected", metavar="FILE", help="Expected answers by id, for ANSWERS without.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The held-out set of the ANSWERS, with questions and expected answers.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    metavar="N",
    help="Rows that got worse that markdown quotes; 0 where rows are confidential.",
)
@click.option(
    "--lang",
    envvar="EVALKIT_LANG",
    type=click.Choice(["en", "zh"]),
    help="Language that the page opens in, both are in it; and that of markdown.",
)
def report(
    runs: tuple[str, ...],
    output: Path | None,
    output_format: str | None,
    index: Path | None,
    lang: str | None,
    **given: Any,
) -> None:
    """Make documents of runs and answers that are there already. No model is asked.

    RUN is the folder of a stored run (reports/SUITE/TIME), or one that holds runs, such as that of
    pytest's --evalkit-results: of these the newest of each suite. ANSWERS are two files or more as
    `evalkit compare` takes them, which has more options.

    Exit codes: 0 done, 2 could not do it.
    """
    from evalkit.cli._report_sources import are_answers, compared, stored_runs

    spoken = language(lang)
    if index is not None:
        if runs or output_format not in (None, "html"):
            raise UsageError("--index lists the runs of a folder as a page", "give nothing else")
        _index(index, output, spoken)
        return
    if not runs:
        raise UsageError("nothing to report on", "name the folder of a run, or --index reports/")
    form = _form(output_format, output)
    answers = are_answers(runs)
    if not answers and (given["expected"] or given["data"]):
        raise UsageError("--expected and --data go with files of answers", "leave them out")
    if answers and form == "html" and output is None:
        raise UsageError("the page of a comparison needs a name", "such as -o report.html")
    sources = [compared(runs, given)] if answers else stored_runs(runs)
    if form == "html":
        _pages(sources, output, spoken)
        return
    text = _document(sources, form, spoken, given["examples"])
    if output is None or str(output) == "-":
        click.echo(text, nl=False)
        return
    from evalkit.core.atomic import write_text

    mark = "\ufeff" if form == "csv" else ""  # tells spreadsheets that it is UTF-8
    write_text(output, mark + text)
    click.echo(str(output))


def _form(form: str | None, output: Path | None) -> str:
    """The format that is meant.

    Raises:
        UsageError: Nobody knows what is to be written there.
    """
    if form is not None:
        return form
    if output is None or str(output) == "-":
        return "html"
    if (known := _SUFFIXES.get(output.suffix.lower())) is None:
        raise UsageError(
            f"-o {output.name}: what is to be written there?",
            "name it .html, .md, .json or .csv, or say --output-format",
        )
    return known


def _pages(sources: list[Source], output: Path | None, spoken: Language) -> None:
    """A page for each, in the folder of its run where no place is named."""
    from evalkit.core.atomic import write_text
    from evalkit.report.build import build_report

    if output is not None and len(sources) > 1:
        raise UsageError(
            f"-o names one page and {len(sources)} runs are given",
            "leave -o out: each run gets its index.html",
        )
    for source in sources:
        text = build_report(source.run, language=spoken)
        if str(output) == "-":
            click.echo(text, nl=False)
            return
        page = output or (source.folder or Path()) / _PAGE
        write_text(page, text)
        if output is None and source.folder is not None:
            _general(source.folder, spoken)
        click.echo(str(page))


def _general(folder: Path, spoken: Language) -> None:
    """The page of the general set, which the run's page links to."""
    from evalkit.core.atomic import write_text
    from evalkit.evaluation.forgetting.spec import FORGETTING
    from evalkit.evaluation.stored import load_run
    from evalkit.report.build import build_report

    inner = folder / FORGETTING
    if (inner / "run.json").is_file():
        write_text(inner / _PAGE, build_report(load_run(inner), language=spoken))


def _document(sources: list[Source], form: str, spoken: Language, examples: int) -> str:
    """Of all of them, ending in a line feed."""
    if form == "markdown":
        from evalkit.report.markdown import run_markdown

        told = (run_markdown(one.run, language=spoken, examples=examples) for one in sources)
        return "\n".join(told)
    if form == "csv":
        from evalkit.report.rows_csv import rows_csv

        if len(sources) > 1:
            raise UsageError(
                f"csv holds the rows of one run, and {len(sources)} are given",
                "name one: their columns differ",
            )
        return "".join(f"{line}\n" for line in rows_csv(sources[0].run))
    documents = [_json(one, spoken) for one in sources]
    body = documents[0] if len(documents) == 1 else documents
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _json(source: Source, spoken: Language) -> Any:
    """As `evalkit run` and `evalkit compare` say it."""
    page = None
    if source.folder is not None and (source.folder / _PAGE).is_file():
        page = source.folder / _PAGE
    if source.found is not None:
        from evalkit.cli._compare_json import as_document

        return as_document(source.found, language=spoken, folder=None, page=None)
    from evalkit.cli._run_json import as_json

    return as_json(source.run, language=spoken, folder=source.folder, page=page)


def _index(folder: Path, output: Path | None, spoken: Language) -> None:
    """Write the list of runs.

    Raises:
        UsageError: No folder, or that of a run: its own page would be lost.
    """
    from evalkit.core.atomic import write_text
    from evalkit.report.index_page import index_page
    from evalkit.report.index_runs import listed_runs

    if (folder / "run.json").is_file():
        raise UsageError(f"{folder} is a run itself", "name the folder above: reports/")
    runs, unread = listed_runs(folder)
    page = output or folder / _PAGE
    write_text(page, index_page(runs, unread, at=page.parent, language=spoken))
    click.echo(str(page))
