# SPDX-License-Identifier: Apache-2.0
"""llama.cpp's server inside this process: one per model file, whatever adapters go with it.

Base and tuned models share one server, which holds the weights once and switches adapters by
request. It starts with the first question, when every adapter of a run is known; one that comes
later starts it anew. The engine's API is thin and dated by month: it is used here only.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, finalize

from evalkit.core.errors import InputError, MissingExtraError

__all__ = ["Engine", "Running", "engine", "engine_version", "library"]


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class Running:
    """A server that listens.

    Attributes:
        url: "http://127.0.0.1:PORT", without /v1.
        key: Random, of this server only; never in an identity, a file or a message.
        adapters: Loaded ones, at their position = id.
        states: Folder of its saved states; it goes with the server.
        server: The engine's object; the server stops when it is let go.
    """

    url: str
    key: str
    adapters: tuple[Path, ...]
    states: Path
    server: Any = field(repr=False)


class Engine:
    """The server of one model file, started when first asked; made by `engine`."""

    def __init__(self, weights: Path, context: int) -> None:
        self._weights = weights
        self._context = context
        self._adapters: dict[Path, None] = {}
        self._running: Running | None = None
        self._starting = threading.Lock()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )
        self.users = 0

    def add(self, adapter: Path) -> None:
        """An adapter that requests will name."""
        self._adapters.setdefault(adapter)

    @property
    def turn(self) -> asyncio.Lock:
        """Held for one question: the server has one slot, and what is in it decides the speed."""
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def running(self) -> Running:
        """The server with all adapters, started if need be (about a second, in a thread).

        Raises:
            InputError: llama.cpp does not take the model or an adapter.
        """
        now = self._running
        if now is not None and now.adapters == tuple(self._adapters):
            return now
        return await asyncio.to_thread(self._start)

    def stop(self) -> None:
        """Let the server go, and what it saved."""
        if self._running is not None:
            shutil.rmtree(self._running.states, ignore_errors=True)
        self._running = None

    def _start(self) -> Running:
        with self._starting:
            adapters = tuple(self._adapters)
            if self._running is None or self._running.adapters != adapters:
                self._running = None  # first: two copies of the weights are one too many
                self._running = _start(self._weights, adapters, self._context)
            return self._running


_engines: dict[tuple[Path, int], Engine] = {}
_guard = threading.Lock()


@contextmanager
def engine(weights: Path, *, context: int) -> Iterator[Engine]:
    """The process's engine for a model file; it stops when the last block that uses it ends.

    Raises:
        MissingExtraError: xllamacpp is not installed.
    """
    library()
    key = (weights.resolve(), context)
    with _guard:
        shared = _engines.setdefault(key, Engine(weights, context))
        shared.users += 1
    try:
        yield shared
    finally:
        with _guard:
            shared.users -= 1
            if not shared.users:
                del _engines[key]
                shared.stop()


def engine_version() -> str | None:
    """The installed xllamacpp, without importing it; None where there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return None


def library() -> Any:
    """The engine, imported.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingExtraError(
            "xllamacpp", extra="local", purpose="run the local model"
        ) from error
    return xllamacpp


def _start(weights: Path, adapters: Sequence[Path], context: int) -> Running:
    llama = library()
    key = secrets.token_hex(16)
    params = llama.CommonParams()
    params.model.path = str(weights)
    params.n_ctx = context
    params.n_parallel = 1
    # One thread: with two, a spinning barrier makes every call ten times slower as soon as
    # anything else runs (measured 2026-11).
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_gpu_layers = 0
    params.cache_prompt = False  # what came before must not show in the last bits of an answer
    params.cache_ram_mib = 0
    states = tempfile.mkdtemp(prefix="evalkit-states-")
    params.slot_save_path = f"{states}{os.sep}"
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.ui = False
    params.verbosity = 0
    params.api_keys = [key]
    loaded = []
    for path in adapters:
        adapter = llama.CommonAdapterLoraInfo()
        adapter.path = str(path)
        adapter.scale = 1.0
        loaded.append(adapter)
    params.lora_adapters = loaded  # as a whole: what is appended to the property is lost
    try:
        server = llama.Server(params)
    except RuntimeError as error:
        shutil.rmtree(states, ignore_errors=True)
        with_them = f" with {', '.join(str(path) for path in adapters)}" if adapters else ""
        raise InputError(
            f"llama.cpp does not load {weights}{with_them}",
            "is the file whole, and was the adapter made for this model?",
        ) from error
    running = Running(
        url=server.listening_address,
        key=key,
        adapters=tuple(adapters),
        states=Path(states),
        server=server,
    )
    # One that is replaced goes when its last question is answered.
    finalize(running, shutil.rmtree, states, ignore_errors=True)
    return running
