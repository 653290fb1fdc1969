# SPDX-License-Identifier: Apache-2.0
"""The local model, with or without a LoRA adapter: a real model without a key or a GPU."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from math import exp, fsum
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.models import _chat
from evalkit.models._connection import Connection, connection
from evalkit.models._endpoints import address
from evalkit.models._engine import Engine, Running, engine
from evalkit.models._prefix import Prefixes
from evalkit.models._provided import Provided
from evalkit.models._weights import SMOLLM2, find_weights, gguf_digest

__all__ = ["local"]

_CONTEXT = 2_048
_PATIENCE = 600.0  # a slow machine under load is no error
_CAPABILITIES = frozenset({"logprobs", "tools", "seed", "response_format", "system"})
_SEEN = 20  # alternatives per position that show how much mass the labels have
# Lifts every label by the same factor and leaves 1e-41 for all else: the softmax over the labels'
# first tokens comes out exactly (checked against the full vocabulary's log probabilities).
_BIAS = 100


@asynccontextmanager
async def local(model: str, folder: Path) -> AsyncIterator[Provided]:
    """Open "smollm2", "smollm2+ADAPTER.gguf" or "MODEL.gguf[+ADAPTER.gguf]".

    Files are relative to `folder`. All models of a process with the same weights are one server.
    For `Request.labels` the reply has `probabilities` (softmax over the labels' first tokens,
    None where two labels share theirs) and `covered` (their mass among the 20 likeliest tokens).

    Raises:
        UsageError: No such model.
        MissingWeightsError: The weights are not on this machine.
        MissingExtraError: xllamacpp or openai is not installed.
        InputError: A file is missing or no GGUF file.
    """
    base, _, tuned = model.partition("+")
    weights = _weights(base, folder)
    adapter = folder / tuned if tuned else None
    identity = f"local {gguf_digest(weights)}"
    if adapter is not None:
        identity += f" + {gguf_digest(adapter)} x 1"
    with engine(weights, context=_CONTEXT) as shared:
        if adapter is not None:
            shared.add(adapter)
        async with AsyncExitStack() as stack:
            client = _Client(shared, stack)

            async def answer(request: Request) -> Reply:
                async with shared.turn:
                    return await _answer(await client.ready(), request, adapter)

            async def ready(_requests: Sequence[Request]) -> None:
                await client.ready()  # its start is no answer's time

            yield Provided(
                answer=answer,
                identity=identity,
                logprobs=True,
                concurrency=1,
                ready=ready,
                capabilities=_CAPABILITIES,
            )


def _weights(base: str, folder: Path) -> Path:
    if base == SMOLLM2.name:
        return find_weights()[0]
    if base.endswith(".gguf"):
        return folder / base
    raise UsageError(
        f"no local model `{excerpt(base)}`", "use local:smollm2, or a file: local:MODEL.gguf"
    )


class _Connected:
    """A running server, how to post to it, and the labels' tokens that it told."""

    def __init__(self, running: Running, to: Connection) -> None:
        self.running = running
        self._to = to
        self.prefixes = Prefixes(running.states, running.url, self.post)
        self._first: dict[str, tuple[int, str]] = {}

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON of the answer."""
        return (await self._to.post(path, body)).document

    async def first_token(self, label: str) -> tuple[int, str]:
        """Id and text of a label's first token, as it stands at the start of an answer."""
        if label not in self._first:
            body = {"content": label, "add_special": False, "with_pieces": True}
            told = (await self.post(f"{self.running.url}/tokenize", body))["tokens"][0]
            piece = told["piece"]  # a list of bytes where they are no text by themselves
            text = piece if isinstance(piece, str) else bytes(piece).decode("utf-8", "replace")
            self._first[label] = (told["id"], text)
        return self._first[label]


class _Client:
    """Follows the engine when it starts anew."""

    def __init__(self, shared: Engine, stack: AsyncExitStack) -> None:
        self._shared = shared
        self._stack = stack
        self._connected: _Connected | None = None

    async def ready(self) -> _Connected:
        running = await self._shared.running()
        if self._connected is None or self._connected.running is not running:
            to = await self._stack.enter_async_context(
                connection(
                    # Its port is another one each time and has no place in a message.
                    replace(address(f"{running.url}/v1"), host="the local model"),
                    key=running.key,
                    seconds=_PATIENCE,
                )
            )
            self._connected = _Connected(running, to)
        return self._connected


async def _answer(to: _Connected, request: Request, adapter: Path | None) -> Reply:
    switches: dict[str, Any] = {}
    if to.running.adapters:
        switches["lora"] = [
            {"id": n, "scale": float(path == adapter)} for n, path in enumerate(to.running.adapters)
        ]
    wanted = request.top_logprobs
    if request.labels:
        request = replace(request, top_logprobs=max(wanted, _SEEN))
    from_state = await to.prefixes.restored(request, switches)
    body = {**_chat.body("local", request), **switches, "cache_prompt": from_state}
    reply = _chat.reply(await to.post("/chat/completions", body))
    reply = replace(reply, model=None)  # the server repeats the name it was asked by
    if not request.labels:
        return reply
    tokens = [await to.first_token(label) for label in request.labels]
    covered = _mass(reply, {text for _, text in tokens})
    if not wanted:
        reply = replace(reply, positions=())
    if len({token for token, _ in tokens}) < len(tokens):
        return replace(reply, covered=covered)  # labels that begin alike cannot be told apart here
    probabilities = await _choice(to, request, switches, [token for token, _ in tokens])
    return replace(
        reply,
        probabilities=dict(zip(request.labels, probabilities, strict=True)),
        covered=covered,
    )


async def _choice(
    to: _Connected, request: Request, switches: Mapping[str, Any], tokens: Sequence[int]
) -> list[float]:
    """Softmax of the model's own logits over the tokens, at the first place of the answer."""
    body = {
        **_chat.body("local", replace(request, max_tokens=1, temperature=1.0, tools=())),
        **switches,
        "cache_prompt": True,  # the prompt was just worked out; nothing else is in the slot
        "logit_bias": {str(token): _BIAS for token in tokens},
        "samplers": [],  # no top-k, no top-p: nothing may be cut
        "post_sampling_probs": True,
        "logprobs": True,
        "top_logprobs": len(tokens),
    }
    document = await to.post("/chat/completions", body)
    told = document["choices"][0]["logprobs"]["content"][0]["top_probs"]
    shares = {entry["id"]: float(entry["prob"]) for entry in told}
    total = fsum(shares.get(token, 0.0) for token in tokens)
    return [shares.get(token, 0.0) / total for token in tokens]


def _mass(reply: Reply, texts: set[str]) -> float:
    """What the model itself gives the labels' first tokens, among its likeliest ones."""
    if not reply.positions:
        return 0.0
    return min(1.0, fsum(exp(p) for token, p in reply.positions[0].top if token in texts))
