# SPDX-License-Identifier: Apache-2.0
"""`evalkit run`: base and tuned models on a held-out set, judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from evalkit.cli._run_options import ResumableCommand, command_line, run_options
from evalkit.cli._run_outputs import (
    Output,
    from_root,
    one_line,
    outputs_of,
    say,
    say_error,
    written_form,
)
from evalkit.core.errors import EvalkitError, RemoteError, StoppedError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.cli._progress import RunProgress
    from evalkit.evaluation.finished import Finished
    from evalkit.evaluation.result import Run
    from evalkit.evaluation.suite import Suite
    from evalkit.models.ask import Terms
    from evalkit.report.outputs._judged import Judged

__all__ = ["run"]


@click.command(cls=ResumableCommand)
@click.argument("suites", nargs=-1, required=True, metavar="SUITE...")
@run_options
def run(suites: tuple[str, ...], lang: str | None, **given: Any) -> None:
    """Ask the models of each SUITE, score, compare and judge them.

    Says first what goes to which host, what it may cost and what the rows can prove. Writes
    reports/SUITE/TIME/ with run.json, samples.jsonl and the page index.html. Ctrl-C finishes what
    is under way; the same command goes on where it was.

    Exit code 1 when a gate fails or stays undecided, 2 when it cannot be run as it is, 3 when
    answers are missing (a remote, the budget or the deadline; run again to resume), 130 when
    interrupted.
    """
    from evalkit.evaluation.stopping import stoppable
    from evalkit.evaluation.suite import load_suite

    spoken = language(lang)
    _check(suites, given)
    given["output_format"], outputs = outputs_of(
        given["output_format"], given["outputs"], ("text", "json")
    )
    # Every typo is told before anything is asked.
    loaded = []
    for path in suites:
        try:
            loaded.append(_as_asked(load_suite(path), given))
        except EvalkitError as error:
            say_error(error, given["output_format"], from_root(Path(path)))
            raise
    if given["record"]:
        from evalkit.evaluation.recording import check_recordable

        check_recordable(Path(given["record"]), loaded[0])
    if given["dry_run"]:
        _look_ahead(loaded, spoken, given)
        return
    from evalkit.cli._progress import RunProgress

    told: list[_Told] = []
    progress = RunProgress(spoken)
    with stoppable(progress.stopping) as stop:
        terms = _terms(given, stop)
        for path, suite in zip(suites, loaded, strict=True):
            try:
                told.append(_run_one(suite, Path(path), terms, progress, spoken, given))
            except EvalkitError as error:
                file = from_root(Path(path))
                if told:  # the suites before it are judged and paid for
                    _say(told, outputs, spoken, given, not_run=[(suite.name, file, error)])
                say_error(error, given["output_format"], file)
                raise
            progress = progress.next()
    _say(told, outputs, spoken, given)
    raise SystemExit(max(one.code for one in told))


def _check(suites: Sequence[str], given: dict[str, Any]) -> None:
    """Options that contradict each other are told before anything is read."""
    if given["record"] and len(suites) > 1:
        raise UsageError(
            f"--record takes the answers of one suite, not of {len(suites)}",
            "run them one by one, each with a file of its own",
        )
    if given["replay"]:
        for name in ("batch", "record", "budget"):
            if given[name]:
                raise UsageError(
                    f"--replay asks no model: --{name} has nothing to do", f"leave out --{name}"
                )
    if given["batch_failed_directly"] and not given["batch"]:
        raise UsageError("--batch-failed-directly needs --batch", "give both")


def _as_asked(suite: Suite, given: dict[str, Any]) -> Suite:
    from evalkit.evaluation.run_settings import adjusted

    names = ("limit", "repeats", "turns", "temperature", "seed", "concurrency")
    suite = adjusted(suite, **{name: given[name] for name in names})
    if given["replay"]:
        from evalkit.evaluation.recording import replayed

        suite = replayed(suite, Path(given["replay"]))
    return suite


def _terms(given: dict[str, Any], stop: Any = None) -> Terms:
    from evalkit.evaluation.run_settings import terms_of

    return terms_of(
        budget=given["budget"],
        seconds=given["deadline"],
        if_maybe_paid=given["if_maybe_paid"],
        stop=stop,
    )


def _look_ahead(loaded: Sequence[Suite], spoken: Language, given: dict[str, Any]) -> None:
    from evalkit.evaluation.outlook.text import gate_lines, host_lines
    from evalkit.evaluation.run import look_ahead

    documents = []
    for suite in loaded:
        ahead = look_ahead(
            suite, store=Path(given["store"]), terms=_terms(given), batch=given["batch"]
        )
        documents.append(
            {"schema": 1, "suite": suite.name, "dry_run": True, "outlook": ahead.document()}
        )
        if given["output_format"] != "json":
            if len(loaded) > 1:
                click.echo(click.style(printable(suite.name), bold=True))
            click.echo("\n".join([*host_lines(ahead, spoken), *gate_lines(ahead, spoken)]))
    if given["output_format"] != "json":
        click.echo("nothing was sent" if spoken == "en" else "没有发送任何内容")
    _print_json(documents, given)


class _Told(NamedTuple):
    """One suite that is done: for machines, for CI services, and its exit code."""

    document: Any
    judged: Judged
    code: int


def _run_one(
    suite: Suite,
    path: Path,
    terms: Terms,
    progress: RunProgress,
    spoken: Language,
    given: dict[str, Any],
) -> _Told:
    """One suite, asked, judged, written and printed."""
    from evalkit.evaluation.folder import new_run_folder
    from evalkit.evaluation.forgetting.run import save_finished

    started, folder = new_run_folder(Path(given["reports"]), suite.name)
    done = _asked(suite, terms, progress, started, given)
    save_finished(done, folder)
    page = None if given["no_report"] else _page(done.run, folder, spoken)
    if page is not None and done.forgetting is not None:
        _page(done.forgetting.run, folder / "forgetting", spoken)
    if given["record"]:
        _record(suite, done, given["record"], spoken)
    if given["output_format"] == "text":
        from evalkit.cli._run_text import as_text

        click.echo(as_text(done.run, spoken))
        click.echo(f"\n{'Report: ' if spoken == 'en' else '报告：'}{page or folder}")
    for line in done.incomplete:
        click.echo(
            f"incomplete: {printable(line)}; mend that, then ask again: {command_line()}", err=True
        )
    from evalkit.cli._run_json import as_json

    document = as_json(done.run, language=spoken, folder=folder, page=page)
    if progress.ahead is not None:
        document["outlook"] = progress.ahead.document()
    code = 3 if done.incomplete else _code(done.run, allow_undecided=given["allow_undecided"])
    return _Told(document, _judged(done, path, page), code)


def _judged(done: Finished, path: Path, page: Path | None) -> Judged:
    """The run and where its gates stand."""
    from evalkit.report.outputs._judged import Judged
    from evalkit.report.outputs._places import gate_lines

    return Judged(
        run=done.run,
        file=from_root(path),
        lines=gate_lines(path),
        incomplete=tuple(done.incomplete),
        page=from_root(page) if page is not None else "",
    )


def _asked(
    suite: Suite, terms: Terms, progress: RunProgress, started: str, given: dict[str, Any]
) -> Finished:
    """The suite's answers; what ends it early says how many are kept and how to go on."""
    from evalkit.evaluation.run import run_suite

    try:
        with progress as shown:
            return run_suite(
                suite,
                store=Path(given["store"]),
                started=started,
                progress=shown.step,
                outlook=shown.outlook,
                terms=terms,
                batch=given["batch"],
                failed_directly=given["batch_failed_directly"],
                tell=lambda line: click.echo(printable(line), err=True),
            )
    except (RemoteError, StoppedError):
        click.echo(progress.kept(command_line()), err=True)
        raise


