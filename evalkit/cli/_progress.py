# SPDX-License-Identifier: Apache-2.0
"""Progress on standard error: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.models.open import OpenModel

__all__ = ["RunProgress"]

_QUIET_SECONDS = 30.0


class RunProgress:
    """Says who is asked before the first request, then how far each model is.

    Args:
        language: Of the words.
    """

    def __init__(self, language: Language) -> None:
        self._zh = language == "zh"
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._said: dict[str, float] = {}
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def announce(self, name: str, model: OpenModel) -> None:
        """One line per model: what it is and where its questions go."""
        here = "本机" if self._zh else "on this machine"
        where = model.host or here
        click.echo(f"{name}: {printable(model.spec.use)} → {where}", err=True)

    def step(self, name: str, done: int, total: int, cached: int, errors: int) -> None:
        """Called after each answer."""
        if sys.stderr.isatty():
            self._live(name, done, total, errors)
            return
        now = time.monotonic()
        if done == total or now - self._said.get(name, self._start) > _QUIET_SECONDS:
            self._said[name] = now
            stored = f", {cached} {'已存' if self._zh else 'stored'}" if cached else ""
            failed = f", {errors} {'出错' if self._zh else 'failed'}" if errors else ""
            click.echo(f"{name}: {done}/{total}{stored}{failed}", err=True)

    def _live(self, name: str, done: int, total: int, errors: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[failed]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total, failed="")
        failed = f"{errors} {'出错' if self._zh else 'failed'}" if errors else ""
        self._bar.update(self._tasks[name], completed=done, failed=failed)
