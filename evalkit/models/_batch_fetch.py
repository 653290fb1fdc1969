# SPDX-License-Identifier: Apache-2.0
"""Brings the answers of a batch that has ended into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.models._batch_lines import custom_id, result
from evalkit.models._batch_route import Seen
from evalkit.models._batch_send import Work, failures, saved
from evalkit.models._batch_store import BatchRow
from evalkit.models._faults import without_secrets
from evalkit.models._way import Item

__all__ = ["FULL", "fetched", "refusal"]

FULL = "token_limit_exceeded"  # the account's queue is full: send it again once others are done
_AT_ONCE = 256  # answers that wait for the disk together
_MISSING: Mapping[str, str] = {
    "expired": "the batch ran out of time before this request",
    "cancelled": "the batch was cancelled before this request",
}


async def fetched(
    work: Work, row: BatchRow, seen: Seen, answered: Callable[[bytes, Reply], None]
) -> None:
    """Store everything that a batch holds; done again after a crash it changes nothing.

    Args:
        work: What the steps share; errors go into its `failed`.
        row: Of the batch.
        seen: As it ended, other than refused.
        answered: Called with each good answer once it is on the disk.

    Raises:
        RemoteError: The files could not be read to their end; trying again may help.
    """
    left = {custom_id(key): key for key in row.keys}
    for file in (seen.output_file, seen.error_file):
        if file is not None:
            await _read(work, file, left, answered)
    # Never answered, or not as anything that could be read.
    why = _MISSING.get(seen.state, "the batch has no answer to this request")
    work.failed.update(failures(left.values(), why))
    bad = {key: work.failed[key] for key in row.keys if key in work.failed}
    await saved(work, bad)
    work.ledger.change(row.run, "done")
    if bad:
        work.tell(_failures(seen, list(bad.values()), len(row.keys)))


async def _read(
    work: Work, file: str, left: dict[str, bytes], answered: Callable[[bytes, Reply], None]
) -> None:
    good: dict[bytes, Reply] = {}

    async def settle() -> None:
        await saved(work, good)
        for key, reply in good.items():
            answered(key, reply)
        good.clear()

    try:
        async for line in work.route.lines(file):
            read = result(line, work.route.reply)
            if read is None or (key := left.pop(read.custom_id, None)) is None:
                continue
            if read.reply.finish == "error":
                work.failed[key] = read.reply
            else:
                good[key] = read.reply
            if len(good) >= _AT_ONCE:
                await settle()
    except RemoteError as fault:
        if fault.status != 404:
            raise
        work.tell(f"{file} is no longer kept at {work.route.host}")
    finally:
        await settle()


def _failures(seen: Seen, replies: Sequence[Reply], of: int) -> str:
    """One line: how many, and the commonest reason."""
    why, times = Counter(reply.error or "" for reply in replies).most_common(1)[0]
    rest = f", and {len(replies) - times:,} for other reasons" if times < len(replies) else ""
    return f"{seen.id}: {len(replies):,} of {of:,} requests have no answer: {why}{rest}"


async def refusal(
    work: Work, row: BatchRow, seen: Seen, items: Mapping[bytes, Item]
) -> RemoteError:
    """Note that the provider refused a whole batch, and say so in one line.

    Args:
        work: What the steps share.
        row: Of the batch.
        seen: As it was refused.
        items: By key, for the name of the one that is at fault.
    """
    first = seen.errors[0] if seen.errors else None
    why = "no reason given"
    if first is not None:
        code = f" ({excerpt(first.code, 40)})" if first.code else ""
        why = f"{without_secrets(first.message)}{code}"
        if first.line is not None and 1 <= first.line <= len(row.keys):
            item = items.get(row.keys[first.line - 1])
            ids = item.request.ids if item is not None else ()
            name = f" ({excerpt(ids[0], 40)})" if ids else ""
            why = f"request {first.line:,}{name}: {why}"
        if len(seen.errors) > 1:
            why += f", and {len(seen.errors) - 1:,} more"
    message = f"{work.route.host} refused {seen.id} ({len(row.keys):,} requests): {why}"
    work.ledger.change(row.run, "failed", error=message)
    await saved(work, failures(row.keys, message))
    full = first is not None and first.code == FULL
    return RemoteError(
        message,
        "run the same command once your other batches are done"
        if full
        else "nothing of it was worked on; mend the request, or leave --batch out to see what the "
        "server says to each",
    )
