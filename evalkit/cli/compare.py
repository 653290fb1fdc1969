# SPDX-License-Identifier: Apache-2.0
"""`evalkit compare`: answers that were given already, held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._compare_options import GROUPS, named_sources, wanted_of
from evalkit.cli._groups import GroupedCommand, grouped
from evalkit.cli._reading import kept_apart
from evalkit.cli._run_outputs import from_root, outputs_of, say, say_error, written_form
from evalkit.core.errors import EvalkitError
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.evaluation.comparing.comparison import Compared

__all__ = ["compare"]

_OWN = ("html", "json", "markdown", "text")


@click.command(cls=GroupedCommand)
@click.argument("answers", nargs=-1, required=True, metavar="[NAME=]ANSWERS...")
@grouped(GROUPS)
def compare(answers: tuple[str, ...], lang: str | None, **given: Any) -> None:
    """Compare recorded ANSWERS of two models or more; no model is asked, nothing is sent.

    ANSWERS is a table or JSON lines of id, answer and expected; a recording; the folder of a run
    (reports/x/TIME, or TIME#tuned); FILE#MODEL or FILE#COLUMN of a file that holds several; or a
    log of the LM Evaluation Harness, Inspect, promptfoo, OpenAI's Evals or batches, OpenCompass.
    The first is the base, unless one is called base; `NEW vs OLD` says it in words.

    Rows are paired by id, else by what was asked. Exit code 1 when a gate fails or stays
    undecided, 2 when they cannot be compared.
    """
    from datetime import datetime

    from evalkit.core.atomic import write_text
    from evalkit.evaluation.comparing.comparison import compare_answers
    from evalkit.evaluation.gates.decide import stands
    from evalkit.report.outputs._judged import Judged, Look

    spoken = language(lang)
    kind, outputs = outputs_of(given["output_format"], given["outputs"], _OWN)
    sources, turned = named_sources(answers)
    _kept_apart([str(output.path) for output in outputs], [path for _, path in sources])
    wanted = wanted_of(given, first_is_base=turned)
    started = datetime.now().astimezone().replace(microsecond=0).isoformat()
    try:
        found = compare_answers(sources, wanted, started=started)
    except EvalkitError as error:
        say_error(error, kind)
        raise
    if given["save"]:
        from evalkit.evaluation.stored import save_run

        save_run(found.run, given["save"])
    look = Look(language=spoken, allow_undecided=given["allow_undecided"], command="compare")
    page = next((one.path for one in outputs if one.form == "html"), None)
    judged = [Judged(run=found.run, page=from_root(page) if page is not None else "")]
    for output in outputs:
        if output.form in _OWN:
            document = _document(found, output.form, spoken, output.path, given["save"])
            document = click.unstyle(document) if output.form == "text" else document
            write_text(output.path, document if document.endswith("\n") else f"{document}\n")
        else:
            write_text(output.path, written_form(output.form, judged, look))
    if kind not in _OWN:
        say(kind, judged, look)
    elif (
        kind != "text"
        or {one.form for one in outputs} - {"json", "markdown", "text"}
        or not outputs
    ):
        # Beside a page or what a service reads, the numbers are worth seeing at once.
        click.echo(_document(found, kind, spoken, None, given["save"]))
        if outputs and kind == "text":
            click.echo("")
    if kind == "text":
        for output in outputs:
            click.echo(f"{'Report: ' if spoken == 'en' else '报告：'}{output.path}")
    raise SystemExit(int(not stands(found.run, allow_undecided=given["allow_undecided"])))


def _kept_apart(places: Sequence[str], sources: Sequence[str]) -> None:
    """As `kept_apart`, for each of the outputs; `FILE#MODEL` is the file."""
    for place in places:
        kept_apart(place, [*sources, *(path.partition("#")[0] for path in sources)])


def _document(
    found: Compared, kind: str, spoken: Language, page: Path | None, folder: Path | None
) -> str:
    if kind == "html":
        from evalkit.report.build import build_report

        return build_report(found.run, language=spoken)
    if kind == "json":
        import json

        from evalkit.cli._compare_json import as_document

        document = as_document(found, language=spoken, folder=folder, page=page)
        return json.dumps(document, ensure_ascii=False, indent=1)
    if kind == "markdown":
        from evalkit.cli._compare_markdown import as_markdown

        return as_markdown(found, spoken)
    from evalkit.cli._compare_text import as_lines

    return "\n".join(as_lines(found, spoken))
