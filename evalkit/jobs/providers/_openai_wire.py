# SPDX-License-Identifier: Apache-2.0
"""Requests of OpenAI's protocol, over the `openai` client: JSON in, JSON out, each sent once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import IO, Any, NoReturn, cast
from urllib.parse import quote

import jiter

from evalkit.core.errors import RemoteError
from evalkit.models._connection import Connection, translated
from evalkit.models._faults import RequestError, UnreadableError

__all__ = ["JSONL", "got", "page_by_page", "part_of", "pieces", "posted", "sent_file"]

# The client's own way to say that the body is read by its caller.
_UNREAD = {"X-Stainless-Raw-Response": "stream"}
_MOST_BYTES = 64 * 2**20  # of one JSON answer: 10,000 files are about 3 MB
_MOST_PAGES = 10_000  # a server could go on for ever
_SLOW = 50_000  # bytes a second that an upload is given time for, at least
JSONL = "text/jsonl"


def part_of(path: str) -> str:
    """An id as a part of a path: whatever the server called it, it stays one part."""
    if path in ("", ".", ".."):
        raise RequestError("the server gave an object without an id")
    return quote(path, safe="")


async def got(it: Connection, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """GET a document.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    options: Any = {"headers": _UNREAD, "params": dict(query or {})}
    with _worded(it):
        async with asyncio.timeout(it.seconds):
            return await _document(await it.client.get(path, cast_to=object, options=options), it)


async def posted(
    it: Connection, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """POST a body, none where there is nothing to say; never retried.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    given: dict[str, Any] = {} if body is None else {"body": dict(body)}
    options: Any = {"headers": _UNREAD}
    with _worded(it):
        async with asyncio.timeout(it.seconds):
            answer = await it.client.post(path, cast_to=object, options=options, **given)
            return await _document(answer, it)


async def sent_file(
    it: Connection,
    path: str,
    field: str,
    file: tuple[str, IO[bytes] | bytes],
    *,
    size: int,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """POST a file in a form; it is read as it is sent.

    Args:
        it: To the server.
        path: Below the base URL.
        field: Of the form, that holds the file.
        file: Its name there, and its bytes.
        size: Of them, for the patience.
        form: Other fields.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    seconds = it.seconds + size / _SLOW
    options: Any = {
        "headers": {"Content-Type": "multipart/form-data", **_UNREAD},
        "timeout": seconds,
    }
    files: Any = [(field, (file[0], file[1], JSONL))]
    with _worded(it):
        async with asyncio.timeout(seconds):
            answer = await it.client.post(
                path, cast_to=object, body=dict(form or {}), files=files, options=options
            )
            return await _document(answer, it)


async def pieces(it: Connection, path: str) -> AsyncIterator[bytes]:
    """The bytes of a file, as they arrive.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    with _worded(it):
        async with _response(
            await it.client.get(path, cast_to=object, options={"headers": _UNREAD})
        ) as response:
            async for piece in response.aiter_bytes():
                yield piece


async def page_by_page(
    it: Connection, path: str, query: Mapping[str, Any] | None = None
) -> AsyncIterator[Mapping[str, Any]]:
    """The objects of a list, page by page; a server that repeats itself ends it.

    Raises:
        RemoteError: And its kinds in `models._faults`.
    """
    seen: set[str] = set()
    asked = dict(query or {})
    for _ in range(_MOST_PAGES):
        page = await got(it, path, asked)
        rows = page.get("data")
        found = [one for one in rows if isinstance(one, Mapping)] if isinstance(rows, list) else []
        fresh = [one for one in found if isinstance(one.get("id"), str) and one["id"] not in seen]
        for one in fresh:
            seen.add(one["id"])
            yield one
        if not fresh or page.get("has_more") is False:
            return
        asked["after"] = fresh[-1]["id"]


@contextmanager
def _worded(it: Connection) -> Iterator[None]:
    """Whatever the client raises as our errors, with the hints that jobs need, not models."""
    try:
        with translated(it):
            yield
    except RemoteError as fault:
        if fault.status == 404:
            fault.hint = "is the id right, is it of this account, and is the url right?"
        elif fault.status in (401, 403) and "without a key" in fault.message:
            fault.hint = "name the environment variable that holds its key: --key-env MY_KEY"
        raise


@asynccontextmanager
async def _response(answer: Any) -> AsyncIterator[Any]:
    response = answer.http_response
    try:
        yield response
    finally:
        await response.aclose()


async def _document(answer: Any, it: Connection) -> dict[str, Any]:
    parts, total = [], 0
    async with _response(answer) as response:
        async for piece in response.aiter_bytes():
            total += len(piece)
            if total > _MOST_BYTES:
                raise RequestError(
                    f"the answer of {it.to.host} is longer than {_MOST_BYTES >> 20} MB"
                )
            parts.append(piece)
    try:
        document = jiter.from_json(b"".join(parts))
    except ValueError:
        _unreadable(it)
    if not isinstance(document, dict):
        _unreadable(it)
    return cast("dict[str, Any]", document)


def _unreadable(it: Connection) -> NoReturn:
    fault: RemoteError = UnreadableError(
        f"the answer of {it.to.host} is not JSON", "is the url right?", retryable=True
    )
    raise fault from None
