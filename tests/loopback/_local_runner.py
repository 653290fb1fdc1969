# SPDX-License-Identifier: Apache-2.0
"""A `runner` that really trains: evalkit's own local training, served by its own local model.

`server.fine_tuning.runner = local_runner(folder)`, where torch and the local model are installed.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ._training import Run
from ._training_metrics import Row

__all__ = ["local_runner"]


def local_runner(folder: Path, **hyperparameters: Any) -> Callable[..., Any]:
    """A runner; adapters are kept in the folder.

    Args:
        folder: For the adapters.
        hyperparameters: Of the training, in place of the order's: small ones make tests short.
    """

    def runner(run: Run, report: Callable[[Row], None]) -> Callable[..., str] | None:
        from evalkit.jobs.training.quick import train_bytes

        trained = train_bytes(
            run.train,
            run.validation,
            {**run.more["given"], **hyperparameters},
            seed=run.order.get("seed"),
            report=lambda row: report(dict(row)),
            stopping=run.stop.is_set,
        )
        if trained is None:
            return None
        run.adapter = trained.adapter
        run.epochs = int(trained.hyperparameters["n_epochs"])
        path = folder / f"{run.id}.gguf"
        path.write_bytes(trained.adapter)
        return _Answers(path)

    return runner


class _Answers:
    """Messages to the text of the local model with an adapter, on an event loop of its own."""

    def __init__(self, adapter: Path) -> None:
        self._adapter = adapter
        self._lock = threading.Lock()
        self._ask: Callable[[list[dict[str, Any]]], str] | None = None

    def __call__(self, messages: list[dict[str, Any]]) -> str:
        with self._lock:  # the model starts with the first question, once
            if self._ask is None:
                self._ask = self._started()
        return self._ask(messages)

    def _started(self) -> Callable[[list[dict[str, Any]]], str]:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        ready: Future[Any] = Future()
        enough = asyncio.Event()
        served = asyncio.run_coroutine_threadsafe(self._serve(ready, enough), loop)
        model = ready.result()

        def close() -> None:
            loop.call_soon_threadsafe(enough.set)
            served.result(10)
            loop.call_soon_threadsafe(loop.stop)

        atexit.register(close)

        def ask(messages: list[dict[str, Any]]) -> str:
            from evalkit.core.exchange import Request

            request = Request(messages=messages, max_tokens=64, temperature=0.0)
            asked = asyncio.run_coroutine_threadsafe(model.answer(request), loop)
            return str(asked.result().text)

        return ask

    async def _serve(self, ready: Future[Any], enough: asyncio.Event) -> None:
        """Keep the model open until the process ends."""
        from evalkit.models.open import open_model
        from evalkit.models.spec import parse_spec

        try:
            spec = parse_spec(f"local:smollm2+{self._adapter.name}", where="the loopback server")
            async with open_model(spec, name="tuned", folder=self._adapter.parent) as model:
                ready.set_result(model)
                await enough.wait()
        except BaseException as error:
            ready.set_exception(error)
            raise
