# SPDX-License-Identifier: Apache-2.0
"""The one place where the `openai` client is used: bodies in, JSON out, our errors only."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import jiter

from evalkit.core.errors import MissingExtraError, RemoteError
from evalkit.models._endpoints import Address
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError, UnreadableError
from evalkit.models._lanes import lanes
from evalkit.models._refusals import refused, seconds_to_wait

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = [
    "NO_KEY",
    "Connection",
    "Sent",
    "causes",
    "connection",
    "connection_fault",
    "seconds_to_wait",
    "translated",
]

NO_KEY = "none"  # the client insists on a key; servers without one ignore it
MOST_BYTES = 64 * 2**20  # of one answer: 128,000 tokens with 20 alternatives each are about 60 MB
_MOST_ERROR = 2**20
_NO_CONNECTION = ("ConnectError", "ConnectTimeout", "ClientConnectorError")
_CONNECTING = 30.0  # seconds until a server that does not even connect is not there
_OWN = ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID")
_CUSTOM = "OPENAI_CUSTOM_HEADERS"
# The client's own way to say that the body is read by its caller (`with_streaming_response`).
_UNREAD = {"X-Stainless-Raw-Response": "stream"}


class Sent(NamedTuple):
    """What came back.

    Attributes:
        document: The parsed JSON.
        headers: Of the response; names in any case.
    """

    document: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A pool of connections to one server.

    Attributes:
        to: Where.
        client: For what is not JSON in and JSON out (files, batches), inside `translated`.
        seconds: For one answer of `post`, from its first byte sent to its last one read.
        secrets: Sent along: key, password, organisation; in no message.
        sdk: The module `openai`.
    """

    to: Address
    client: AsyncOpenAI = field(repr=False)
    seconds: float
    secrets: tuple[str, ...] = field(repr=False)
    sdk: Any = field(repr=False)

    async def post(self, path: str, body: Mapping[str, Any]) -> Sent:
        """Ask once.

        Args:
            path: Below the server's base URL, or a whole URL.
            body: JSON.

        Raises:
            RemoteError: And its kinds in `_faults`.
        """
        with translated(self):
            # The client's limit is for each read: a server that drips never comes to it.
            async with asyncio.timeout(self.seconds):
                unread = await self.client.post(
                    path, body=dict(body), cast_to=object, options={"headers": _UNREAD}
                )
                response = unread.http_response  # type: ignore[attr-defined]
                try:
                    raw = await _read(response, MOST_BYTES)
                except _TooLongError:
                    raise RequestError(
                        f"the answer of {self.to.host} is longer than {MOST_BYTES >> 20} MB"
                    ) from None
                finally:
                    await response.aclose()
        return Sent(_parsed(raw), response.headers)


@asynccontextmanager
async def connection(
    to: Address,
    *,
    key: str = NO_KEY,
    key_name: str = "",
    key_header: str | None = None,
    organization: bool = False,
    seconds: float = 120.0,
    heard: Callable[[Mapping[str, str]], None] | None = None,
) -> AsyncIterator[Connection]:
    """A connection pool to one server, which never asks twice by itself and follows no redirection.

    Args:
        to: Where; its login, if any, is sent when there is no key.
        key: The key; it is in no error that comes out of here.
        key_name: The variable that held it, for messages.
        key_header: The header for the bare key; None = Authorization with "Bearer".
        organization: Whether OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS are for
            this server.
        seconds: For one answer.
        heard: Is given the headers of every response, good or bad.

    Raises:
        MissingExtraError: The `openai` package is not there.
    """
    try:
        import openai as sdk
    except ImportError as error:
        raise MissingExtraError("openai", extra="eval", purpose="ask models over HTTP") from error

    secrets = _secrets(to, key, own=organization)

    async def look(response: Any) -> None:
        """Turn a refusal into our error before the client reads it, however long it is."""
        if heard is not None:
            heard(response.headers)
        if response.status_code < 300:
            return
        try:
            document = jiter.from_json(await _read(response, _MOST_ERROR))
        except (ValueError, _TooLongError):
            document = None
        await response.aclose()
        raise refused(
            response.status_code,
            response.headers,
            document,
            host=to.host,
            sent=secrets,
            key_name=key_name,
        )

    async def bare(request: Any) -> None:
        """Take out the "Bearer" that the client insists on; it has no way to leave it out."""
        request.headers.pop("Authorization", None)

    no_bearer = key_header is not None or (key == NO_KEY and to.login is None)
    hooks: dict[str, list[Any]] = {"request": [bare] if no_bearer else [], "response": [look]}
    patience = sdk.Timeout(seconds, connect=min(_CONNECTING, seconds * 0.9))
    client = sdk.AsyncOpenAI(
        base_url=to.url,
        api_key=NO_KEY if key_header else key,
        max_retries=0,
        timeout=patience,
        default_headers=_headers(sdk, to, key, key_header, own=organization),
        default_query=to.query,
        http_client=_http_client(sdk, timeout=patience, follow_redirects=False, event_hooks=hooks),
    )
    if not organization:  # the client reads them from the environment for every server
        client.organization = client.project = None
    async with client:
        yield Connection(to=to, client=client, seconds=seconds, secrets=secrets, sdk=sdk)


def _http_client(sdk: Any, **given: Any) -> Any:
    """The client's own way over aiohttp where it is installed: less than half the CPU time."""
    try:
        return sdk.DefaultAioHttpClient(**given)
    except (AttributeError, ImportError, RuntimeError):  # an older client, or no aiohttp
        plain = sdk.DefaultAsyncHttpxClient
        return plain(transport=lanes(plain), **given)


