# SPDX-License-Identifier: Apache-2.0
"""`evalkit job submit`: checks, says what would be sent, asks, and orders the job once."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._groups import GroupedCommand
from evalkit.cli._job_options import echo_json
from evalkit.cli._job_submit_options import submit_options
from evalkit.core.errors import StoppedError, UsageError
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.checks.check import Asked, Checked
    from evalkit.jobs.seam import Where
    from evalkit.jobs.sending import Submitted
    from evalkit.jobs.words import Line
    from evalkit.lint.settings import Settings

__all__ = ["command"]

_HYPERPARAMETERS = (
    "n_epochs", "batch_size", "learning_rate_multiplier", "beta", "compute_multiplier",
    "reasoning_effort", "eval_interval", "eval_samples",
)  # fmt: skip


@click.command(name="submit", cls=GroupedCommand)
@click.argument("train", type=click.Path(), metavar="TRAIN")
@submit_options
@click.pass_context
def command(context: click.Context, /, train: str, **given: Any) -> int:
    """Order a training job on the rows of TRAIN, once they are fit for the target.

    Lint and estimate come first; what does not pass is refused before anything is sent. The same
    file is not uploaded twice, and the same order is not paid for twice: run it again after a
    crash, and it goes on where it was.

    Exit codes: 0 the job is there, 1 findings or over --budget (or two machines ordered the same at
    once, and the later job cannot be cancelled), 2 could not do it (nothing was sent), 3 the
    provider refused or could not be reached: run it again.
    """
    from evalkit.cli._job_submit_text import plan_document, plan_lines
    from evalkit.jobs.api import foreseen, missing, ready

    spoken, where = language(given["lang"]), _where(given)
    passed = _checked(_asked(train, where, given), given)
    as_json = given["output_format"] == "json"
    if given["dry_run"]:
        host = asyncio.run(foreseen(passed, where))
        lack = asyncio.run(missing(passed, where))
        if as_json:
            echo_json(plan_document(passed, host, lack))
        else:
            for line in plan_lines(passed, host, lack):
                click.echo(line.of(spoken))
        return 0 if lack is None else lack.exit_code
    host = asyncio.run(ready(passed, where))
    for line in plan_lines(passed, host):
        click.echo(line.of(spoken), err=True)
    if host is not None and not given["yes"]:
        _ask(spoken)
    done = _sent(passed, where, given, spoken)
    _show(done, spoken, as_json=as_json)
    if given["watch"]:
        return _watched(context, done, given)
    return 0


def _where(given: dict[str, Any]) -> Where:
    from evalkit.jobs.seam import Where

    return Where(url=given["url"], key_env=given["key_env"])


def _asked(train: str, where: Where, given: dict[str, Any]) -> Asked:
    """What the options ask for.

    Raises:
        UsageError: No such target, or two options say the same.
        InputError: The grader cannot be read.
    """
    from evalkit.jobs.api import url_of
    from evalkit.jobs.checks.bounds import read_grader
    from evalkit.jobs.checks.check import Asked
    from evalkit.jobs.checks.model import known_target

    target = known_target(given["target"])
    return Asked(
        train=Path(train),
        validation=None if given["validation"] is None else Path(given["validation"]),
        target=target,
        model=given["model"],
        method=given["method"],
        hyperparameters=_hyperparameters(given),
        grader=None if given["grader"] is None else read_grader(Path(given["grader"])),
        suffix=given["suffix"],
        seed=given["seed"],
        metadata=dict(given["metadata"]),
        url=url_of(target, where),
    )


def _hyperparameters(given: dict[str, Any]) -> dict[str, int | float | str]:
    found: dict[str, int | float | str] = {
        name: given[name] for name in _HYPERPARAMETERS if given[name] is not None
    }
    for name, text in given["hyperparameter"]:
        if name in found:
            raise UsageError(f"the hyperparameter `{name}` is given twice", "leave one out")
        found[name] = _number(text)
    return found


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if abs(value) < 1e15:  # no infinity and no NaN, which JSON has not
            return value
    return text


def _checked(asked: Asked, given: dict[str, Any]) -> Checked:
    from evalkit.cli._counting import counting
    from evalkit.jobs.checks.check import checked

    settings = _lint_settings(asked, given)
    if not sys.stderr.isatty():
        return checked(asked, today=_today(), settings=settings, budget=given["budget"])
    with counting("examples") as tick:
        return checked(asked, today=_today(), settings=settings, budget=given["budget"], watch=tick)


def _lint_settings(asked: Asked, given: dict[str, Any]) -> Settings:
    """As `evalkit lint` has them by the configuration.

    Raises:
        UsageError: The configuration names a rule that is not there.
    """
    from evalkit.cli._lint_settings import configuration, per_file_ignores, settings_of

    table = configuration().table("lint")
    chosen = {
        key: value if isinstance(value, list) else [value]
        for key in ("select", "extend_select", "ignore")
        if (value := table.get(key.replace("_", "-")))
    }
    paths = [str(path) for path in (asked.train, asked.validation) if path is not None]
    return replace(
        settings_of({**chosen, "lang": given["lang"]}), per_file_ignores=per_file_ignores({}, paths)
    )


def _ask(spoken: Language) -> None:
    """Send only what somebody said yes to.

    Raises:
        UsageError: Nobody is there to ask.
        click.Abort: No.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "nothing was sent: this is no terminal to ask on",
            "--yes sends without asking; --dry-run stops here",
        )
    click.confirm("发送？" if spoken == "zh" else "Send it?", abort=True, err=True)


def _sent(passed: Checked, where: Where, given: dict[str, Any], spoken: Language) -> Submitted:
    from evalkit.jobs.api import sent
    from evalkit.jobs.pace import Pace

    def tell(line: Line) -> None:
        click.echo(line.of(spoken), err=True)

    settle = given["settle"]
    pace = Pace(settle=settle, look=min(1.0, max(0.05, settle / 10)), tie=min(1.0, settle))
    try:
        return asyncio.run(sent(passed, where, again=given["again"], pace=pace, tell=tell))
    except KeyboardInterrupt:
        raise StoppedError(
            "stopped; what was asked for until now may be on its way",
            "run the same command again: it goes on where it was",
        ) from None


def _show(done: Submitted, spoken: Language, *, as_json: bool) -> None:
    from evalkit.cli._job_submit_text import outcome_document, outcome_lines

    if as_json:
        echo_json(outcome_document(done))
        return
    for line in outcome_lines(done):
        click.echo(line.of(spoken))


def _watched(context: click.Context, done: Submitted, given: dict[str, Any]) -> int:
    """Follow the job, as `evalkit job watch` does."""
    from evalkit.cli._job_watch import command as watch

    said = {name: given[name] for name in ("url", "key_env", "output_format", "lang")}
    if given["every"] is not None:
        said["every"] = given["every"]
    code = context.invoke(watch, job=done.job.id, target=done.job.target, **said)
    return code if isinstance(code, int) else 0


def _today() -> date:
    return datetime.now().astimezone().date()
