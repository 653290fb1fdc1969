# SPDX-License-Identifier: Apache-2.0
"""Models behind the protocol of OpenAI's chat completions: hosted ones and any base URL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models import _chat
from evalkit.models._connection import NO_KEY, connection
from evalkit.models._endpoints import Endpoint, address, endpoints
from evalkit.models._provided import Provided
from evalkit.models.spec import ModelSpec

__all__ = ["openai_compatible"]

_CONCURRENCY = 8


@asynccontextmanager
async def openai_compatible(model: str, spec: ModelSpec, name: str) -> AsyncIterator[Provided]:
    """Open "PROVIDER/MODEL", or MODEL at the `url` of the specification.

    The key comes from the environment variable `key_env`, by default the provider's own. A server
    given by `url` gets no key that was not named for it: OPENAI_API_KEY is not for strangers.

    Raises:
        UsageError: No key, no address.
        MissingExtraError: The `openai` package is not there.
    """
    head, _, rest = model.partition("/")
    known = endpoints().get(head)
    url, endpoint = _address(spec, head, known, name)
    model = rest if known is not None else model
    key, key_name = _key(spec, endpoint, name)
    to = address(url)
    reasoning = _chat.reasons(spec.is_ or model)
    seconds = float(spec.options.get("timeout", 120.0))
    openai_itself = head == "openai" and spec.url is None
    async with connection(
        to, key=key, key_name=key_name, organization=openai_itself, seconds=seconds
    ) as post:

        async def answer(request: Request) -> Reply:
            body = _chat.body(model, request, reasoning=reasoning)
            return _chat.reply(await post("/chat/completions", body))

        yield Provided(
            answer=answer,
            identity=f"{to.url} {model}",
            host=to.host,
            logprobs=not reasoning,
            concurrency=_CONCURRENCY,
        )


def _address(
    spec: ModelSpec, head: str, known: Endpoint | None, name: str
) -> tuple[str, Endpoint | None]:
    """The base URL, and the provider whose key goes there by default."""
    if spec.url is not None:
        return spec.url, None
    # The client's own variable: whoever sets it means OpenAI's key for that address.
    if head == "openai" and (url := os.environ.get("OPENAI_BASE_URL")):
        return url, known
    if known is None or known.base_url is None:
        raise UsageError(
            f"model `{name}`: {head} has no address of its own",
            "give the base URL of your deployment: url: https://…/v1",
        )
    return known.base_url, known


def _key(spec: ModelSpec, endpoint: Endpoint | None, name: str) -> tuple[str, str]:
    """The key and its variable's name; both say "none" where the server is asked without one."""
    variable = spec.key_env or (endpoint.key_env if endpoint else None)
    if variable is None:
        return NO_KEY, ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise UsageError(
            f"model `{name}` needs a key: the environment variable {variable} is not set",
            f"set {variable}, or name another variable: key_env: MY_KEY",
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UsageError(
            f"the environment variable {variable} does not hold a key: blanks, line breaks or "
            "letters that no key has",
            f"set {variable} again, without quotes or line breaks",
        )
    return key, variable
