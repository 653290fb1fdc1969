# SPDX-License-Identifier: Apache-2.0
"""What lies in a store: sums by who was asked, rows to read, and what may go."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evalkit.core.errors import InputError
from evalkit.models._batch_store import under_way
from evalkit.models._store import Store

__all__ = ["Chosen", "Summary", "chosen", "export_rows", "removed", "summaries"]

_SUMS = """
SELECT identity, state, key IN (SELECT key FROM temp.batched) AS sent_along, owner, count(*),
    coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
    min(started), max(coalesce(ended, started)),
    sum(length(body) + coalesce(length(reply), 0))
FROM request GROUP BY identity, state, sent_along, owner ORDER BY identity, state, sent_along, owner
"""
_ROWS = """
SELECT identity, repeat, body, reply, coalesce(ended, started) FROM request
WHERE state IN ('ok', 'flagged') ORDER BY identity, repeat, started, key
"""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What one provider's model has in a store.

    Attributes:
        identity: Who was asked.
        answers: Complete ones.
        flagged: Empty, filtered or refused ones.
        failed: Errors, asked again by the next run.
        unknown: Sent and not answered: perhaps billed all the same.
        under_way: Of a process that runs now, or in a batch that is on its way.
        prompt_tokens: Of all answers, as counted by the provider.
        completion_tokens: Likewise.
        first: ISO date of the first request.
        last: ISO date of the last answer or request.
        bytes: Of questions and answers.
    """

    identity: str
    answers: int = 0
    flagged: int = 0
    failed: int = 0
    unknown: int = 0
    under_way: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    first: str = ""
    last: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Rows that may go.

    Attributes:
        rows: How many.
        answers: Of them, answers that were paid for.
        bytes: Of questions and answers.
    """

    rows: int
    answers: int
    bytes: int


def summaries(store: Store) -> list[Summary]:
    """One summary for each identity, sorted by it."""
    found: dict[str, Summary] = {}
    alive = store.alive()
    with _batched(store) as reader:
        for name, state, batched, owner, *sums in reader.execute(_SUMS):
            n, prompt, completion, first, last, size = sums
            one = found.setdefault(name, Summary(identity=name))
            if state == "ok":
                one.answers += n
            elif state == "flagged":
                one.flagged += n
            elif state == "failed":
                one.failed += n
            elif batched or owner in alive:
                one.under_way += n
            else:
                one.unknown += n
            one.prompt_tokens += prompt
            one.completion_tokens += completion
            one.first = min(filter(None, (one.first, _day(first))))
            one.last = max(one.last, _day(last))
            one.bytes += size
    return list(found.values())


def export_rows(store: Store, identity: str | None = None) -> Iterator[dict[str, Any]]:
    """Every answer as a row of a recording, with who gave it and what it was asked with.

    Args:
        store: What to read.
        identity: Only of those whose identity holds this text.

    Raises:
        InputError: A row cannot be read.
    """
    with store.reading() as reader:
        for name, repeat, body, reply, when in reader.execute(_ROWS):
            if identity is not None and identity not in name:
                continue
            try:
                asked, answered = _parsed(body), _parsed(reply)
                row = {"messages": asked.pop("messages"), "reply": answered}
            except (ValueError, KeyError, AttributeError) as error:
                raise InputError(
                    f"{store.path} holds a row that cannot be read", "export the others: --identity"
                ) from error
            row |= {
                "model": answered.get("model") or name,
                "date": _day(when),
                "identity": name,
                "settings": {k: v for k, v in asked.items() if v not in ([], {}, None)},
            }
            yield row | ({"repeat": repeat} if repeat else {})


def chosen(store: Store, *, before: float | None, failed: bool, identity: str | None) -> Chosen:
    """How much `removed` would take with the same arguments."""
    where, values = _condition(store, before, identity, failed=failed)
    with _batched(store) as reader:
        rows, answers, size = reader.execute(
            "SELECT count(*), coalesce(sum(state IN ('ok', 'flagged')), 0), "  # noqa: S608  our own words
            f"coalesce(sum(length(body) + coalesce(length(reply), 0)), 0) FROM request {where}",
            values,
        ).fetchone()
    return Chosen(rows=rows, answers=answers, bytes=size)


def removed(store: Store, *, before: float | None, failed: bool, identity: str | None) -> int:
    """Take rows out for good, and give their room back; how many they were.

    What a living process has under way stays, and what is in a batch: its answers are to come.

    Args:
        store: What to clear.
        before: Only what was last touched before this time (seconds since 1970).
        failed: Only errors.
        identity: Only of those whose identity holds this text.

    Raises:
        InputError: Another process is using the store.
    """
    where, values = _condition(store, before, identity, failed=failed)
    with _batched(store) as connection:
        try:
            taken = connection.execute(f"DELETE FROM request {where}", values).rowcount  # noqa: S608  our own words
            connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            raise InputError(
                f"{store.path} is in use by another process", "wait until that run is over"
            ) from error
    return taken


def _condition(
    store: Store, before: float | None, identity: str | None, *, failed: bool
) -> tuple[str, list[Any]]:
    alive = sorted(store.alive())
    parts = [
        f"NOT (state = 'sent' AND owner IN ({','.join('?' * len(alive))}))",
        "key NOT IN (SELECT key FROM temp.batched)",
    ]
    values: list[Any] = [*alive]
    if before is not None:
        parts.append("coalesce(ended, started) < ?")
        values.append(before)
    if failed:
        parts.append("state = 'failed'")
    if identity is not None:
        parts.append("instr(identity, ?) > 0")
        values.append(identity)
    return f"WHERE {' AND '.join(parts)}", values


@contextmanager
def _batched(store: Store) -> Iterator[sqlite3.Connection]:
    """A connection with a table of the keys that are in batches, for the length of the block."""
    keys = under_way(store)
    with store.reading() as connection:
        connection.execute("CREATE TEMP TABLE batched (key BLOB PRIMARY KEY) WITHOUT ROWID")
        try:
            connection.executemany("INSERT INTO temp.batched VALUES (?)", ((k,) for k in keys))
            yield connection
        finally:
            connection.execute("DROP TABLE temp.batched")


def _parsed(raw: bytes) -> Any:
    return json.loads(raw.decode("utf-8", "surrogatepass"))


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
