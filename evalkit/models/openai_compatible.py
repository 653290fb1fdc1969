# SPDX-License-Identifier: Apache-2.0
"""Models behind OpenAI's protocol: hosted ones, Azure's, and any server that speaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models import _chat, _completions
from evalkit.models._capabilities import CAPABILITIES
from evalkit.models._connection import Connection, connection
from evalkit.models._endpoints import Endpoint
from evalkit.models._faults import FilteredError, RequestError, without_secrets
from evalkit.models._gate import gate_for
from evalkit.models._places import Place, place
from evalkit.models._provided import Provided
from evalkit.models.spec import ModelSpec

__all__ = ["openai_compatible"]

MOST_AT_ONCE = 64  # under way, unless the suite says otherwise; the gate finds out how many do good
_PATIENCE = 120.0

Body = Callable[[Request], Mapping[str, Any]]
Read = Callable[[Any], Reply]


@asynccontextmanager
async def openai_compatible(model: str, spec: ModelSpec, name: str) -> AsyncIterator[Provided]:
    """Open "PROVIDER/MODEL", or MODEL at the `url` of the specification; nothing is sent.

    Raises:
        UsageError: No key, no address, or a protocol that the provider does not have.
        MissingExtraError: The `openai` package is not there.
    """
    at = place(model, spec, name)
    known_as = spec.is_ or at.model
    api = spec.api or ("completions" if _completions.older(known_as) else "chat")
    if api not in at.endpoint.apis:
        raise UsageError(
            f"model `{name}`: {at.to.host} has no {api}", f"it has: {', '.join(at.endpoint.apis)}"
        )
    reasoning = _chat.reasons(known_as)
    path, body, read = _protocol(api, at, reasoning=reasoning)
    options = spec.options
    gate = gate_for(
        at.to.url,
        at.model,
        most=int(options.get("concurrency", MOST_AT_ONCE)),
        requests_per_minute=options.get("requests_per_minute"),
        tokens_per_minute=options.get("tokens_per_minute"),
    )
    async with connection(
        at.to,
        key=at.key,
        key_name=at.key_name,
        key_header=at.key_header,
        organization=at.openai,
        seconds=float(options.get("timeout", _PATIENCE)),
        heard=gate.heard,
    ) as to:
        safely = _masking(read, to.secrets)

        async def answer(request: Request) -> Reply:
            try:
                return safely((await to.post(path, body(request))).document)
            except FilteredError as refusal:
                return Reply(text="", finish="content_filter", refusal=refusal.message)

        capabilities = _capabilities(at.endpoint, api, reasoning=reasoning)
        yield Provided(
            answer=answer,
            identity=f"{at.to.url} {at.model}{' completions' if api != 'chat' else ''}",
            host=at.to.host,
            logprobs="logprobs" in capabilities,
            concurrency=gate.window.most,
            capabilities=capabilities,
            gate=gate,
            batch=_batch(to, at.endpoint, body, safely) if "batch" in capabilities else None,
        )


def _protocol(api: str, at: Place, *, reasoning: bool) -> tuple[str, Body, Read]:
    """Path, request to body, and JSON to reply."""
    if api == "completions":
        body = partial(_completions.body, at.model, endpoint=at.endpoint)
        return "/completions", body, _completions.reply
    body = partial(_chat.body, at.model, reasoning=reasoning, endpoint=at.endpoint)
    return "/chat/completions", body, _chat.reply


def _capabilities(endpoint: Endpoint, api: str, *, reasoning: bool) -> frozenset[str]:
    lacks = set(endpoint.lacks)
    if not endpoint.seed:
        lacks.add("seed")
    if not endpoint.batches or api != "chat":
        lacks.add("batch")
    if reasoning:
        lacks.add("logprobs")
    if api == "completions":
        lacks |= {"tools", "response_format"}
    return frozenset(CAPABILITIES) - lacks


def _masking(read: Read, secrets: tuple[str, ...]) -> Read:
    """With none of the secrets in what it raises: an error may stand in a good answer too."""

    def safely(document: Any) -> Reply:
        try:
            return read(document)
        except RequestError as fault:
            said = without_secrets(fault.message, *secrets)
            raise RequestError(said, retryable=fault.retryable) from None

    return safely


def _batch(to: Connection, endpoint: Endpoint, body: Body, read: Read) -> Any:
    if not to.to.url.endswith("/v1"):
        return None  # Azure's older addresses are one deployment's: files are not below them
    from evalkit.models._batch_route import batch_route

    return batch_route(to, endpoint.batches, body=body, reply=read)
