# SPDX-License-Identifier: Apache-2.0
"""Files of a batch: requests in lines, split where the provider's limits are; answers by line."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from evalkit.core.exchange import Reply
from evalkit.models._faults import RequestError, without_secrets

__all__ = ["Limits", "Part", "Result", "custom_id", "parts", "result"]

_IN_MEMORY = 8_000_000  # bytes of a file that are not worth a place on the disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large one file of a batch may be.

    Attributes:
        requests: In one file. https://developers.openai.com/api/docs/guides/batch (2026-11-21):
            50,000; Azure's how-to says 100,000, which is not used.
        size: Bytes of one file; the same page: 200 MB. Whether MB are millions is not said: the
            smaller reading is kept to.
    """

    requests: int = 50_000
    size: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """One file, ready to go up.

    Attributes:
        keys: Of the store, in the order of the lines.
        stream: At its beginning; closed by whoever got it.
        digest: sha256 of its bytes, as hex.
    """

    keys: tuple[bytes, ...]
    stream: IO[bytes]
    digest: str


class Result(NamedTuple):
    """What one line of an output or error file says."""

    custom_id: str
    reply: Reply


def custom_id(key: bytes) -> str:
    """A store key as a provider sees it: 40 hex digits (160 bits), short enough for every one."""
    return key.hex()[:40]


def parts(lines: Iterable[tuple[bytes, bytes]], limits: Limits) -> Iterator[Part]:
    """Divide lines into files within the limits; the order stays.

    Args:
        lines: Store key and line, the line break included.
        limits: Of one file. A line that is larger by itself has a file of its own: the provider
            says what is wrong with it.
    """
    keys: list[bytes] = []
    stream, digest, size = _empty(), hashlib.sha256(), 0
    for key, line in lines:
        if keys and (len(keys) >= limits.requests or size + len(line) > limits.size):
            yield _part(keys, stream, digest.hexdigest())
            keys, stream, digest, size = [], _empty(), hashlib.sha256(), 0
        keys.append(key)
        stream.write(line)
        digest.update(line)
        size += len(line)
    if keys:
        yield _part(keys, stream, digest.hexdigest())
    else:
        stream.close()


def _empty() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)


def _part(keys: list[bytes], stream: IO[bytes], digest: str) -> Part:
    stream.seek(0)
    return Part(tuple(keys), stream, digest)


def result(line: bytes, reply: Callable[[Any], Reply]) -> Result | None:
    """What a line of an output or error file says; None where it says nothing.

    A rejected request stands with its status and an error where the answer would be; `error`
    itself is for what had no HTTP answer at all, such as `batch_expired`.

    Args:
        line: Its bytes.
        reply: Understands the body of an answer; raises `RequestError`.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, Mapping) or not isinstance(name := value.get("custom_id"), str):
        return None
    response, error = _mapping(value.get("response")), value.get("error")
    status = response.get("status_code")
    if error or not response:
        return Result(name, _failed(_mapping(error).get("message") or error or "no answer"))
    body = response.get("body")
    if status != 200:
        said = _mapping(_mapping(body).get("error")).get("message") or ""
        return Result(name, _failed(f"the batch's line was answered {status}: {said}"))
    try:
        return Result(name, reply(body))
    except RequestError as fault:
        return Result(name, _failed(fault.message))


def _failed(why: Any) -> Reply:
    return Reply(text="", finish="error", error=without_secrets(str(why)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
