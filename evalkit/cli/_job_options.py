# SPDX-License-Identifier: Apache-2.0
"""What the verbs of `evalkit job` share: options, and what JOB means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.jobs.damaged import DamagedError, LeftOut
    from evalkit.jobs.record import Record
    from evalkit.jobs.seam import Where

__all__ = [
    "JOB",
    "ChosenJob",
    "chosen_job",
    "echo_json",
    "job_options",
    "json_text",
    "left_out",
    "named_target",
    "where_of",
]

F = TypeVar("F", bound=Callable[..., Any])

# What JSON leaves as it is: DEL, C1, bidi controls, zero-width and line separators, surrogates.
_STEERING = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_LEFT_OUT = "evalkit.jobs.left_out"  # of a click context: what was said already
JOB = click.argument("job", metavar="JOB")
_OPTIONS = (
    click.option("--target", metavar="NAME", help="Whose job it is: openai, azure, local, …"),
    click.option("--url", metavar="URL", help="Base URL, where it is not the target's usual one."),
    click.option("--key-env", metavar="VARIABLE", help="That holds the key; else the usual one."),
    click.option(
        "--output-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        envvar="EVALKIT_OUTPUT_FORMAT",
    ),
    click.option(
        "--lang", type=click.Choice(["en", "zh"]), envvar="EVALKIT_LANG", help="Of the words."
    ),
)


def job_options(command: F) -> F:
    """Adds --target, --url, --key-env, --output-format and --lang."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenJob:
    """What JOB means.

    Attributes:
        job: The provider's id.
        target: Whose it is.
        where: How to reach it.
        record: Of this folder; None = it was ordered elsewhere.
    """

    job: str
    target: str
    where: Where
    record: Record | None


def echo_json(document: Any) -> None:
    """Print a document; in its texts, which are others' words, nothing that steers a terminal."""
    click.echo(json_text(document))


def json_text(document: Any, *, indent: int | None = 1) -> str:
    """JSON that every reader takes and no terminal obeys: numbers that are none are null."""
    text = json.dumps(_finite(document), ensure_ascii=False, allow_nan=False, indent=indent)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def where_of(given: Mapping[str, Any], record: Record | None = None) -> Where:
    """How to reach the provider: as the options say, else as the record.

    The record's key is for the record's address: another one that is given gets none unasked.
    """
    from evalkit.jobs.seam import Where

    url, key_env = given.get("url"), given.get("key_env")
    if record is None:
        return Where(url=url, key_env=key_env)
    if url is None or _same_place(record, url):
        key_env = key_env or record.key_env
    return Where(url=url or record.url, key_env=key_env)


def _same_place(record: Record, url: str) -> bool:
    from evalkit.jobs.api import url_of
    from evalkit.jobs.seam import Where

    return url_of(record.target, Where(url=url)) == record.url


def left_out() -> LeftOut:
    """Says once in a command, on standard error, which record it goes on without."""
    from evalkit.jobs.damaged import left_out_line

    context = click.get_current_context(silent=True)
    said: set[str] = set() if context is None else context.meta.setdefault(_LEFT_OUT, set())
    spoken = language(None if context is None else context.params.get("lang"))

    def tell(fault: DamagedError) -> None:
        if str(fault.path) not in said:
            said.add(str(fault.path))
            click.echo(left_out_line(fault).of(spoken), err=True)

    return tell


def named_target(given: Mapping[str, Any]) -> str | None:
    """The target that --target names, as records write it."""
    said = given.get("target")
    return None if said is None else str(said).strip().lower().replace("_", "-")


def chosen_job(job: str, given: Mapping[str, Any]) -> ChosenJob:
    """The job that an argument means.

    Args:
        job: An id, "last", or the beginning of an order's key.
        given: The options: target, url, key_env.

    Raises:
        UsageError: It is not known whose it is, or the order was never submitted.
        InputError: The record that may be meant cannot be read.
    """
    from evalkit.jobs.record import record_of
    from evalkit.jobs.seam import Where

    target = named_target(given)
    record = record_of(Where().folder, job, target=target, left_out=left_out())
    target = target or (record.target if record else None)
    if target is None:
        raise UsageError(
            f"whose job is `{excerpt(job)}`? no record of this folder says so",
            "name the provider: --target openai; `evalkit job list` lists what is known here",
        )
    if record is None:
        return ChosenJob(job=job, target=target, where=where_of(given), record=None)
    if record.job is None:
        raise UsageError(
            f"the order {record.key[:16]} was not submitted: it stopped while `{record.state}`",
            "run the same `evalkit job submit` again: it goes on where it was "
            f"({printable(record.train.path)}, --model {printable(record.model)} "
            f"--target {printable(record.target)})",
        )
    return ChosenJob(job=record.job, target=target, where=where_of(given, record), record=record)
