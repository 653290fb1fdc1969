# SPDX-License-Identifier: Apache-2.0
"""Looks at batches until each has ended, and takes in what they answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Reply
from evalkit.models._batch_fetch import FULL, fetched, refusal
from evalkit.models._batch_route import ENDED, Seen
from evalkit.models._batch_send import Work, failures, saved
from evalkit.models._batch_store import BatchRow
from evalkit.models._way import Item

__all__ = ["watched"]

_GONE_AFTER = 48 * 3600.0  # seconds: twice its window; what is not there then will not come


async def watched(
    work: Work,
    rows: Sequence[BatchRow],
    items: Mapping[bytes, Item],
    answered: Callable[[bytes, Reply], None],
    again: Callable[[Mapping[bytes, Item]], Awaitable[Sequence[BatchRow]]],
) -> None:
    """Wait for batches, hours if need be; a network that is away for a while does no harm.

    Args:
        work: What the steps share.
        rows: Of the batches, all running.
        items: By key, those that are wanted.
        answered: Called with each good answer once it is on the disk.
        again: Sends requests once more, for which the account's queue had no room.

    Raises:
        RemoteError: A batch was refused (told when the others have ended) or is not there.
        StoppedError: By the user.
    """
    left = list(rows)
    refused: list[RemoteError] = []
    no_room: dict[bytes, Item] = {}
    shown: dict[str, str] = {}
    seconds = 0.0
    while left:
        for row in tuple(left):
            seen = await _look(work, row, answered, shown)
            if seen is None or seen.state not in ENDED:
                continue
            left.remove(row)
            if seen.state != "failed":
                continue
            error = await refusal(work, row, seen, items)
            if left and any(fault.code == FULL for fault in seen.errors):
                no_room |= {key: items[key] for key in row.keys if key in items}
                work.tell(f"{error.message}; sent again when another batch is done")
            else:
                refused.append(error)
        if no_room and len(left) < len(rows):
            waiting, no_room = no_room, {}
            rows = [*left, *await again(waiting)]
            left = list(rows)
        if left:
            seconds = work.patience.pace.after(seconds)
            await work.patience.wait(seconds)
    if refused:
        raise refused[0]


async def _look(
    work: Work,
    row: BatchRow,
    answered: Callable[[bytes, Reply], None],
    shown: dict[str, str],
) -> Seen | None:
    """The batch as it stands, its answers stored where it has ended; None: could not be seen."""
    work.patience.check()
    batch = row.batch or ""
    try:
        seen = await work.route.see(batch)
        if seen.state in ENDED and seen.state != "failed":
            await fetched(work, row, seen, answered)
    except RemoteError as fault:
        if fault.status == 404:
            raise await _gone(work, row) from fault
        if not fault.retryable:
            raise
        _say(work, shown, batch, f"{fault.message}; the batch goes on, looking again later")
        return None
    if seen.state in ENDED:
        work.running.remove(batch, work.route.host)
    counts = f", {seen.completed + seen.failed:,} of {seen.total:,} done" if seen.total else ""
    _say(work, shown, batch, f"{seen.state}{counts}")
    return seen


def _say(work: Work, shown: dict[str, str], batch: str, line: str) -> None:
    if shown.get(batch) != line:
        shown[batch] = line
        work.tell(f"{batch}: {line}")


async def _gone(work: Work, row: BatchRow) -> RemoteError:
    message = f"{work.route.host} knows no {row.batch}"
    if time.time() - row.planned < _GONE_AFTER:
        return RemoteError(
            message,
            "is the key of the organization and project that it was made with?",
            status=404,
        )
    work.ledger.change(row.run, "failed", error=message)
    await saved(work, failures(row.keys, message))
    return RemoteError(message, "run again: its requests are sent anew", status=404)
