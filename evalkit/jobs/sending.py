# SPDX-License-Identifier: Apache-2.0
"""Gets an order to the provider exactly once, whatever dies in between.

The record says what is about to be asked before it is asked. Whoever finds `uploading` or
`creating` in it looks at the provider for what the dead process's request may have made, for a few
seconds, before it asks for it. Looking may be repeated; uploading and ordering never are. Locks
hold on one machine only: of two jobs that two machines ordered at once `twins` keeps the older.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, InputError, RemoteError
from evalkit.core.printable import excerpt, printable
from evalkit.jobs.checks.bounds import possible
from evalkit.jobs.checks.rows import training_file
from evalkit.jobs.damaged import DamagedError, left_out_line, named_by, texts_in
from evalkit.jobs.find import file_there, job_there
from evalkit.jobs.job import Job, Order, RemoteFile, TrainingFile
from evalkit.jobs.lock import alone
from evalkit.jobs.order_parts import (
    going_line,
    ids_of,
    never_made,
    over_line,
    sent_before,
    with_files,
)
from evalkit.jobs.pace import Pace
from evalkit.jobs.record import FilePart, Record, new_record, records, rounds, write_record
from evalkit.jobs.refusals import TwinsError
from evalkit.jobs.seam import Provider
from evalkit.jobs.twins import (
    can_be_told,
    cancelled_for,
    followed_line,
    living,
    older_twin,
    several_line,
)
from evalkit.jobs.words import Line

__all__ = ["Submitted", "submitted"]

_LOCKED = 16  # letters of a key in a lock's name
_SLOW = 50_000  # bytes a second that an upload has at least

Tell = Callable[[Line], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of an order.

    Attributes:
        record: As it is kept.
        job: As the provider shows it.
        found: It was there already: nothing was ordered now.
    """

    record: Record
    job: Job
    found: bool


async def submitted(
    order: Order,
    provider: Provider,
    *,
    folder: Path,
    pace: Pace = Pace(),  # noqa: B008  (frozen)
    tell: Tell = lambda _line: None,
    again: bool = False,
    estimate: Any = None,
    key_env: str | None = None,
) -> Submitted:
    """The job of an order: the one that is there already, or a new one.

    Args:
        order: What to train; checked before.
        provider: Open.
        folder: Of the records.
        pace: How long to wait for what.
        tell: Takes lines for the user.
        again: Order another job though there is one; an order that was interrupted is finished
            first.
        estimate: For the record.
        key_env: For the record: the variable that holds the key, where it was named.

    Raises:
        UsageError: The provider has no way to do that.
        InputError: A file changed, the provider found it unfit, or the record cannot be written.
        RemoteError: The provider refused or could not be reached; the same call goes on where it
            was. Where its hint says so, it is not known whether there is a job.
        TwinsError: Another machine ordered the same at this moment, and ours cannot be cancelled.
    """
    possible(order, provider.lacks)

    def waiting() -> None:
        tell(
            Line(
                "another evalkit orders the same job at this moment: waiting for it",
                "另一个 evalkit 正在提交同一任务，等待其完成",
            )
        )

    async with alone(folder, order.key[:_LOCKED], waiting=waiting):
        work = _Work(order, provider, folder, pace, tell)
        return await work.run(again=again, estimate=estimate, key_env=key_env)


