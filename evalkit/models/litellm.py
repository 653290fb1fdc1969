# SPDX-License-Identifier: Apache-2.0
"""Models by way of the package litellm: Bedrock, Vertex, Anthropic and what else it speaks.

`litellm/bedrock/anthropic.claude-…`: what follows the first slash is litellm's name of the model.
It finds keys by itself where `key_env` names none. Only its translation is used: not its retries,
caches, prices, callbacks or telemetry, and it loads no `.env` file.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

from evalkit.core.errors import MissingExtraError, RemoteError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.models import _chat
from evalkit.models._capabilities import CAPABILITIES
from evalkit.models._connection import NO_KEY, causes, connection_fault
from evalkit.models._endpoints import address
from evalkit.models._faults import FilteredError, RequestError, TimedOutError, without_secrets
from evalkit.models._gate import Gate
from evalkit.models._places import key_of
from evalkit.models._provided import Provided
from evalkit.models._refusals import refused
from evalkit.models.spec import ModelSpec

__all__ = ["litellm"]

_MOST_AT_ONCE = 32
_PATIENCE = 120.0
_BEFORE_IMPORT = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else importing it fetches a list from GitHub
    "LITELLM_MODE": "PRODUCTION",  # else importing it loads `.env` into the environment
}
# Ours to litellm's: sent only where it says that the model takes it.
_WANTED = {
    "logprobs": "logprobs",
    "tools": "tools",
    "seed": "seed",
    "response_format": "response_format",
}
_OPTIONAL = ("temperature", "seed", "logprobs", "top_logprobs")


@asynccontextmanager
async def litellm(model: str, spec: ModelSpec, name: str) -> AsyncIterator[Provided]:
    """Open a model by litellm's name of it; nothing is sent.

    Raises:
        UsageError: litellm does not know the provider, or `key_env` names no key.
        MissingExtraError: litellm is not installed.
    """
    library = _library()
    url = address(spec.url) if spec.url else None
    try:
        _, provider, _, base = library.get_llm_provider(model=model)
    except Exception as error:  # whatever it raises: the name is all that it was given
        raise UsageError(
            f"model `{name}`: litellm knows no provider for `{excerpt(model)}`",
            "write its name as litellm does: litellm/bedrock/MODEL, litellm/anthropic/MODEL, …",
        ) from error
    key, key_name = key_of(spec.key_env, f"model `{name}`")
    seconds = float(spec.options.get("timeout", _PATIENCE))
    taken = _taken(library, model)
    gate = Gate(
        most=int(spec.options.get("concurrency", _MOST_AT_ONCE)),
        requests_per_minute=spec.options.get("requests_per_minute"),
        tokens_per_minute=spec.options.get("tokens_per_minute"),
    )
    host = url.host if url else address(base).host if base else f"{provider}, by litellm"
    given: dict[str, Any] = {"api_base": url.url} if url else {}
    if key != NO_KEY:
        given["api_key"] = key

    async def answer(request: Request) -> Reply:
        body = _body(model, request, taken)
        try:
            response = await library.acompletion(
                **body, **given, timeout=seconds, max_retries=0, num_retries=0
            )
        except Exception as error:  # noqa: BLE001  its own kinds and its providers'
            fault = _fault(error, host, key=key, key_name=key_name, seconds=seconds)
            if isinstance(fault, FilteredError):
                return Reply(text="", finish="content_filter", refusal=fault.message)
            raise fault from None
        gate.heard(_headers(response))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydantic, about litellm's own types
            document = response.model_dump()
        return _chat.reply(document)

    try:
        lacking = {ours for ours, theirs in _WANTED.items() if theirs not in taken}
        capabilities = frozenset(CAPABILITIES) - lacking - {"batch"}
        yield Provided(
            answer=answer,
            identity=f"litellm {url.url + ' ' if url else ''}{model}",
            host=host,
            logprobs="logprobs" in capabilities,
            concurrency=gate.window.most,
            capabilities=capabilities,
            gate=gate,
        )
    finally:
        if close := getattr(library, "close_litellm_async_clients", None):
            with suppress(Exception):  # connections that are in no state to be closed
                await close()


def _library() -> Any:
    for name, value in _BEFORE_IMPORT.items():
        os.environ.setdefault(name, value)
    try:
        library: Any = import_module("litellm")
    except ImportError as error:
        raise MissingExtraError(
            "litellm", extra="litellm", purpose="ask models by way of it"
        ) from error
    library.telemetry = False
    library.suppress_debug_info = True  # it prints to the screen
    library.drop_params = False
    # Its log holds requests and headers, keys among them.
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return library


def _taken(library: Any, model: str) -> frozenset[str]:
    """Parameters that litellm says the model takes; all of ours where it says nothing."""
    try:
        known = library.get_supported_openai_params(model=model)
    except Exception:  # noqa: BLE001  a model that it does not list
        known = None
    return frozenset(known or (*_WANTED.values(), *_OPTIONAL))


def _body(model: str, request: Request, taken: frozenset[str]) -> dict[str, Any]:
    reasoning = "max_completion_tokens" in taken and "temperature" not in taken
    body = _chat.body(model, request, reasoning=reasoning)
    return {k: v for k, v in body.items() if k not in _OPTIONAL or k in taken or k in request.extra}


def _headers(response: Any) -> dict[str, str]:
    """The provider's own headers: litellm puts its mark before their names."""
    hidden = getattr(response, "_hidden_params", None)
    headers = hidden.get("additional_headers") if isinstance(hidden, Mapping) else None
    if not isinstance(headers, Mapping):
        return {}
    return {str(k).removeprefix("llm_provider-").lower(): str(v) for k, v in headers.items()}


def _fault(error: Exception, host: str, *, key: str, key_name: str, seconds: float) -> RemoteError:
    kind = type(error).__name__
    if kind in ("Timeout", "APITimeoutError", "TimeoutError"):
        return TimedOutError(f"no answer from {host} within {seconds:g} s", retryable=True)
    if unreachable := connection_fault(error, host):
        return unreachable
    said = str(getattr(error, "message", None) or error).rpartition("Exception - ")[2]
    if kind == "ContentPolicyViolationError":
        return FilteredError(without_secrets(said, key), status=400)
    status = getattr(error, "status_code", None)
    if not isinstance(status, int) or not 300 <= status <= 599:
        return RequestError(f"litellm: {without_secrets(f'{kind}: {said}', key)}")
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    codes = (getattr(cause, "code", None) for cause in causes(error))  # its own drop it
    words = (code for code in codes if isinstance(code, str) and not code.isdigit())
    document = {"error": {"message": said, "code": next(words, None)}}
    fault = refused(status, headers, document, host=host, sent=(key,), key_name=key_name)
    if status in (401, 403) and not key_name:
        fault.hint = "set the variable that litellm reads for this provider, or name one: key_env"
    return fault
