# SPDX-License-Identifier: Apache-2.0
"""`evalkit job list`: what was ordered from this folder, or all jobs of the account."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_list_table import ACCOUNT, HERE, Column, fitted, wider
from evalkit.cli._job_options import echo_json, job_options, left_out, where_of
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.job import Job
    from evalkit.jobs.record import Record
    from evalkit.jobs.seam import Where

__all__ = ["command"]

_MINUTE = 16  # letters of a date to the minute: its head says UTC
_WHOLE = 1_000  # columns where nothing says how wide the screen is: a pipe gets all


@click.command(name="list")
@job_options
@click.option("--remote", is_flag=True, help="Ask the provider (--target) for all its jobs.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="Jobs to show at most.",
)
def command(**given: Any) -> int:
    """List what was ordered from this folder; with --remote, all jobs of the account.

    The first asks nobody: what has become of a job is shown by `evalkit job show JOB`.
    """
    from evalkit.jobs.checks.model import known_target
    from evalkit.jobs.record import records

    target = None if given["target"] is None else known_target(given["target"])
    if given["remote"] and target is None:
        raise UsageError(
            "--remote asks a provider: which?", "add --target, such as --target openai"
        )
    where, spoken = where_of(given), language(given["lang"])
    kept = records(where.folder, left_out=left_out())
    known = [one for one in kept if target in (None, one.target)]
    if given["remote"] and target is not None:
        _remote(asyncio.run(_listed(target, where, given["limit"])), known, spoken, given)
        return 0
    shown = known[: given["limit"]]
    if given["output_format"] == "json":
        echo_json({"schema": 1, "records": [asdict(one) for one in shown]})
        return 0
    if not shown:
        none = {"en": "nothing was ordered from this folder", "zh": "此文件夹中没有提交过任务"}
        click.echo(none[spoken], err=True)
    else:
        _table(HERE, [_local_row(one, spoken) for one in shown], spoken)
        see = f"evalkit job list --remote --target {shown[0].target}"
        now = {"en": f"how the jobs stand now: {see}", "zh": f"任务的当前状态：{see}"}
        click.echo(now[spoken], err=True)
    _more(len(known) - len(shown), spoken)
    return 0


async def _listed(target: str, where: Where, limit: int) -> list[Job]:
    from evalkit.jobs.pace import Pace
    from evalkit.jobs.seam import open_provider

    async with open_provider(target, where) as provider:

        async def ask() -> list[Job]:
            found: list[Job] = []
            async for job in provider.jobs():
                found.append(job)
                if len(found) == limit:
                    break
            return found

        return await Pace().insist(ask)


def _remote(
    jobs: Sequence[Job], known: Sequence[Record], spoken: Language, given: dict[str, Any]
) -> None:
    from evalkit.cli._job_submit_text import job_document
    from evalkit.jobs.job import KEY

    ours = {one.job: one.key for one in known if one.job is not None}
    keys = {job.id: ours.get(job.id) or job.metadata.get(KEY) for job in jobs}
    if given["output_format"] == "json":
        echo_json(
            {"schema": 1, "jobs": [{**job_document(job), "order": keys[job.id]} for job in jobs]}
        )
        return
    if not jobs:
        none = {"en": "the account has no jobs", "zh": "该账户没有任务"}
        click.echo(none[spoken], err=True)
        return
    _table(ACCOUNT, [_remote_row(job, keys[job.id], spoken) for job in jobs], spoken)


def _local_row(record: Record, spoken: Language) -> tuple[str, ...]:
    from evalkit.jobs.results.words import method_name, when

    unfinished = {"en": "interrupted: submit again", "zh": "已中断：请重新提交"}
    sent = {"en": "submitted", "zh": "已提交"}
    return (
        record.job or record.key[:8],
        record.target,
        record.model,
        method_name(record.method).plain(spoken),
        sent[spoken] if record.state == "submitted" else unfinished[spoken],
        when(record.created)[:_MINUTE],
        record.train.path,
    )


def _remote_row(job: Job, key: str | None, spoken: Language) -> tuple[str, ...]:
    from evalkit.jobs.results.words import method_name, state_name, when

    return (
        job.id,
        job.model,
        "" if job.method is None else method_name(job.method).plain(spoken),
        state_name(job.state).plain(spoken),
        when(job.created)[:_MINUTE],
        job.tuned_model or "",
        (key or "")[:8],
    )


def _table(every: Sequence[Column], rows: Sequence[Sequence[str]], spoken: Language) -> None:
    width = shutil.get_terminal_size((_WHOLE, 24)).columns
    lines, left_out = fitted(every, rows, width=width, spoken=spoken)
    click.echo("\n".join(lines))
    if left_out:
        click.echo(wider(left_out, spoken), err=True)


def _more(hidden: int, spoken: Language) -> None:
    if hidden > 0:
        said = {"en": f"{hidden:,} more: --limit", "zh": f"还有 {hidden:,} 个：--limit"}
        click.echo(excerpt(said[spoken]), err=True)
