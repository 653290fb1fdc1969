# SPDX-License-Identifier: Apache-2.0
"""The one place where the `openai` client is used: bodies in, JSON out, our errors only."""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from evalkit.core.errors import MissingExtraError, RemoteError
from evalkit.models._endpoints import Address
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError, without_secrets

__all__ = ["Post", "connection", "seconds_to_wait"]

# Path and JSON body to the parsed JSON of the answer.
Post = Callable[[str, Mapping[str, Any]], Awaitable[Any]]

NO_KEY = "none"  # the client insists on a key; servers without one ignore it
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_STOPS = frozenset({401, 402, 403, 404})


@asynccontextmanager
async def connection(
    to: Address,
    *,
    key: str = NO_KEY,
    key_name: str = "",
    organization: bool = False,
    seconds: float = 120.0,
) -> AsyncIterator[Post]:
    """A connection pool to one server, which never asks twice by itself.

    Args:
        to: Where; its login, if any, is sent when there is no key.
        key: The key; it is in no error that comes out of here.
        key_name: The variable that held it, for messages.
        organization: Whether OPENAI_ORG_ID and OPENAI_PROJECT_ID are for this server.
        seconds: To wait for an answer.

    Raises:
        MissingExtraError: The `openai` package is not there.
    """
    try:
        import openai as sdk
    except ImportError as error:
        raise MissingExtraError("openai", extra="eval", purpose="ask models over HTTP") from error

    headers = _basic(*to.login) if to.login and key == NO_KEY else {}
    client = sdk.AsyncOpenAI(
        base_url=to.url,
        api_key=key,
        max_retries=0,
        timeout=seconds,
        default_headers=headers,
        default_query=to.query,
    )
    if not organization:  # the client reads them from the environment for every server
        client.organization = client.project = None

    async with client:

        async def post(path: str, body: Mapping[str, Any]) -> Any:
            try:
                return await client.post(path, body=dict(body), cast_to=object)
            # `from None`: the client's traceback would show headers and key.
            except sdk.APITimeoutError as error:
                raise _timed_out(error, to, seconds) from None
            except sdk.APIConnectionError as error:
                raise _broken(error, to) from None
            except sdk.APIStatusError as error:
                raise _refused(error, to, key, key_name) from None
            except UnicodeEncodeError:  # a lone surrogate in the data
                raise RequestError("the text is not valid Unicode and cannot be sent") from None
            except (sdk.APIError, ValueError):  # cut or broken JSON
                raise RequestError("the answer is not JSON", retryable=True) from None

        yield post


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """What `retry-after-ms` or `retry-after` ask for (RFC 9110 10.2.3); None where nothing sane."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        written = headers.get(name)
        if written is None:
            continue
        try:
            seconds = float(written) * unit
        except ValueError:
            try:
                date = parsedate_to_datetime(written)
            except (TypeError, ValueError):
                continue
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = max(0.0, (date - datetime.now(UTC)).total_seconds())
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _basic(user: str, password: str) -> dict[str, str]:
    from base64 import b64encode

    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _timed_out(error: Exception, to: Address, seconds: float) -> RemoteError:
    if type(error.__cause__).__name__ == "ConnectTimeout":
        return _unreachable(to, "no connection in time")
    return TimedOutError(f"no answer from {to.host} within {seconds:g} s", retryable=True)


def _broken(error: Exception, to: Address) -> RemoteError:
    causes = _causes(error)
    # By name: the client went from httpx to httpx2, and which one it has is not ours to know.
    if any(type(cause).__name__ == "ConnectError" for cause in causes):
        return _unreachable(to, _reason(causes))
    return RequestError(f"the connection to {to.host} broke", retryable=True)


def _unreachable(to: Address, why: str) -> RemoteError:
    return UnreachableError(
        f"cannot reach {to.host}: {why}",
        "is the server running, and its address right?",
        retryable=True,
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        if isinstance(cause, socket.gaierror):
            return "the name is not known"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'certificate'})"
    # anyio raises a plain OSError for several addresses tried.
    text = " ".join(str(cause) for cause in causes).lower()
    return "connection refused" if "connection attempts failed" in text else "no connection"


def _refused(error: Any, to: Address, key: str, key_name: str) -> RemoteError:
    status: int = error.status_code
    body: Mapping[str, Any] = error.body if isinstance(error.body, Mapping) else {}
    nested = body.get("error")
    inner: Mapping[str, Any] = nested if isinstance(nested, Mapping) else body
    code = str(inner.get("code") or inner.get("type") or "")
    said = without_secrets(str(inner.get("message") or ""), key)
    what = f"{to.host} answered {status}"
    if status in (401, 403):
        # Providers repeat parts of the key here: their words are left out.
        named = f"the key in {key_name}" if key_name else "a request without a key"
        return RemoteError(
            f"{to.host} refused {named} ({status})",
            f"set {key_name} to a valid key for this server"
            if key_name
            else "name the environment variable that holds its key: key_env: MY_KEY",
            status=status,
        )
    if status == 404:
        return RemoteError(
            f"{what}: {said or 'not found'}", "are the model's name and the url right?", status=404
        )
    if status == 402 or "insufficient_quota" in (code, str(inner.get("type"))):
        return RemoteError(
            f"{to.host}: the account has no quota left ({status})",
            "top it up, then run again: what was answered is kept",
            status=status,
        )
    detail = f"{what}: {said}" if said else what
    return RequestError(
        detail,
        status=status,
        retry_after=seconds_to_wait(error.response.headers) if status in _AGAIN else None,
        retryable=status in _AGAIN,
    )
