# SPDX-License-Identifier: Apache-2.0
"""`evalkit report`: stored runs become pages; no model is asked."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.core.strings import language

__all__ = ["report"]


@click.command()
@click.argument(
    "runs", nargs=-1, required=True, metavar="RUN_DIR...", type=click.Path(path_type=Path)
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The page, for one run.  [default: index.html in the folder of the run]",
)
@click.option(
    "--lang",
    envvar="EVALKIT_LANG",
    type=click.Choice(["en", "zh"]),
    help="Language that the page opens in; both are in it.",
)
def report(runs: tuple[Path, ...], output: Path | None, lang: str | None) -> None:
    """Write the HTML page of stored runs (folders below reports/). No model is asked."""
    from evalkit.core.atomic import write_text
    from evalkit.core.errors import UsageError
    from evalkit.evaluation.stored import load_run
    from evalkit.report.build import build_report

    if output is not None and len(runs) > 1:
        raise UsageError(
            f"-o names one page and {len(runs)} runs are given",
            "leave -o out: each run gets its index.html",
        )
    for folder in runs:
        run = load_run(folder)
        inside = folder.parent if folder.name == "run.json" else folder
        page = output or inside / "index.html"
        write_text(page, build_report(run, language=language(lang)))
        click.echo(str(page))