def _record(suite: Suite, done: Finished, file: str, spoken: Language) -> None:
    from datetime import datetime

    from evalkit.evaluation.recording import record_run

    today = datetime.now().astimezone().date().isoformat()
    requests = {name: asked.requests for name, asked in done.asked.items()}
    kept = record_run(Path(file), suite, requests, done.asked, today=today)
    said = "recorded: {f}, {n} answers", "已录制：{f}，{n} 个回答"
    lacks = ", {k} errors left out", "，{k} 个错误未录入"
    at = int(spoken == "zh")
    line = said[at].format(f=printable(file), n=f"{kept.rows:,}")
    click.echo(line + (lacks[at].format(k=kept.left_out) if kept.left_out else ""), err=True)


def _say(
    told: list[_Told],
    outputs: Sequence[Output],
    spoken: Language,
    given: dict[str, Any],
    *,
    not_run: Sequence[tuple[str, str, EvalkitError]] = (),
) -> None:
    """Print and write all forms that were asked for; the text has been printed."""
    from evalkit.core.atomic import write_text
    from evalkit.report.outputs._judged import Look, NotRun

    documents = [one.document for one in told]
    _print_json(documents, given)
    judged = [one.judged for one in told]
    look = Look(
        language=spoken,
        allow_undecided=given["allow_undecided"],
        not_run=[
            NotRun(name=name, file=file, message=one_line(error)) for name, file, error in not_run
        ],
    )
    if given["output_format"] not in ("text", "json"):
        say(given["output_format"], judged, look)
    for output in outputs:
        if output.form == "json":
            write_text(output.path, f"{_json(documents)}\n")
        elif output.form == "text":
            write_text(output.path, _plain(judged, spoken))
        else:
            write_text(output.path, written_form(output.form, judged, look))


def _plain(judged: Sequence[Judged], spoken: Language) -> str:
    from evalkit.cli._run_text import as_text

    return "\n".join(f"{click.unstyle(as_text(one.run, spoken))}\n" for one in judged)


def _print_json(documents: list[Any], given: dict[str, Any]) -> None:
    if given["output_format"] == "json":
        click.echo(_json(documents))


def _json(documents: list[Any]) -> str:
    body = documents[0] if len(documents) == 1 else documents
    return json.dumps(body, ensure_ascii=False, indent=1)


def _page(run_: Run, folder: Path, spoken: Language) -> Path:
    from evalkit.core.atomic import write_text
    from evalkit.report.build import build_report

    page = folder / "index.html"
    write_text(page, build_report(run_, language=spoken))
    return page


def _code(run_: Run, *, allow_undecided: bool) -> int:
    from evalkit.evaluation.gates.decide import stands

    return int(not stands(run_, allow_undecided=allow_undecided))
