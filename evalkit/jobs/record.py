# SPDX-License-Identifier: Apache-2.0
"""What this machine remembers of a job that it ordered: one file, durable before anything is sent.

A record says `uploading` before a file goes up and `creating` before the job is asked for. Whoever
finds it so looks at the provider for what the killed process asked for, before asking again.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.jobs.damaged import DamagedError, LeftOut, may_be_last, named_by, speaks_of
from evalkit.jobs.job import Order, TrainingFile

__all__ = [
    "LAST",
    "FilePart",
    "Record",
    "RecordState",
    "new_record",
    "order_of",
    "record_of",
    "records",
    "rounds",
    "write_record",
]

RecordState = Literal["intended", "uploading", "creating", "submitted"]
LAST = "last"  # as a JOB: the one that was ordered last
_STATES = ("intended", "uploading", "creating", "submitted")
_KEPT = 16  # letters of the key in the file's name
_NAME = re.compile(r"[0-9a-f]{16}(?:-[0-9]{1,6})?\.json\Z")
_PREFIX = re.compile(r"[0-9a-f]{4,40}\Z")
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file of the order.

    Attributes:
        path: Where it lay.
        sha256: Of its bytes.
        size: Bytes.
        id: The provider's, once it is there.
    """

    path: str
    sha256: str
    size: int
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An order and how far it came.

    Attributes:
        key: Of the order.
        round: Which job of this order it is: from 1; a failed job may be ordered again.
        target: Whose job it is.
        url: Base URL without secrets, where it is not the target's usual one.
        key_env: Variable that held the key, where it was named; never the key.
        model: To be tuned.
        method: As in targets.
        train: Training rows.
        validation: Validation rows.
        hyperparameters: As ordered.
        grader: As ordered.
        suffix: As ordered.
        seed: As ordered.
        metadata: The user's own.
        estimate: {"tokens", "usd", "epochs", "steps"} as it was when it was ordered, each None
            where it was not known; None = no estimate.
        state: How far it came.
        job: The provider's id of the job, once there is one.
        former: Ids of jobs of this order that are not this one.
        created: Unix time of the first write.
        changed: Unix time of the last write.
    """

    key: str
    round: int = 1
    target: str
    url: str | None = None
    key_env: str | None = None
    model: str
    method: str
    train: FilePart
    validation: FilePart | None = None
    hyperparameters: Mapping[str, int | float | str] = field(default_factory=dict)
    grader: Mapping[str, Any] | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    estimate: Mapping[str, Any] | None = None
    state: RecordState = "intended"
    job: str | None = None
    former: tuple[str, ...] = ()
    created: float
    changed: float

    @property
    def name(self) -> str:
        """Of its file."""
        more = f"-{self.round}" if self.round > 1 else ""
        return f"{self.key[:_KEPT]}{more}.json"


def new_record(
    order: Order,
    *,
    round: int = 1,  # noqa: A002  the field's name
    former: tuple[str, ...] = (),
    key_env: str | None = None,
    estimate: Mapping[str, Any] | None = None,
    now: float | None = None,
) -> Record:
    """A record of an order of which nothing was sent yet; nothing is written."""
    time_now = time.time() if now is None else now
    return Record(
        key=order.key,
        round=round,
        target=order.target,
        url=order.url,
        key_env=key_env,
        model=order.model,
        method=order.method,
        train=_part(order.train),
        validation=None if order.validation is None else _part(order.validation),
        hyperparameters=dict(order.hyperparameters),
        grader=order.grader,
        suffix=order.suffix,
        seed=order.seed,
        metadata=dict(order.metadata),
        estimate=estimate,
        former=former,
        created=time_now,
        changed=time_now,
    )


def order_of(record: Record) -> Order:
    """The order that a record is of."""
    held = record.validation
    return Order(
        target=record.target,
        model=record.model,
        train=_file(record.train),
        validation=None if held is None else _file(held),
        method=record.method,
        hyperparameters=record.hyperparameters,
        grader=record.grader,
        suffix=record.suffix,
        seed=record.seed,
        metadata=record.metadata,
        url=record.url,
    )


def write_record(folder: Path, record: Record) -> None:
    """Keep a record; durable on return.

    Raises:
        InputError: The folder cannot be written.
    """
    document = {"schema": _SCHEMA, **asdict(record)}
    write_text(folder / record.name, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def records(folder: Path, *, left_out: LeftOut | None = None) -> list[Record]:
    """All records of a folder, the youngest first; none where there is no folder.

    Args:
        folder: Of the records.
        left_out: Takes each that cannot be read; None = the first of them is raised.

    Raises:
        InputError: The folder cannot be read, or a record cannot and nobody takes it.
    """
    try:
        paths = [path for path in folder.iterdir() if _NAME.match(path.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"cannot read {printable(str(folder))}: {error.strerror}") from error
    found = []
    for path in sorted(paths):
        try:
            found.append(_read(path))
        except DamagedError as fault:
            if left_out is None:
                raise
            left_out(fault)
    return sorted(found, key=lambda one: (-one.created, one.key, -one.round))


def rounds(folder: Path, key: str) -> list[Record]:
    """The records of one order, the latest round first.

    Raises:
        InputError: One that may be of this order cannot be read: without it a job might be paid
            for twice.
    """
    found = [_read(path) for path in sorted(folder.glob(f"{key[:_KEPT]}*.json"))]
    return sorted((one for one in found if one.key == key), key=lambda one: -one.round)


def record_of(
    folder: Path,
    job: str,
    *,
    target: str | None = None,
    left_out: LeftOut = lambda _fault: None,
) -> Record | None:
    """The record that a JOB of the command line means; None where there is none.

    Args:
        folder: Of the records.
        job: A job's id, "last", or the first 4 and more letters of an order's key.
        target: Whose it is; None = anybody's.
        left_out: Takes each that cannot be read and is not the one that is meant.

    Raises:
        UsageError: "last" and nothing was ordered, or letters that several orders begin with.
        InputError: The folder cannot be read, or the one that may be meant cannot.
    """
    broken: list[DamagedError] = []
    found = records(folder, left_out=broken.append)
    known = [one for one in found if target in (None, one.target)]
    if (meant := _meant(broken, job, known, target)) is not None:
        raise meant
    for fault in broken:
        left_out(fault)
    return _chosen(folder, job, known, target)


def _meant(
    broken: list[DamagedError], job: str, known: list[Record], target: str | None
) -> DamagedError | None:
    """The one that cannot be read and may be what a JOB means."""
    if job == LAST:
        return may_be_last(broken, known[0].created if known else float("-inf"))
    if any(one.job == job for one in known):
        return None
    if _PREFIX.match(job) and (one := named_by(broken, job)) is not None:
        return one
    # With its target a job can be asked for without a record.
    return speaks_of(broken, job) if target is None else None


def _chosen(folder: Path, job: str, known: list[Record], target: str | None) -> Record | None:
    if job == LAST:
        if not known:
            whose = "" if target is None else f" at {excerpt(target)}"
            raise UsageError(
                f"no job was ordered{whose} from this folder: {printable(str(folder))} has no "
                "record",
                "name the job's id and --target; `evalkit job list --target T --remote` lists them",
            )
        return known[0]
    for one in known:
        if one.job == job:
            return one
    if not _PREFIX.match(job):
        return None
    found = [one for one in known if one.key.startswith(job)]
    keys = {one.key for one in found}
    if len(keys) > 1:
        raise UsageError(
            f"several orders begin with `{job}`: {', '.join(sorted(key[:_KEPT] for key in keys))}",
            "give more letters, or the job's id",
        )
    return max(found, key=lambda one: one.round, default=None)


def _part(file: TrainingFile) -> FilePart:
    return FilePart(path=str(file.path), sha256=file.sha256, size=file.size)


def _file(part: FilePart) -> TrainingFile:
    return TrainingFile(path=Path(part.path), sha256=part.sha256, size=part.size)


def _read(path: Path) -> Record:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _record(document)
    except OSError as error:
        raise DamagedError(path, error.strerror or "it cannot be opened") from error
    except _NewerError as error:
        raise DamagedError(path, str(error), newer=True) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = excerpt(f"{type(error).__name__}: {error}", 80)
        raise DamagedError(path, why) from error


class _NewerError(Exception):
    """A record of a schema that is not made yet."""


def _record(document: Mapping[str, Any]) -> Record:
    schema = document["schema"]
    if isinstance(schema, int) and schema > _SCHEMA:
        raise _NewerError(f"schema {schema}, and this one knows {_SCHEMA}")
    if schema != _SCHEMA:
        raise ValueError(f"schema {schema} is not {_SCHEMA}")
    known = {one.name for one in fields(Record)}
    values = {name: value for name, value in document.items() if name in known}
    if values.get("state") not in _STATES:
        raise ValueError("no such state")
    held = values.get("validation")
    values["train"] = FilePart(**values["train"])
    values["validation"] = None if held is None else FilePart(**held)
    values["former"] = tuple(values.get("former", ()))
    found = Record(**values)
    _held_to_types(found)
    return found


def _held_to_types(one: Record) -> None:
    """Refuse what JSON can say and a record never does: it is used unasked later.

    Raises:
        TypeError: A value is of another kind.
    """
    parts = [one.train, *([one.validation] if one.validation else [])]
    texts = [one.key, one.target, one.model, one.method]
    texts += [text for part in parts for text in (part.path, part.sha256)]
    perhaps = [one.url, one.key_env, one.suffix, one.job, *(part.id for part in parts)]
    texts += [text for text in perhaps if text is not None]
    wholes = [one.round, *(part.size for part in parts), *([] if one.seed is None else [one.seed])]
    numbers = [*wholes, one.created, one.changed]
    tables = [one.hyperparameters, one.metadata, one.grader or {}, one.estimate or {}]
    if not (
        all(isinstance(text, str) for text in (*texts, *one.former))
        and all(isinstance(whole, int) for whole in wholes)
        and all(isinstance(number, int | float) for number in numbers)
        and all(isinstance(table, dict) for table in tables)
    ):
        raise TypeError("a value is of another kind")
