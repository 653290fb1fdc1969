# SPDX-License-Identifier: Apache-2.0
"""`evalkit job watch`: follow a job to its end; leave it and come back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_options import JOB, ChosenJob, chosen_job, job_options
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.cli._job_watch_show import Shows
    from evalkit.jobs.job import Job

__all__ = ["command", "said_at_end"]

_WORDS = {
    "following": (
        "following {j} at {h}; Ctrl-C leaves it, the job goes on",
        "正在跟踪 {j}（{h}）；按 Ctrl-C 离开，任务继续进行",
    ),
    "following_here": (
        "following {j} on this machine; Ctrl-C leaves it, the job goes on",
        "正在跟踪本机任务 {j}；按 Ctrl-C 离开，任务继续进行",
    ),
    "left": ("the job goes on; come back: {c}", "任务仍在进行；返回跟踪：{c}"),
    "forgets": (
        "which events were shown cannot be remembered: {w}",
        "无法记住已显示的事件：{w}",
    ),
    "tuned": ("tuned model: {m}", "微调后的模型：{m}"),
    "tokens": ("trained tokens: {n}", "训练 token：{n}"),
    "ended": ("{j} {s}", "{j} {s}"),
    "next": ("next:", "下一步："),
}
_EVERY, _EVERY_HERE = 10.0, 1.0  # seconds


@click.command(name="watch")
@JOB
@click.option(
    "--every",
    type=click.FloatRange(min=0.01),
    metavar="SECONDS",
    help="Between looks: 10, on this machine 1; up to six times that while nothing happens.",
)
@click.option(
    "--give-up",
    type=click.FloatRange(min=0.0),
    metavar="SECONDS",
    help="End with code 3 after so long without any answer; else never.",
)
@click.option("--events", "all_events", is_flag=True, help="A line for each step too.")
@click.option("--from-start", is_flag=True, help="Show events again that were shown before.")
@job_options
def command(
    job: str,
    *,
    every: float | None,
    give_up: float | None,
    all_events: bool,
    from_start: bool,
    output_format: str,
    lang: str | None,
    **given: Any,
) -> int:
    """Follow JOB until it has ended: its queue, steps, loss, token accuracy, time left.

    A network that is away does no harm: it looks again, and says so. Ctrl-C leaves the job as it is
    and prints the line that comes back to it; events that were shown are not shown again.

    Exit codes: 0 it succeeded, 1 it failed or was cancelled, 3 the provider refused or --give-up
    came first, 130 left by Ctrl-C.
    """
    from evalkit.cli._job_watch_show import JsonLines, Lines
    from evalkit.evaluation._loop import finished
    from evalkit.jobs.watching.watch import worked

    chosen = chosen_job(job, given)
    spoken = language(lang)
    estimate = (chosen.record.estimate if chosen.record else None) or {}
    steps = estimate.get("steps")
    of = steps if isinstance(steps, int) else None
    shows: Lines | JsonLines
    if output_format == "json":
        shows = JsonLines(steps=of)
    else:
        resume = _line("resume", chosen, given)
        shows = Lines(spoken, steps=of, all_events=all_events, resume=resume)
    asked = {"every": every, "give_up": give_up, "from_start": from_start}
    try:
        ended = finished(lambda: _followed(chosen, shows, spoken, asked))
    except KeyboardInterrupt:
        shows.close()
        line = _say("left", spoken, c=_line("watch", chosen, given))
        click.echo(line, err=True)
        raise SystemExit(130) from None
    finally:
        shows.close()
    shows.close()
    if isinstance(shows, JsonLines):
        from evalkit.jobs.results.document import job_facts

        shows.write({"type": "end", "job": job_facts(ended)})
    else:
        for line in said_at_end(ended, chosen, given, spoken):
            click.echo(line)
    return 0 if worked(ended) else 1


async def _followed(
    chosen: ChosenJob, shows: Shows, spoken: Language, asked: Mapping[str, Any]
) -> Job:
    from evalkit.jobs.seam import open_provider
    from evalkit.jobs.watching.seen import Seen
    from evalkit.jobs.watching.watch import Patience, watch

    seen = Seen.kept(chosen.where.folder, chosen.target, chosen.where.url, chosen.job)
    if asked["from_start"]:
        seen.forget()
    if seen.lost:
        click.echo(_say("forgets", spoken, w=printable(seen.lost)), err=True)
    try:
        async with open_provider(chosen.target, chosen.where) as provider:
            key = "following" if provider.host else "following_here"
            values = {"j": excerpt(chosen.job, 80), "h": printable(provider.host or "")}
            click.echo(_say(key, spoken, **values), err=True)
            every = asked["every"] or (_EVERY_HERE if provider.host is None else _EVERY)
            patience = Patience(every=every, first=min(1.0, every), give_up=asked["give_up"])
            return await watch(provider, chosen.job, seen=seen, tell=shows, patience=patience)
    finally:
        seen.close()


def said_at_end(job: Job, chosen: ChosenJob, given: dict[str, Any], spoken: Language) -> list[str]:
    """How it ended and what comes next, as lines."""
    from evalkit.cli._job_watch_show import state_line
    from evalkit.jobs.watching.reasons import cause_lines
    from evalkit.jobs.watching.watch import worked

    lines = [_say("ended", spoken, j=excerpt(job.id, 80), s=state_line(job, spoken))]
    named = _named(chosen, given)
    if worked(job):
        if job.tuned_model:
            lines.append(_say("tuned", spoken, m=printable(job.tuned_model)))
        if job.trained_tokens is not None:
            lines.append(_say("tokens", spoken, n=f"{job.trained_tokens:,}"))
        lines.append(_say("next", spoken))
        lines.append("  " + shlex.join(["evalkit", "job", "results", *named, "-o", "results.html"]))
        lines.append(
            "  " + shlex.join(["evalkit", "job", "suite", *named, "--data", "heldout.jsonl"])
        )
        return lines
    record = chosen.record
    train = record.train.path if record else "TRAIN.jsonl"
    held = record.validation.path if record and record.validation else "VALIDATION.jsonl"
    lines += [f"  {line.plain(spoken)}" for line in cause_lines(job, train=train, validation=held)]
    return lines


def _named(chosen: ChosenJob, given: dict[str, Any]) -> list[str]:
    """The job and how to reach it, as arguments of a command."""
    words = [printable(chosen.job)]
    if chosen.record is None:
        words += ["--target", chosen.target]
    for option, name in (("--url", "url"), ("--key-env", "key_env")):
        if given.get(name):
            words += [option, str(given[name])]
    return words


def _line(verb: str, chosen: ChosenJob, given: dict[str, Any]) -> str:
    return shlex.join(["evalkit", "job", verb, *_named(chosen, given)])


def _say(key: str, spoken: Language, **values: str) -> str:
    return _WORDS[key][0 if spoken == "en" else 1].format(**values)
