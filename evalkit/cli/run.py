# SPDX-License-Identifier: Apache-2.0
"""`evalkit run`: base and tuned models on a held-out set, judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run

__all__ = ["run"]


@click.command()
@click.argument("suites", nargs=-1, required=True, metavar="SUITE...")
@click.option("--reports", default="reports", show_default=True, help="Folder for runs and pages.")
@click.option(
    "--store",
    default=".evalkit/store.sqlite",
    show_default=True,
    help="Answers already got; they are not asked for again.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N rows (says so).")
@click.option("--allow-undecided", is_flag=True, help="An undecided gate does not fail the run.")
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--no-report", is_flag=True, help="Keep the run, write no page.")
@click.option("--lang", envvar="EVALKIT_LANG", type=click.Choice(["en", "zh"]), help="Language.")
def run(
    suites: tuple[str, ...],
    reports: str,
    store: str,
    limit: int | None,
    output_format: str,
    lang: str | None,
    *,
    allow_undecided: bool,
    no_report: bool,
) -> None:
    """Ask the models of each SUITE, score, compare and judge them.

    Writes reports/SUITE/TIME/ with run.json, samples.jsonl and the page index.html. Exit code 1
    when a gate fails or stays undecided, 3 when answers are missing (run again to resume).
    """
    from evalkit.cli._progress import RunProgress
    from evalkit.cli._run_text import as_json, as_text
    from evalkit.evaluation.folder import new_run_folder
    from evalkit.evaluation.run import run_suite
    from evalkit.evaluation.stored import save_run
    from evalkit.evaluation.suite import cut_to, load_suite

    spoken = language(lang)
    loaded = [load_suite(path) for path in suites]  # every typo is told before anything is asked
    documents, code = [], 0
    for suite in loaded:
        started, folder = new_run_folder(Path(reports), suite.name)
        with RunProgress(spoken) as shown:
            done = run_suite(
                cut_to(suite, limit),
                store=Path(store),
                started=started,
                announce=shown.announce,
                progress=shown.step,
            )
        save_run(done.run, folder, timings=done.timings)
        page = None if no_report else _page(done.run, folder, spoken)
        if output_format == "text":
            click.echo(as_text(done.run, spoken))
            click.echo(f"\n{'Report' if spoken == 'en' else '报告'}: {page or folder}")
        documents.append(as_json(done.run, language=spoken, folder=folder, page=page))
        for line in done.incomplete:
            click.echo(f"incomplete: {line}; run the same command to ask again", err=True)
        code = max(code, _code(done.run, allow_undecided=allow_undecided))
        if done.incomplete:
            code = 3
    if output_format == "json":
        body = documents[0] if len(documents) == 1 else documents
        click.echo(json.dumps(body, ensure_ascii=False, indent=1))
    raise SystemExit(code)


def _page(run_: Run, folder: Path, spoken: str) -> Path:
    from evalkit.core.atomic import write_text
    from evalkit.report.build import build_report

    page = folder / "index.html"
    write_text(page, build_report(run_, language=language(spoken)))
    return page


def _code(run_: Run, *, allow_undecided: bool) -> int:
    passing = {"pass", "undecided"} if allow_undecided else {"pass"}
    return int(any(gate.verdict not in passing for gate in run_.gates))