@contextmanager
def translated(it: Connection) -> Iterator[None]:
    """Turn whatever the client raises in the block into our errors.

    `from None` throughout: the client's traceback would show headers and key.

    Raises:
        RemoteError: And its kinds in `_faults`.
    """
    sdk = it.sdk
    try:
        yield
    except RemoteError:
        raise
    except (sdk.APITimeoutError, TimeoutError) as error:
        raise _timed_out(error, it.to, it.seconds) from None
    except sdk.APIConnectionError as error:
        # Older clients (2.x) wrap whatever is raised below them, our refusals too.
        ours = next((cause for cause in causes(error) if isinstance(cause, RemoteError)), None)
        raise ours or _broken(error, it.to) from None
    except sdk.APIStatusError as error:  # from a client of somebody else's making
        raise refused(
            error.status_code,
            error.response.headers,
            error.body,
            host=it.to.host,
            sent=it.secrets,
        ) from None
    except UnicodeEncodeError:  # a lone surrogate in the data
        raise RequestError("the text is not valid Unicode and cannot be sent") from None
    except (sdk.OpenAIError, json.JSONDecodeError):  # cut or broken JSON
        raise RequestError("the answer is not JSON", retryable=True) from None
    except ValueError:  # such as a NaN in the data
        raise RequestError("the request cannot be written as JSON") from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2"):
            raise _broken(error, it.to) from None  # it broke while the body was read
        raise


def _parsed(raw: bytes) -> Any:
    try:
        return jiter.from_json(raw)
    except ValueError:
        try:  # which takes half an emoji for a text too, as a cut answer may end in
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise UnreadableError("the answer is not JSON", retryable=True) from None


class _TooLongError(Exception):
    """More bytes than anybody wants."""


async def _read(response: Any, most: int) -> bytes:
    pieces, total = [], 0
    async for piece in response.aiter_bytes():
        total += len(piece)
        if total > most:
            raise _TooLongError
        pieces.append(piece)
    return b"".join(pieces)


def _headers(
    sdk: Any, to: Address, key: str, key_header: str | None, *, own: bool
) -> dict[str, Any]:
    # The client would send the headers of this variable to every server.
    headers: dict[str, Any] = {} if own else dict.fromkeys(_custom_headers(), sdk.Omit())
    if key_header:
        headers[key_header] = key
    elif to.login and key == NO_KEY:
        headers["Authorization"] = _basic(*to.login)
    return headers


def _custom_headers() -> dict[str, str]:
    """Those that the client reads from the environment."""
    lines = os.environ.get(_CUSTOM, "").split("\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


def _secrets(to: Address, key: str, *, own: bool) -> tuple[str, ...]:
    """What the server is sent and must not come back in a message."""
    found = [key, *(to.login or ())]
    if to.login:
        found.append(_basic(*to.login))
    if own:
        found += [os.environ.get(name, "") for name in _OWN]
        found += _custom_headers().values()
    return tuple(secret for secret in found if secret)


def _basic(user: str, password: str) -> str:
    from base64 import b64encode

    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _timed_out(error: Exception, to: Address, seconds: float) -> RemoteError:
    if (known := _over_aiohttp(error, to)) is not None:
        return known
    if type(error.__cause__).__name__ == "ConnectTimeout":
        return _unreachable(to.host, "no connection in time")
    return TimedOutError(f"no answer from {to.host} within {seconds:g} s", retryable=True)


def _broken(error: Exception, to: Address) -> RemoteError:
    if (known := _over_aiohttp(error, to)) is not None:
        return known
    if any(type(cause).__name__ == "ReadTimeout" for cause in causes(error)):
        return TimedOutError(f"no answer from {to.host} in time", retryable=True)
    broken = RequestError(f"the connection to {to.host} broke", retryable=True)
    return connection_fault(error, to.host) or broken


def _over_aiohttp(error: Exception, to: Address) -> RemoteError | None:
    """What aiohttp says, if it was the way; the client takes each lost connection for a time-out.

    A connection that was made and lost may have carried a question that was paid for; one that
    was never made has not.
    """
    led_to = causes(error)
    names = {type(c).__name__ for c in led_to if type(c).__module__.startswith("aiohttp")}
    if not names:
        return None
    if "ConnectionTimeoutError" in names:
        return _unreachable(to.host, "no connection in time")
    if any("Timeout" in name for name in names):
        return TimedOutError(f"no answer from {to.host} in time", retryable=True)
    if any(name.startswith(("ClientConnector", "ClientProxy", "ClientSSL")) for name in names):
        return _unreachable(to.host, _reason(led_to))
    return RequestError(f"the connection to {to.host} broke", retryable=True)


def connection_fault(error: BaseException, host: str) -> UnreachableError | None:
    """The error for a server that cannot be reached; None where it was reached.

    Args:
        error: Of any HTTP client, by the names of what caused it: the client went from httpx to
            httpx2, and which one it has is not ours to know.
        host: For messages.
    """
    led_to = causes(error)
    if any(type(cause).__name__ in _NO_CONNECTION for cause in led_to):
        return _unreachable(host, _reason(led_to))
    return None


def _unreachable(host: str, why: str) -> UnreachableError:
    return UnreachableError(
        f"cannot reach {host}: {why}",
        "is the server running, and its address right?",
        retryable=True,
    )


def causes(error: BaseException | None) -> list[BaseException]:
    """An error and what led to it, outermost first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _reason(led_to: list[BaseException]) -> str:
    for cause in led_to:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, socket.gaierror):
            return "the name is not known"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'certificate'})"
    # anyio raises a plain OSError for several addresses tried.
    text = " ".join(str(cause) for cause in led_to).lower()
    return "connection refused" if "connection attempts failed" in text else "no connection"
