# SPDX-License-Identifier: Apache-2.0
"""`evalkit job suite`: a suite that holds a job's tuned model against its base."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._files import DATA_FILE
from evalkit.cli._job_options import JOB, ChosenJob, chosen_job, job_options
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.job import Job
    from evalkit.starter.tuned_suite import Model, TunedSuite

__all__ = ["command"]

_WORDS = {
    "wrote": ("wrote", "已写"),
    "same": ("same", "未变"),
    "next": ("next", "下一步"),
    "changed": (
        "note: {f} is not what was trained on any more: the suite names no training file",
        "注意：{f} 已与训练时不同，评测中不写训练文件",
    ),
    "not_here": (
        "note: the training file is not at hand: name it with --train for the leak check",
        "注意：找不到训练文件，可用 --train 指定，以便检查泄漏",
    ),
    "validated": (
        "note: {f} is the job's validation file: a checkpoint may have been chosen by it",
        "注意：{f} 是该任务的验证文件，检查点可能是据它选出的",
    ),
}


@click.command(name="suite")
@JOB
@click.option(
    "--data", required=True, type=DATA_FILE, metavar="FILE", help="Held-out rows with answers."
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The suite; suites/NAME.eval.yaml where not given.",
)  # fmt: skip
@click.option(
    "--train", type=DATA_FILE, metavar="FILE", help="The training file; else that of the record."
)
@click.option("--base", metavar="MODEL", help="What the base answers as, where its name is not it.")
@click.option("--tuned", metavar="MODEL", help="Likewise: azure/DEPLOYMENT.")
@click.option(
    "--old", metavar="FILE[#NAME]",
    help="A recording of the model that it replaces: it must not be worse.",
)  # fmt: skip
@click.option(
    "--margin", type=click.FloatRange(0, 100, min_open=True), default=2.0, show_default=True,
    metavar="POINTS", help="By which it may be worse than --old.",
)  # fmt: skip
@job_options
def command(job: str, *, data: str, output: Path | None, lang: str | None, **given: Any) -> None:
    """Write a suite for a JOB that succeeded: base and tuned model on the rows of --data.

    The gates are those that so many rows can prove. Nothing is asked but how the job stands, and
    nothing is written over; the suite runs as it is: evalkit run FILE.
    """
    from evalkit.core.atomic import write_text
    from evalkit.evaluation._loop import finished
    from evalkit.starter.tuned_suite import suite_text_of
    from evalkit.starter.writing import NewFile, state_of

    spoken = language(lang)
    chosen = chosen_job(job, given)
    held_out = Path(data)
    digest = _digest(held_out)
    _not_the_training_file(held_out, digest, chosen, given)
    seen = finished(lambda: _looked(chosen, digest, held_out))
    one = _suite(seen, chosen, held_out, output, given, spoken)
    text = suite_text_of(one)
    state = state_of(Path(), NewFile(path=one.place, text=text, about=("", "")))
    if state == "wrote":
        write_text(one.place, text)
    elif state == "kept":
        raise UsageError(
            f"{printable(str(one.place))} is there already, and says something else",
            "name another file: -o suites/NAME.eval.yaml; nothing is written over",
        )
    _say_done(one, state, given["output_format"], spoken)


async def _looked(chosen: ChosenJob, digest: str, held_out: Path) -> Job:
    """The job as it stands.

    Raises:
        UsageError: It has not succeeded, or learned from the held-out file.
    """
    from evalkit.core.errors import RemoteError
    from evalkit.jobs.seam import CannotError, open_provider

    async with open_provider(chosen.target, chosen.where) as provider:
        job = await provider.job(chosen.job)
        _succeeded(job)
        if chosen.record is None and job.training_file and "files" not in provider.lacks:
            try:  # our uploads are called after their bytes
                name = (await provider.file(job.training_file)).name
            except (CannotError, RemoteError):
                return job
            if name.startswith(f"evalkit-{digest[:32]}"):
                raise _same(held_out)
        return job


def _succeeded(job: Job) -> None:
    name = excerpt(job.id, 60)
    if job.state in ("failed", "cancelled"):
        why = f": {excerpt(job.error.message, 200)}" if job.error is not None else ""
        raise UsageError(
            f"{name} was {job.state}{why}" if job.state == "cancelled" else f"{name} failed{why}",
            "there is no tuned model to test; `evalkit job show` has the rest",
        )
    if job.state != "succeeded":
        raise UsageError(
            f"{name} has not ended: it is {job.state}",
            f"wait for it: evalkit job watch {shlex.quote(name)}",
        )
    if not job.tuned_model:
        raise UsageError(
            f"{name} succeeded, and its provider names no tuned model",
            "name it: --tuned PROVIDER/MODEL; `evalkit job show` has what the provider says",
        )


def _digest(path: Path) -> str:
    from evalkit.jobs.archive.shelf import sha256_of

    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError(
            f"cannot read {printable(str(path))}: {error.strerror}", "is the path right?"
        ) from error


def _not_the_training_file(
    held_out: Path, digest: str, chosen: ChosenJob, given: dict[str, Any]
) -> None:
    known = set()
    if chosen.record is not None:
        known.add(chosen.record.train.sha256)
    if given["train"]:
        known.add(_digest(Path(given["train"])))
    if digest in known:
        raise _same(held_out)


def _same(held_out: Path) -> UsageError:
    shown = printable(str(held_out))
    return UsageError(
        f"{shown} is the file that the model was trained on: what it answers there proves nothing",
        "hold rows out before training: evalkit split DATA --train train.jsonl --test test.jsonl",
    )


def _suite(
    job: Job,
    chosen: ChosenJob,
    held_out: Path,
    output: Path | None,
    given: dict[str, Any],
    spoken: Language,
) -> TunedSuite:
    from evalkit.evaluation.suite import SUFFIXES
    from evalkit.starter.tuned_suite import suite_of

    place = output or _usual_place(job, held_out)
    if not place.name.endswith(SUFFIXES):
        raise UsageError(
            f"{printable(str(place))}: suites are called NAME.eval.yaml",
            f"-o {shlex.quote(str(place.with_suffix('')))}.eval.yaml",
        )
    validation = chosen.record.validation if chosen.record is not None else None
    if validation is not None and validation.sha256 == _digest(held_out):
        _note("validated", spoken, f=str(held_out))
    return suite_of(
        job=job.id,
        target=chosen.target,
        place=place,
        data=held_out,
        train=Path(given["train"]) if given["train"] else _train(chosen, spoken),
        base=given["base"] or _model(job.model, "base", chosen, place),
        tuned=given["tuned"] or _model(str(job.tuned_model), "tuned", chosen, place),
        old=given["old"],
        margin=given["margin"],
    )


def _usual_place(job: Job, held_out: Path) -> Path:
    from evalkit.jobs.archive.names import safe_name

    stem = held_out.name.partition(".")[0]
    return Path("suites") / f"{safe_name(job.suffix or stem)}.eval.yaml"


def _train(chosen: ChosenJob, spoken: Language) -> Path | None:
    """The training file of the record, if it is still what was trained on."""
    if chosen.record is None:
        _note("not_here", spoken)
        return None
    path = Path(chosen.record.train.path)
    try:
        same = _digest(path) == chosen.record.train.sha256
    except InputError:
        _note("not_here", spoken)
        return None
    if not same:
        _note("changed", spoken, f=str(path))
    return path if same else None


def _model(name: str, which: str, chosen: ChosenJob, place: Path) -> Model:
    """A model as suites name it.

    Raises:
        UsageError: It answers under a name that only its user knows.
    """
    from evalkit.jobs.inventory import by_deployment, used_as

    if by_deployment(chosen.target):
        raise UsageError(
            f"{chosen.target} answers by deployment: what is the {which} model deployed as?",
            "name both: --base azure/DEPLOYMENT --tuned azure/DEPLOYMENT",
        )
    use = used_as(chosen.target, name)
    if use.startswith("local:"):
        return _seen_from(use, place)
    url = chosen.where.url
    if url is None or _moved_there(chosen.target, url):
        named = {"use": use, "key_env": chosen.where.key_env}
    else:
        named = {"use": name, "url": url, "key_env": chosen.where.key_env}
    kept = {key: value for key, value in named.items() if value}
    return kept if len(kept) > 1 else use


def _seen_from(use: str, place: Path) -> str:
    """Paths in the name of a local model, as seen from the suite's folder."""
    weights, plus, adapter = use.removeprefix("local:").partition("+")
    parts = [weights, adapter]
    for at, part in enumerate(parts):
        if part.endswith(".gguf"):
            parts[at] = Path(os.path.relpath(part, place.parent)).as_posix()
    return f"local:{parts[0]}{plus}{parts[1]}"


def _moved_there(target: str, url: str) -> bool:
    """Whether the provider's environment variable says that URL: then a suite need not."""
    from evalkit.models._endpoints import endpoints

    endpoint = endpoints().get(target)
    variable = endpoint.url_env if endpoint is not None else None
    moved = os.environ.get(variable, "").strip() if variable else ""
    return bool(moved) and moved.rstrip("/") == url.rstrip("/")


def _say_done(one: TunedSuite, state: str, output_format: str, spoken: Language) -> None:
    path = one.place.as_posix()
    if output_format == "json":
        document = {"schema": 1, "suite": path, "written": state == "wrote", "rows": one.first.rows}
        click.echo(json.dumps(document, indent=1))
        return
    at = spoken == "zh"
    click.echo(f"{_WORDS[state][at]}  {printable(path)}")
    click.echo(f"{_WORDS['next'][at]}: evalkit run {printable(shlex.quote(path))} --dry-run")


def _note(key: str, spoken: Language, **values: str) -> None:
    said = _WORDS[key][spoken == "zh"]
    click.echo(said.format(**{name: printable(value) for name, value in values.items()}), err=True)
