# SPDX-License-Identifier: Apache-2.0
"""Gets batches on their way, each exactly once whatever dies in between.

A file's row is durable before the file goes up, and says `creating` before the batch is asked for.
Whoever finds a row in `creating` asks the provider which batch has its name before making another;
what had not come so far was never asked for, and is planned anew.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Reply
from evalkit.models._batch_lines import Limits, Part, custom_id, parts
from evalkit.models._batch_pace import Patience
from evalkit.models._batch_route import BatchRoute, Seen
from evalkit.models._batch_running import Running
from evalkit.models._batch_store import BatchRow, Ledger
from evalkit.models._faults import RequestError
from evalkit.models._retry import ATTEMPTS
from evalkit.models._store import Store
from evalkit.models._store_writer import Operation
from evalkit.models._way import Item

__all__ = ["Work", "adopted", "failures", "saved", "sent"]

_AT_ONCE = 1_000  # rows in one transaction
_CLOCKS_DIFFER = 3600.0  # seconds that the provider's clock may be behind ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the steps of a batch share.

    Attributes:
        route: To the provider.
        identity: Of the model, as in the store's keys.
        repeat: Which repetition of the questions this is.
        store: Of the answers.
        ledger: Of the batches.
        patience: For every wait.
        limits: Of one file.
        tell: Takes lines for the user.
        running: Batches that go on without us, those of other calls too.
        failed: Answers that are errors, by key.
        elsewhere: Keys that another living process asks for at this moment.
    """

    route: BatchRoute
    identity: str
    repeat: int
    store: Store
    ledger: Ledger
    patience: Patience
    limits: Limits
    tell: Callable[[str], None]
    running: Running
    failed: dict[bytes, Reply] = field(default_factory=dict)
    elsewhere: set[bytes] = field(default_factory=set)


async def adopted(work: Work, waiting: Mapping[bytes, Item]) -> list[BatchRow]:
    """The batches of earlier runs that any of these requests is in, all of them running now.

    Raises:
        RemoteError: The provider could not be asked what it has.
    """
    unfinished = work.ledger.unfinished(work.identity)
    rows = [row for row in unfinished if not waiting.keys().isdisjoint(row.keys)]
    found = await _looked_up(work, [row for row in rows if row.batch is None])
    running = []
    for row in rows:
        if (batch := row.batch) is None:
            if (seen := found.get(row.run)) is None:
                # Never made, so surely not paid: whoever asks for them next may do so.
                await saved(work, failures(row.keys, "the batch was never made"))
                work.ledger.change(row.run, "dropped")
                continue
            batch = seen.id
            work.ledger.change(row.run, "running", batch=batch)
        running.append(_running(row, batch))
        work.running.add(batch, work.route.host)
        work.tell(
            f"{batch} of an earlier run goes on at {work.route.host} ({len(row.keys):,} requests)"
        )
    return running


async def sent(work: Work, items: Mapping[bytes, Item]) -> list[BatchRow]:
    """Send requests in as many batches as the limits ask for; rows of what runs now.

    Raises:
        RemoteError: The provider takes no more; the batches made before go on.
    """
    rows = []
    unfit: dict[bytes, Reply] = {}
    for part in parts(_lines(work, items, unfit), work.limits):
        with part.stream:
            rows += await _sent(work, part, items)
    if unfit:
        store = work.store
        own = [items[key].keyed for key in unfit]
        planned = [store.planned(one, identity=work.identity, repeat=work.repeat) for one in own]
        await _written(work, planned)
        await saved(work, unfit)
        work.failed.update(unfit)
    return rows


async def saved(work: Work, replies: Mapping[bytes, Reply]) -> None:
    """Store replies; on the disk on return."""
    await _written(work, [work.store.saved(key, reply, None) for key, reply in replies.items()])


def failures(keys: Iterable[bytes], why: str) -> dict[bytes, Reply]:
    """One error as the reply to many."""
    return dict.fromkeys(keys, Reply(text="", finish="error", error=why))


