# SPDX-License-Identifier: Apache-2.0
"""`evalkit job save`: what a provider holds of a job, kept for the day when it is shut down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_options import chosen_job, job_options, left_out, where_of
from evalkit.cli._job_save_progress import SaveProgress, amount
from evalkit.core.errors import RemoteError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.archive.save import Held, Own, Saved
    from evalkit.jobs.record import Record
    from evalkit.jobs.seam import Provider, Where

__all__ = ["command"]

_WORDS = {
    "job": ("{j}: {n}, {s} in {f}", "{j}：{n}，{s}，位于 {f}"),
    "same": ("{j}: {n}, {s} in {f}, nothing new", "{j}：{n}，{s}，位于 {f}，未变"),
    "later": (
        "  it has not ended ({s}): save it again when it has",
        "  任务尚未结束（{s}），结束后请再保存一次",
    ),
    "gone": (
        "  the provider has no such job any more ({y}): what is here stays",
        "  平台上已没有该任务（{y}），已保存的内容保留",
    ),
    "missing": ("  not there: {w}{i}: {y}", "  缺少：{w}{i}：{y}"),
    "damaged": (
        "  damaged: {f} is not what was saved, and the provider does not give it any more",
        "  已损坏：{f} 与保存时不同，平台也不再提供",
    ),
    "none": ("no jobs at {t}", "{t} 没有任务"),
    "left_out": ("left out: {t}: {v} is not set", "未查询：{t}：未设置 {v}"),
    "again": (
        "incomplete: the same command fetches what is still missing",
        "不完整：再次运行同一命令可取回缺少的部分",
    ),
}


@click.command(name="save")
@click.argument("jobs", nargs=-1, metavar="[JOB]...")
@click.option("--all", "every", is_flag=True, help="Every job of the account.")
@click.option(
    "--output", "-o", "archive", default="archive", show_default=True, metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The archive; what it holds already is kept.",
)  # fmt: skip
@job_options
def command(
    jobs: tuple[str, ...], *, every: bool, archive: Path, lang: str | None, **given: Any
) -> None:
    """Keep all that a provider holds of a JOB, while it can still be read.

    Configuration, events, list of checkpoints, training and validation file, files of results, and
    a manifest with the sha256 of each: DIR/TARGET/JOB/. Called again it fetches what is missing and
    changes nothing else. What is gone at the provider is noted, and no error.

    --all without --target saves the jobs of every provider whose key is in the environment.

    Exit codes: 0 all that there is is saved, 2 a saved file is damaged and gone, 3 incomplete
    because of a remote: trying again helps.
    """
    from evalkit.evaluation._loop import finished

    if every == bool(jobs):
        raise UsageError(
            "which jobs?" if not jobs else "--all and a JOB are both given",
            "name one: evalkit job save last; or all of them: evalkit job save --all",
        )
    spoken = language(lang)
    with SaveProgress(spoken) as shown:
        saved: list[Saved] = []
        try:
            finished(lambda: _saved(jobs, archive, given, shown, spoken, saved))
        except RemoteError:
            _say_all(saved, given["output_format"], shown, spoken)
            raise
    _say_all(saved, given["output_format"], shown, spoken)
    if any(one.damaged for one in saved):
        raise SystemExit(2)
    if any(one.again for one in saved):
        click.echo(_say("again", spoken), err=True)
        raise SystemExit(3)


async def _saved(
    jobs: Sequence[str],
    archive: Path,
    given: Mapping[str, Any],
    shown: SaveProgress,
    spoken: Language,
    saved: list[Saved],
) -> None:
    """Save them one after the other; what is done is in `saved`, however it ends."""
    from evalkit.jobs.archive.save import held_files
    from evalkit.jobs.record import records
    from evalkit.jobs.seam import Where, open_provider

    known = records(Where().folder, left_out=left_out())
    now = datetime.now(UTC)
    async with AsyncExitStack() as stack:
        opened: dict[tuple[str, Where], tuple[Provider, Held]] = {}

        async def at(target: str, where: Where) -> tuple[Provider, Held]:
            if (target, where) not in opened:
                provider = await stack.enter_async_context(open_provider(target, where))
                opened[target, where] = provider, held_files(archive, target)
            return opened[target, where]

        async def keep(target: str, where: Where, job: str, record: Record | None) -> None:
            provider, held = await at(target, where)
            saved.append(await _kept(provider, job, archive, now, _own(record), held, shown))

        for name in jobs:
            one = chosen_job(name, given)
            await keep(one.target, one.where, one.job, one.record)
        for target, where in [] if jobs else _everywhere(given, spoken):
            provider, _ = await at(target, where)
            ids = [job.id async for job in provider.jobs()]
            if not ids:
                click.echo(_say("none", spoken, t=target), err=True)
            for job in ids:
                of = next((r for r in known if (r.target, r.job) == (target, job)), None)
                await keep(target, where, job, of)


def _everywhere(given: Mapping[str, Any], spoken: Language) -> list[tuple[str, Where]]:
    """Target and how to reach it, of every account that there is a key for."""
    from evalkit.jobs.inventory import accounts

    if given["target"]:
        return [(given["target"], where_of(given))]
    if given["url"] or given["key_env"]:
        raise UsageError(
            "--url and --key-env are of one provider", "name it: --target openai --url …"
        )
    known = accounts()
    for one in known:
        if not one.ready:
            said = _say("left_out", spoken, t=one.target, v=str(one.key_env))
            click.echo(said, err=True)
    found = [(one.target, where_of(given)) for one in known if one.ready]
    if not found:
        raise UsageError(
            "no key is set for any provider",
            "set the key of yours, or name the provider: --target openai --key-env MY_KEY",
        )
    return found


async def _kept(
    provider: Provider,
    job: str,
    archive: Path,
    now: datetime,
    own: Own,
    held: Held,
    shown: SaveProgress,
) -> Saved:
    from evalkit.jobs.archive.gone import save_gone
    from evalkit.jobs.archive.save import save_job

    try:
        seen = await provider.job(job)
    except RemoteError as fault:
        if fault.status not in (404, 410):
            raise
        gone = await save_gone(
            archive, provider.name, job, host=provider.host, why=fault.message, now=now, own=own
        )
        if gone is None:
            raise UsageError(
                f"{provider.name} has no job `{excerpt(job)}`: {fault.message}",
                f"`evalkit job list --target {provider.name} --remote` lists those that it has",
            ) from fault
        return gone
    return await save_job(provider, seen, archive, now=now, own=own, held=held, told=shown.step)


def _own(record: Record | None) -> Own:
    """What the record says, for the archive, and the files that were uploaded from here."""
    from evalkit.jobs.archive.save import Own

    if record is None:
        return Own()
    parts = [part for part in (record.train, record.validation) if part is not None]
    return Own(
        order={"schema": 1, **asdict(record)},
        files={part.id: (Path(part.path), part.sha256) for part in parts if part.id is not None},
    )


def _say_all(
    saved: Sequence[Saved], output_format: str, shown: SaveProgress, spoken: Language
) -> None:
    if output_format == "json":
        document = {"schema": 1, "jobs": [_document(one) for one in saved]}
        click.echo(json.dumps(document, ensure_ascii=True, indent=1))
        return
    from evalkit.jobs.results.words import state_name

    for one in saved:
        manifest = one.manifest
        click.echo(
            _say(
                "job" if one.changed else "same",
                spoken,
                j=printable(manifest.job),
                n=_files(len(manifest.files), spoken),
                s=amount(one.bytes),
                f=printable(one.folder.as_posix()),
            )
        )
        if manifest.state in _UNDER_WAY:
            state = state_name(manifest.state).plain(spoken)
            click.echo(_say("later", spoken, s=state))
        for missing in manifest.missing:
            if missing.what == "job":
                click.echo(_say("gone", spoken, y=printable(missing.why)))
                continue
            name = "" if missing.id is None else f" {excerpt(missing.id, 60)}"
            word = shown.word(missing.what)
            click.echo(_say("missing", spoken, w=word, i=name, y=printable(missing.why)))
        for file in one.damaged:
            click.echo(_say("damaged", spoken, f=printable(file)))


_UNDER_WAY = ("validating", "queued", "running", "paused")


def _files(number: int, spoken: Language) -> str:
    if spoken == "zh":
        return f"{number:,} 个文件"
    return "1 file" if number == 1 else f"{number:,} files"


def _document(one: Saved) -> dict[str, Any]:
    return {
        "folder": one.folder.as_posix(),
        "changed": one.changed,
        "wrote": list(one.wrote),
        "damaged": list(one.damaged),
        "manifest": {"schema": 1, **asdict(one.manifest)},
    }


def _say(key: str, spoken: Language, **values: str) -> str:
    return _WORDS[key][spoken == "zh"].format(**values)
