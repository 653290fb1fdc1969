# SPDX-License-Identifier: Apache-2.0
"""A provider's batch route: requests as a file, answers as a file, for half the price.

The protocol is OpenAI's Batch API (https://developers.openai.com/api/docs/guides/batch, read
2026-11-21): a JSONL file goes up, a batch is made of it, and within 24 hours its answers lie in an
output file and its failures in an error file, both in any order, by `custom_id`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Final, cast

from evalkit.core.exchange import Reply, Request
from evalkit.models import _chat
from evalkit.models._connection import Connection, translated
from evalkit.models._faults import RequestError

__all__ = ["ENDED", "RUN", "BatchFault", "BatchRoute", "Seen", "batch_route"]

RUN = "evalkit_run"  # the batch's metadata that says which of our files it is made of
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_WINDOW: Final = "24h"  # the only one that there is
_PAGE = 100  # batches per page, the most that OpenAI gives
_UPLOAD_SECONDS = 900.0  # for 200 MB on a slow line


@dataclass(frozen=True, slots=True)
class BatchFault:
    """Why a batch was refused: the provider's code and words, and the line of our file."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A batch as the provider shows it.

    Attributes:
        id: The provider's.
        state: validating, in_progress, finalizing, cancelling, or one of `ENDED`.
        run: Our name for it, "" where it is none of ours.
        input_file: It is made of.
        output_file: Of the answers, once there are any.
        error_file: Of the failures, once there are any.
        created: Unix time.
        total: Requests in it, as far as counted.
        completed: Answered so far.
        failed: Failed so far.
        errors: Why it was refused.
    """

    id: str
    state: str
    run: str
    input_file: str
    output_file: str | None = None
    error_file: str | None = None
    created: float = 0.0
    total: int = 0
    completed: int = 0
    failed: int = 0
    errors: tuple[BatchFault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRoute:
    """How to send requests to one server by batch.

    Every method raises `RemoteError` and its kinds in `_faults`; none asks twice by itself.

    Attributes:
        connection: To the server.
        endpoint: That the requests are for; "/v1/chat/completions" at OpenAI.
        body: A prepared request to the JSON body of one line.
        reply: The JSON answer of one line to a reply; raises `RequestError`.
    """

    connection: Connection
    endpoint: str
    body: Callable[[Request], Mapping[str, Any]]
    reply: Callable[[Any], Reply]

    @property
    def host(self) -> str:
        """Where the files go."""
        return self.connection.to.host

    def line(self, custom_id: str, request: Request) -> bytes:
        """One line of the file.

        Raises:
            RequestError: The text is not valid Unicode.
        """
        whole = {
            "custom_id": custom_id,
            "method": "POST",
            "url": self.endpoint,
            "body": self.body(request),
        }
        try:
            text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
            return text.encode() + b"\n"
        except UnicodeEncodeError:  # a lone surrogate in the data
            raise RequestError("the text is not valid Unicode and cannot be sent") from None

    async def upload(self, name: str, stream: IO[bytes]) -> str:
        """Upload a file of requests; its id.

        It is uploaded with the purpose `batch`: such files go away by themselves after 30 days.
        """
        client = self.connection.client
        with translated(self.connection):
            made = await client.files.create(
                file=(name, stream, "application/jsonl"),
                purpose="batch",
                timeout=_UPLOAD_SECONDS,
            )
        return str(made.id)

    async def create(self, file: str, run: str) -> Seen:
        """Make a batch of an uploaded file; costs money."""
        with translated(self.connection):
            made = await self.connection.client.batches.create(
                input_file_id=file,
                endpoint=cast("Any", self.endpoint),  # servers have others than OpenAI's
                completion_window=_WINDOW,
                metadata={RUN: run},
            )
        return _seen(made)

    async def see(self, batch: str) -> Seen:
        """The batch as it stands."""
        with translated(self.connection):
            return _seen(await self.connection.client.batches.retrieve(batch))

    async def find(self, runs: frozenset[str], *, since: float) -> dict[str, Seen]:
        """Which of our runs have a batch already: run to batch.

        Args:
            runs: Asked for.
            since: Unix time before which none of them can have been made.
        """
        found: dict[str, Seen] = {}
        with translated(self.connection):
            async for batch in self.connection.client.batches.list(limit=_PAGE):  # newest first
                seen = _seen(batch)
                if seen.run in runs:
                    found.setdefault(seen.run, seen)
                if seen.created < since or found.keys() == runs:
                    break
        return found

    async def lines(self, file: str) -> AsyncIterator[bytes]:
        r"""The lines of a file as they arrive, split at b"\n" only, without it."""
        with translated(self.connection):
            content = self.connection.client.files.with_streaming_response.content(file)
            async with content as response:
                rest = b""
                async for piece in response.iter_bytes():
                    *whole, rest = (rest + piece).split(b"\n")
                    for line in whole:
                        yield line
                if rest:
                    yield rest

    async def cancel(self, batch: str) -> Seen:
        """Ask the provider to stop; what is answered by then is paid and can be fetched."""
        with translated(self.connection):
            return _seen(await self.connection.client.batches.cancel(batch))


def batch_route(
    connection: Connection,
    endpoint: str = "/v1/chat/completions",
    *,
    body: Callable[[Request], Mapping[str, Any]],
    reply: Callable[[Any], Reply] = _chat.reply,
) -> BatchRoute:
    """The batch route of an OpenAI-compatible server.

    Args:
        connection: To the server.
        endpoint: Of the requests; Azure's is "/chat/completions" (its how-to names that and
            "/v1/chat/completions"; which a deployment takes was not tried here).
        body: A prepared request to the JSON body of one line, the model's name in it.
        reply: The JSON answer of one line to a reply.
    """
    return BatchRoute(connection=connection, endpoint=endpoint, body=body, reply=reply)


def _seen(batch: Any) -> Seen:
    """Nothing of it is trusted to be there: compatible servers leave fields out."""
    counts = getattr(batch, "request_counts", None)
    errors = getattr(getattr(batch, "errors", None), "data", None) or ()
    metadata = getattr(batch, "metadata", None)
    run = metadata.get(RUN, "") if isinstance(metadata, Mapping) else ""
    return Seen(
        id=str(batch.id),
        state=str(getattr(batch, "status", "") or ""),
        run=str(run),
        input_file=str(getattr(batch, "input_file_id", "") or ""),
        output_file=getattr(batch, "output_file_id", None) or None,
        error_file=getattr(batch, "error_file_id", None) or None,
        created=float(getattr(batch, "created_at", 0) or 0),
        total=_count(counts, "total"),
        completed=_count(counts, "completed"),
        failed=_count(counts, "failed"),
        errors=tuple(
            BatchFault(
                str(getattr(error, "code", "") or ""),
                str(getattr(error, "message", "") or ""),
                line if isinstance(line := getattr(error, "line", None), int) else None,
            )
            for error in errors
        ),
    )


def _count(counts: Any, name: str) -> int:
    value = getattr(counts, name, 0)
    return value if isinstance(value, int) else 0
