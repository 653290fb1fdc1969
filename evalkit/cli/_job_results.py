# SPDX-License-Identifier: Apache-2.0
"""`evalkit job results`: what came of a job, or what its file of metrics says."""

from __future__ import annotations

import hashlib
import shutil
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_options import ChosenJob, chosen_job, json_text
from evalkit.cli._terminal import colours, draws_blocks, to_file
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.results.fetch import Fetched
    from evalkit.jobs.results.results import Results
    from evalkit.page.phrase import Phrase

__all__ = ["command"]

_FORMATS = ("text", "json", "csv", "html", "markdown")
_SUFFIXES = {
    ".json": "json", ".csv": "csv", ".html": "html", ".htm": "html", ".md": "markdown",
    ".markdown": "markdown",
}  # fmt: skip
_WIDE, _NARROW = 100, 60
_COLOURS: dict[str, dict[str, Any]] = {
    "head": {"bold": True},
    "bad": {"fg": "red"},
    "warn": {"fg": "yellow"},
    "soft": {"dim": True},
}


@click.command(name="results")
@click.argument("job", metavar="JOB|FILE.csv")
@click.option(
    "-o", "--output", metavar="FILE", help="Write there: .html, .csv, .json, .md, else text."
)
@click.option(
    "--output-format",
    type=click.Choice(_FORMATS),
    help="Else as the name of -o says, else text.",
)
@click.option("--target", metavar="NAME", help="Whose job it is: openai, azure, local, …")
@click.option("--url", metavar="URL", help="Base URL, where it is not the target's usual one.")
@click.option("--key-env", metavar="VARIABLE", help="That holds the key; else the usual one.")
@click.option("--lang", type=click.Choice(["en", "zh"]), envvar="EVALKIT_LANG", help="Language.")
def command(
    job: str, *, output: str | None, output_format: str | None, lang: str | None, **given: Any
) -> int:
    """Show what came of JOB: curves, signs of over-fitting, the best checkpoint, tokens and money.

    A FILE of metrics that was kept does as well, today's or a legacy one, plain or in base64:
    nothing is sent then. `-o results.html` writes the page, `-o metrics.csv` the decoded metrics.

    Exit codes: 0 done, 1 the job failed or was cancelled, 2 could not do it, 3 incomplete because
    of the remote.
    """
    spoken = language(lang)
    form = _form(output_format, output)
    reasons: list[Phrase] = []
    if _is_file(job, given):
        results = _of_file(Path(job))
    else:
        results, reasons = _of_job(chosen_job(job, given))
    _written(_shown(results, reasons, form, output, spoken), output, spoken)
    failed = results.job is not None and results.job.state in ("failed", "cancelled")
    return 1 if failed else 0


def _is_file(job: str, given: dict[str, Any]) -> bool:
    """Whether a file is meant: one that is there, or a name that only a file can have.

    Raises:
        InputError: It can only be a file, and is not there.
    """
    place = Path(job)
    if place.is_file():
        return True
    if place.is_dir() or given.get("target"):
        return False
    if place.suffix.lower() in (".csv", ".txt", ".json", ".jsonl"):
        raise InputError(f"no such file: {printable(job)}", "name a file of metrics, or a job's id")
    return False


def _of_file(path: Path) -> Results:
    from evalkit.jobs.results.metrics_file import read_metrics
    from evalkit.jobs.results.results import KeptFile, results_of

    metrics = read_metrics(path)
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    kept = KeptFile(what="metrics", name=path.name, sha256=digest, size=len(raw))
    return results_of(path.name, metrics=metrics, files=[kept])


def _of_job(chosen: ChosenJob) -> tuple[Results, list[Phrase]]:
    from evalkit.evaluation._loop import finished
    from evalkit.jobs.results.results import results_of
    from evalkit.jobs.watching.reasons import cause_lines

    record = chosen.record
    found = finished(lambda: _fetched(chosen))
    for note in found.notes:
        click.echo(f"left out: {printable(note)}", err=True)
    results = results_of(
        found.job.id,
        metrics=found.metrics,
        job=found.job,
        estimate=record.estimate if record else None,
        events=found.events,
        checkpoints=found.checkpoints,
        files=found.files,
        today=_today(),
    )
    reasons: list[Phrase] = []
    if found.job.state == "failed":
        held = record.validation.path if record and record.validation else "VALIDATION.jsonl"
        train = record.train.path if record else "TRAIN.jsonl"
        reasons = cause_lines(found.job, train=train, validation=held)
    return results, reasons


async def _fetched(chosen: ChosenJob) -> Fetched:
    from evalkit.jobs.results.fetch import fetched
    from evalkit.jobs.seam import open_provider

    async with open_provider(chosen.target, chosen.where) as provider:
        return await fetched(provider, chosen.job, chosen.record)


def _form(form: str | None, path: str | None) -> str:
    """The output that is meant: as asked for, or as the file's name says.

    Raises:
        UsageError: A page for the terminal.
    """
    form = form or (_SUFFIXES.get(Path(path).suffix.lower()) if path else None) or "text"
    if form == "html" and not to_file(path) and sys.stdout.isatty():
        raise UsageError("--output-format html writes a page", "name it: -o results.html")
    return form


def _shown(
    results: Results, reasons: list[Phrase], form: str, path: str | None, spoken: Language
) -> str:
    if form == "json":
        from evalkit.jobs.results.document import as_document

        return json_text(as_document(results))
    if form == "csv":
        from evalkit.jobs.results.document import as_csv

        if results.metrics is None:
            raise InputError(
                f"{printable(results.source)} has no metrics",
                "a job has them once it has run; `evalkit job watch` follows it",
            )
        return as_csv(results.metrics)
    if form == "html":
        from evalkit.report.job_page import job_page

        return job_page(results, language=spoken, reasons=reasons)
    from evalkit.jobs.results.text import as_markdown, as_text

    if form == "markdown":
        return as_markdown(results, language=spoken, reasons=reasons)
    if to_file(path):
        return as_text(results, language=spoken, width=_WIDE, reasons=reasons)
    width = max(_NARROW, shutil.get_terminal_size().columns)
    return as_text(
        results,
        language=spoken,
        width=width,
        style=_coloured,
        ascii_only=not draws_blocks(),
        reasons=reasons,
    )


def _written(text: str, path: str | None, spoken: Language) -> None:
    if not to_file(path):
        click.echo(text, color=colours())
        return
    from evalkit.core.atomic import write_text

    write_text(str(path), text + "\n")
    shown = printable(str(path))
    click.echo(f"written to {shown}" if spoken == "en" else f"已写入 {shown}", err=True)


def _coloured(text: str, tone: str) -> str:
    return click.style(text, **_COLOURS[tone]) if colours() else text


def _today() -> date:
    return datetime.now().astimezone().date()
