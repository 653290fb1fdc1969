# SPDX-License-Identifier: Apache-2.0
"""`evalkit baseline`: scores in a small file under git, and runs held against them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalkit.cli._groups import WholeGroup
from evalkit.cli._json_numbers import ends, number
from evalkit.cli._run_folder import newest_run
from evalkit.core.errors import RemoteError, UsageError
from evalkit.core.printable import printable
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.evaluation.baseline.check import Checked
    from evalkit.evaluation.baseline.file import Baseline
    from evalkit.evaluation.result import Run
    from evalkit.evaluation.suite import Suite

__all__ = ["baseline"]

F = TypeVar("F", bound=Callable[..., Any])

_MARKS = {"pass": "green", "fail": "red", "undecided": "yellow"}


def _source(command: F) -> F:
    """What all of them take: a run or a suite, and where a suite's answers are from."""
    for option in (
        click.option(
            "--lang",
            envvar="EVALKIT_LANG",
            type=click.Choice(["en", "zh"]),
            help="Of what is printed.",
        ),
        click.option(
            "--replay", metavar="FILE", help="Of a suite: every answer from this recording."
        ),
        click.option(
            "--store",
            default=".evalkit/store.sqlite",
            show_default=True,
            metavar="FILE",
            help="Of a suite: answers already got.",
        ),
        click.argument("source", metavar="RUN|SUITE"),
    ):
        command = option(command)
    return command


@click.group(cls=WholeGroup)
def baseline() -> None:
    """Keep a model's scores in git, and hold later runs against them, row by row.

    RUN is a folder below reports/, such as reports/intent/2026-11-21T120000, or reports/intent:
    then the newest run. SUITE is a *.eval.yaml, which is run. Data, prompts, judge and way of
    scoring must be the same; the model may be another.
    """


@baseline.command("set")
@_source
@click.option("-o", "--output", metavar="FILE", help="Default: NAME.baseline.json by the suite.")
@click.option("--model", help="Whose scores; default: the candidate's.")
@click.option("--metric", help="Default: the primary one.")
@click.option("--margin", default="", help="What checks allow to be lost, such as '2 points'.")
def set_(
    source: str,
    output: str | None,
    model: str | None,
    metric: str | None,
    margin: str,
    lang: str | None,
    **given: Any,
) -> None:
    """Write the scores of a model to a small file: ids, scores and digests, no text."""
    from evalkit.evaluation.baseline.check import baseline_of
    from evalkit.evaluation.baseline.check import check as check_run
    from evalkit.evaluation.baseline.file import fits, write_baseline

    path, run = _run(source, given, output)
    fits(path)
    kept = baseline_of(run, model=model, metric=metric, margin=margin)
    if not kept.scores:
        raise UsageError(f"{printable(kept.metric)} looks at no row of this run", "--metric")
    written = write_baseline(path, kept)
    spoken = language(lang)
    click.echo(_set_line(path, kept, written=written, zh=spoken == "zh"))
    if margin and (itself := check_run(kept, run)).gate.verdict != "pass":
        # Too few rows: no run could pass the check, not even this one.
        en = f"even the same answers would not pass this check: {itself.gate.needs['en']}"
        zh = f"即使回答完全相同，也通不过这一检查：{itself.gate.needs['zh']}"
        click.echo(zh if spoken == "zh" else en, err=True)


@baseline.command("check")
@_source
@click.option("--baseline", "file", metavar="FILE", help="Default: NAME.baseline.json.")
@click.option("--margin", help="What may be lost, such as '2 points'; default: as it was set.")
@click.option("--allow-undecided", is_flag=True, help="Too few rows to decide is no failure.")
@click.option(
    "--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def check(
    source: str,
    file: str | None,
    margin: str | None,
    allow_undecided: bool,
    output_format: str,
    lang: str | None,
    **given: Any,
) -> None:
    """Say whether a run is worse than the baseline.

    Without a margin it fails where the model is seen to be worse; with one it passes where it is
    shown not to be worse by that. Exit code 1 when it fails or stays undecided, 2 when the two
    cannot be compared: it says what changed, from what to what.
    """
    from evalkit.evaluation.baseline.check import check as checked
    from evalkit.evaluation.baseline.file import load_baseline

    path, run = _run(source, given, file)
    found = checked(load_baseline(path), run, margin=margin)
    spoken = language(lang)
    if output_format == "json":
        click.echo(json.dumps(_document(found, path), ensure_ascii=False, indent=1))
    else:
        for en, zh in found.notes:
            click.echo(zh if spoken == "zh" else en, err=True)
        click.echo(click.style(found.sentence(spoken), fg=_MARKS[found.gate.verdict]))
    passing = {"pass", "undecided"} if allow_undecided else {"pass"}
    raise SystemExit(int(found.gate.verdict not in passing))


def _run(source: str, given: dict[str, Any], file: str | None) -> tuple[Path, Run]:
    """The run, of a suite or from disk, and where the baseline stands."""
    from evalkit.evaluation.baseline.check import default_path
    from evalkit.evaluation.baseline.gate import baseline_path
    from evalkit.evaluation.stored import load_run
    from evalkit.evaluation.suite import SUFFIXES, load_suite

    if source.endswith(SUFFIXES):
        suite = load_suite(source)
        path = Path(file) if file else baseline_path(suite)
        return path, _asked(suite, given)
    if given["replay"]:
        raise UsageError("--replay is of a suite: a run has its answers", "leave out --replay")
    run = load_run(newest_run(Path(source)))
    return Path(file) if file else default_path(Path(), run.suite), run


def _asked(suite: Suite, given: dict[str, Any]) -> Run:
    """The suite's run; its gates are not looked at, so that the first baseline can be set."""
    from datetime import datetime

    from evalkit.evaluation.recording import replayed
    from evalkit.evaluation.run import run_suite

    suite = replace(suite, gates=())
    if given["replay"]:
        suite = replayed(suite, Path(given["replay"]))
    started = datetime.now().astimezone().replace(microsecond=0).isoformat()
    done = run_suite(suite, store=Path(given["store"]), started=started)
    if done.incomplete:
        raise RemoteError(
            "; ".join(map(printable, done.incomplete)), "again: what was answered is stored"
        )
    return done.run


def _set_line(path: Path, kept: Baseline, *, written: bool, zh: bool) -> str:
    from evalkit.evaluation.wording import amount, range_of

    value = amount(kept.value.value, kept.unit)
    ends = range_of(kept.value, kept.unit)
    shown = f"{value} ({ends})" if ends else value
    what = f"{printable(kept.model)}, {printable(kept.metric)} {shown}"
    where = printable(str(path))
    if zh:
        state = "已写入" if written else "没有变化"
        return f"{where}{'：'}{state}：{what}，{len(kept.scores)} 行"
    return f"{where}: {'written' if written else 'unchanged'}: {what}, {len(kept.scores)} rows"


def _document(found: Checked, path: Path) -> dict[str, Any]:
    d = found.difference
    return {
        "schema": 1,
        "baseline": str(path),
        "verdict": found.gate.verdict,
        "difference": d.verdict,
        "sentence": {"en": found.sentence("en"), "zh": found.sentence("zh")},
        "model": d.candidate,
        "metric": d.metric,
        **ends(d.interval),
        "confidence": d.interval.confidence,
        "p": number(d.interval.p),
        "n": d.interval.n,
        "unit": d.unit,
        "method": d.interval.method,
        "fixed": d.fixed,
        "broken": d.broken,
        "visible": number(found.visible),
        "needs": found.gate.needs,
        "needed": found.gate.needed,
        "notes": [list(note) for note in found.notes],
    }