async def _written(work: Work, operations: Sequence[Operation]) -> list[bool]:
    results: list[bool] = []
    done: list[bool]
    for start in range(0, len(operations), _AT_ONCE):
        chunk = operations[start : start + _AT_ONCE]
        done = await asyncio.wrap_future(work.store.submit(chunk))
        results += done
    return results


def _lines(
    work: Work, items: Mapping[bytes, Item], unfit: dict[bytes, Reply]
) -> Iterator[tuple[bytes, bytes]]:
    for key, item in items.items():
        try:
            yield key, work.route.line(custom_id(key), item.request)
        except RequestError as fault:
            unfit |= failures([key], fault.message)


async def _sent(work: Work, part: Part, items: Mapping[bytes, Item]) -> list[BatchRow]:
    run = uuid.uuid4().hex
    row = BatchRow(run=run, identity=work.identity, digest=part.digest, keys=part.keys)
    work.ledger.add(row)
    planned = [
        work.store.planned(items[key].keyed, identity=work.identity, repeat=work.repeat)
        for key in part.keys
    ]
    ours = await _written(work, planned)
    if not all(ours):  # another process was faster with some of them: a file without those
        work.ledger.change(run, "dropped")
        work.elsewhere.update(k for k, own in zip(part.keys, ours, strict=True) if not own)
        return await sent(
            work, {k: items[k] for k, own in zip(part.keys, ours, strict=True) if own}
        )

    async def upload() -> str:
        part.stream.seek(0)
        return await work.route.upload(f"evalkit-{run}.jsonl", part.stream)

    try:
        file = await work.patience.insist(upload)
    except BaseException as fault:
        # Whatever it was (stopped, refused, no network): no batch was asked for.
        work.ledger.change(run, "dropped", error=str(fault) or type(fault).__name__)
        await saved(work, failures(part.keys, "the batch was never made"))
        raise
    work.ledger.change(run, "creating", file=file)
    try:
        seen = await _created(work, file, row)
    except RemoteError as fault:
        if not fault.retryable:  # refused: nothing is on its way
            work.ledger.change(run, "failed", error=fault.message)
            await saved(work, failures(part.keys, fault.message))
        raise
    work.ledger.change(run, "running", batch=seen.id)
    work.running.add(seen.id, work.route.host)
    work.tell(f"{seen.id} is on its way at {work.route.host} ({len(part.keys):,} requests)")
    return [_running(row, seen.id)]


async def _created(work: Work, file: str, row: BatchRow) -> Seen:
    """Make the batch; after an answer that was lost, look whether it is there first."""
    since = time.time() - _CLOCKS_DIFFER

    async def find() -> dict[str, Seen]:
        return await work.route.find(frozenset({row.run}), since=since)

    attempt = 1
    while True:
        work.patience.check()
        try:
            return await work.route.create(file, row.run)
        except RemoteError as fault:
            attempt += 1
            if not fault.retryable or attempt > ATTEMPTS:
                raise
            certain = fault.status == 429  # refused for its rate: surely not made
            wait = fault.retry_after or 0.0
        await work.patience.wait(min(wait, work.patience.pace.most))
        if certain:
            continue
        await work.patience.wait(work.patience.pace.settle)
        found = await work.patience.insist(find)
        if row.run in found:
            return found[row.run]


async def _looked_up(work: Work, rows: list[BatchRow]) -> dict[str, Seen]:
    """The provider's batches of rows whose process died before it knew them."""
    asked = [row for row in rows if row.state == "creating"]
    if not asked:
        return {}
    # The dead process's last request may be on the wire still.
    youngest = max(row.noted for row in asked)
    if (left := work.patience.pace.settle - (time.time() - youngest)) > 0:
        await work.patience.wait(min(left, work.patience.pace.settle))
    runs = frozenset(row.run for row in asked)
    since = min(row.planned for row in asked) - _CLOCKS_DIFFER
    return await work.patience.insist(lambda: work.route.find(runs, since=since))


def _running(row: BatchRow, batch: str) -> BatchRow:
    return replace(row, batch=batch, state="running")