class _Work:
    """One order under way, its lock held."""

    def __init__(
        self, order: Order, provider: Provider, folder: Path, pace: Pace, tell: Tell
    ) -> None:
        self.order = order
        self.provider = provider
        self.folder = folder
        self.pace = pace
        self.tell = tell
        # Jobs that are known to be of other orders: where there is no metadata files alone tell.
        broken: list[DamagedError] = []
        self.kept = records(folder, left_out=broken.append)
        self.others = {one.job for one in self.kept if one.job is not None and one.key != order.key}
        for fault in broken:
            if named_by([fault], order.key) is None:  # of that one `rounds` says more
                self.tell(left_out_line(fault))
                self.others |= texts_in(fault)
        self.sent: dict[str, str] = {}  # sha256 to the provider's id, of what other orders sent

    async def run(self, *, again: bool, estimate: Any, key_env: str | None) -> Submitted:
        self.sent = sent_before(self.kept, self.order, key_env)
        known = rounds(self.folder, self.order.key)
        former = tuple(one.job for one in known if one.job is not None)
        latest = known[0] if known else None
        if latest is None or latest.state == "submitted":
            if latest is not None and latest.job is not None and not again:
                there = await self._look(latest.job)
                if there.state not in ("failed", "cancelled"):
                    return Submitted(record=latest, job=there, found=True)
                self.tell(over_line(there))
            record = new_record(
                self.order,
                round=1 if latest is None else latest.round + 1,
                former=former,
                key_env=key_env,
                estimate=estimate,
            )
            if again:
                record = replace(record, former=(*former, *await self._living(former)))
        else:
            record = replace(latest, estimate=estimate or latest.estimate)
            self.tell(
                Line(
                    f"an order of this was interrupted while `{record.state}`: going on with it",
                    f"此订单曾在 `{record.state}` 时中断，现在继续",
                )
            )
        return await self._on(record)

    async def _look(self, job: str) -> Job:
        async def ask() -> Job:
            return await self.provider.job(job)

        try:
            return await self.pace.insist(ask)
        except RemoteError as fault:
            if fault.status != 404:
                raise
            raise RemoteError(
                f"{self.provider.name} knows no job {excerpt(job)} any more, which this order made",
                "is it another account or project? --again orders a new one",
                status=404,
            ) from fault

    async def _living(self, former: tuple[str, ...]) -> tuple[str, ...]:
        """Other jobs of this order, which `--again` must not take for its own."""
        found: list[str] = []
        files = await self._files(None, None)

        async def ask() -> Job | None:
            return await self._there(ids_of(files, None), besides={*former, *found})

        while (job := await self.pace.insist(ask)) is not None:
            found.append(job.id)
        return tuple(found)

    async def _files(
        self, train: str | None, validation: str | None
    ) -> tuple[RemoteFile | None, RemoteFile | None]:
        held = self.order.validation
        return (
            await self._file(self.order.train, train),
            None if held is None else await self._file(held, validation),
        )

    async def _file(self, file: TrainingFile, known: str | None) -> RemoteFile | None:
        async def ask() -> RemoteFile | None:
            # A list of files may lag behind; an id does not.
            return await file_there(self.provider, file, known=known or self.sent.get(file.sha256))

        return await self.pace.insist(ask)

    async def _there(
        self, files: tuple[str | None, str | None], *, besides: set[str]
    ) -> Job | None:
        train, validation = files
        return await job_there(
            self.provider,
            self.order,
            train=train,
            validation=validation,
            besides=besides | self.others,
        )

    async def _on(self, record: Record) -> Submitted:
        """From wherever the record stands to the job."""
        if record.job is not None:  # made, and it was not looked yet whether it is the only one
            return await self._only(record, await self._look(record.job))
        held = record.validation
        files = await self._files(record.train.id, None if held is None else held.id)
        ids = ids_of(files, record)  # of a file that was deleted since, the job still tells

        async def ask() -> Job | None:
            return await self._there(ids, besides=set(record.former))

        unanswered = self._unanswered(record) if record.state == "creating" else 0.0
        if unanswered:
            self.tell(
                Line(
                    f"looking whether {self.provider.name} made the job that was asked for",
                    f"正在确认 {self.provider.name} 是否已创建该任务",
                )
            )
        job = await self.pace.found(ask, within=unanswered)
        if job is not None:
            if record.state == "creating":
                job = await self._eldest(record, job)
            return self._done(with_files(record, files), job, found=True)
        # Of an upload whose process died the file may be on its way still; the record says so
        # until that is settled, for this process may die too.
        late = self._unanswered(record) if record.state == "uploading" else 0.0
        if record.state != "uploading":
            record = self._write(record, state="intended")
        train, validation = files
        part = await self._uploaded(record, record.train, self.order.train, train, late)
        record = self._write(record, train=part)
        if record.validation is not None and self.order.validation is not None:
            rows = self.order.validation
            part = await self._uploaded(record, record.validation, rows, validation, late)
            record = self._write(record, validation=part)
        for one in (record.train, record.validation):
            if one is not None and one.id is not None:
                await self._ready(one.id, one.path)
        return await self._created(record)

    def _unanswered(self, record: Record) -> float:
        """Seconds for which a request of a dead process may still bring something about.

        The record says when it was about to begin, not when the process died.
        """
        parts = [record.train, *([record.validation] if record.validation else [])]
        sends = record.state == "uploading"
        lasted = self.pace.answer + (sum(one.size for one in parts) / _SLOW if sends else 0.0)
        ago = time.time() - record.changed
        return max(0.0, min(self.pace.settle, self.pace.settle + lasted - ago))

    async def _uploaded(
        self,
        record: Record,
        part: FilePart,
        file: TrainingFile,
        there: RemoteFile | None,
        late: float,
    ) -> FilePart:
        """The part with its id at the provider, where it is now."""

        async def ask() -> RemoteFile | None:
            known = part.id or self.sent.get(file.sha256)
            return await file_there(self.provider, file, known=known)

        if there is None:
            # Another order of the same rows may be sending them, or have sent them just now.
            async with alone(self.folder, f"file-{file.sha256[:_LOCKED]}"):
                kept = records(self.folder, left_out=lambda _said: None)
                self.sent = sent_before(kept, self.order, record.key_env)
                there = await self.pace.found(ask, within=late)
                if there is None:
                    return replace(part, id=(await self._sent(record, file)).id)
        shown = printable(part.path)
        self.tell(
            Line(
                f"{shown} is there already ({excerpt(there.id)}): not uploaded again",
                f"{shown} 已在对方平台（{excerpt(there.id)}），不再上传",
            )
        )
        return replace(part, id=there.id)

    async def _sent(self, record: Record, file: TrainingFile) -> RemoteFile:
        """The file at the provider, uploaded now."""
        shown = printable(str(file.path))
        if training_file(file.path) != file:
            raise InputError(
                f"{shown} changed since it was checked; it was not sent", "run the command again"
            )
        self._write(record, state="uploading")
        self.tell(going_line(shown, file.size, self.provider.host))
        try:
            return await self.provider.upload(file, name=file.remote_name)
        except EvalkitError as fault:
            if not (isinstance(fault, RemoteError) and fault.retryable):
                self._write(record, state="intended")  # refused: no file is on its way
            raise

    async def _ready(self, file: str, path: str) -> None:
        """Wait until the provider has looked through an upload.

        Raises:
            InputError: It found it unfit.
            RemoteError: It takes too long.
        """

        async def ask() -> RemoteFile | None:
            held = await self.provider.file(file)
            if held.fault is not None:
                raise InputError(
                    f"{self.provider.name} found {printable(path)} unfit: "
                    f"{excerpt(held.fault, 200)}",
                    "mend it: the upload of the mended file is another one",
                )
            return held if held.ready else None

        if "files" in self.provider.lacks:
            return
        if await self.pace.found(ask, within=self.pace.ready) is None:
            raise RemoteError(
                f"{self.provider.name} still looks through {printable(path)} after "
                f"{self.pace.ready:g} s; no job was ordered",
                "run the same command later: the file stays there",
                retryable=True,
            )

    async def _created(self, record: Record) -> Submitted:
        record = self._write(record, state="creating")
        train, held = record.train.id, record.validation
        validation = None if held is None else held.id
        try:
            job = await self.provider.create(self.order, train=train or "", validation=validation)
        except RemoteError as fault:
            if never_made(fault):
                self._write(record, state="intended")  # refused: nothing is on its way
                raise
            found = await self._made_all_the_same(record)
            if found is None:
                raise RemoteError(
                    f"{fault.message}; it is not known whether there is a job",
                    "run the same command again: it looks for the job before it orders one",
                    status=fault.status,
                    retryable=True,
                ) from fault
            return self._done(record, await self._eldest(record, found), found=False)
        except Exception:
            self._write(record, state="intended")  # ours: nothing was sent
            raise
        return await self._only(record, job)

    async def _only(self, record: Record, job: Job) -> Submitted:
        """The job that we made, or an older one that another machine made at this moment.

        Raises:
            TwinsError: Ours cannot be cancelled.
            RemoteError: The provider could not be asked; the record says where to go on.
        """
        if not can_be_told(self.provider, self.order, job):
            return self._done(record, job, found=False)
        # The record names it before it is settled: it is ours, and whoever goes on may cancel it.
        record = self._write(record, state="creating", job=job.id)
        known = set(record.former)
        older = await older_twin(self.provider, self.order, job, besides=known, pace=self.pace)
        if older is None:
            return self._done(record, job, found=False)
        former = replace(record, former=(*record.former, job.id))
        try:
            await cancelled_for(self.provider, job, older, pace=self.pace)
        except TwinsError:
            self._done(former, older, found=True)
            raise
        self.tell(followed_line(job, older))
        return self._done(former, older, found=True)

    async def _eldest(self, record: Record, found: Job) -> Job:
        """The job to follow where what was made by us is told by its order alone."""
        if not can_be_told(self.provider, self.order, found):
            return found
        known = set(record.former)
        several = await living(self.provider, self.order, besides=known, pace=self.pace)
        if len(several) < 2:
            return found
        self.tell(several_line(several, self.provider.name))
        return several[0]

    async def _made_all_the_same(self, record: Record) -> Job | None:
        """The job of an order whose answer was lost; None where none is seen within `settle`."""
        held = record.validation

        async def ask() -> Job | None:
            return await job_there(
                self.provider,
                self.order,
                train=record.train.id,
                validation=None if held is None else held.id,
                besides={*record.former, *self.others},
            )

        try:
            return await self.pace.found(ask, within=self.pace.settle)
        except RemoteError:
            return None

    def _done(self, record: Record, job: Job, *, found: bool) -> Submitted:
        return Submitted(
            record=self._write(record, state="submitted", job=job.id), job=job, found=found
        )

    def _write(self, record: Record, *, state: Any = None, **changed: Any) -> Record:
        """Keep the record as it is now; durable on return."""
        new = replace(record, **changed, state=state or record.state, changed=time.time())
        write_record(self.folder, new)
        return new
