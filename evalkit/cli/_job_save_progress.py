# SPDX-License-Identifier: Apache-2.0
"""How far a download is, on standard error: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from evalkit.core.printable import excerpt
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.jobs.archive.save import Step

__all__ = ["SaveProgress", "amount"]

_QUIET_SECONDS = 30.0
_WORDS = {
    "job": ("configuration", "配置"),
    "order": ("order", "订单"),
    "events": ("events", "事件"),
    "checkpoints": ("checkpoints", "检查点"),
    "training": ("training file", "训练文件"),
    "validation": ("validation file", "验证文件"),
    "result": ("file of results", "结果文件"),
}


class SaveProgress:
    """Shows steps; nothing of files that are here within a moment, elsewhere than on a terminal."""

    def __init__(self, language: Language) -> None:
        """Show nothing yet."""
        self._at = 0 if language == "en" else 1
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._bar: Any = None
        self._task: tuple[str, Any] | None = None
        self._said = time.monotonic()

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

    def word(self, what: str) -> str:
        """What a part is called."""
        return _WORDS.get(what, (what, what))[self._at]

    def step(self, step: Step) -> None:
        """How far a file is."""
        name = f"{excerpt(step.job, 40)} {self.word(step.what)}"
        if self._live:
            self._draw(name, step)
            return
        now = time.monotonic()
        if now - self._said >= _QUIET_SECONDS:
            self._said = now
            of = f" / {amount(step.of)}" if step.of else ""
            click.echo(f"{name}: {amount(step.bytes)}{of}", err=True)

    def _draw(self, name: str, step: Step) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                refresh_per_second=5,
                transient=True,
            )
            self._bar.start()
        if self._task is None or self._task[0] != name:
            if self._task is not None:
                self._bar.remove_task(self._task[1])
            self._task = name, self._bar.add_task(name, total=step.of)
        self._bar.update(self._task[1], completed=step.bytes, total=step.of)


def amount(size: int) -> str:
    """Bytes for people: 812 B, 3.4 kB, 12.0 MB."""
    if size < 1000:
        return f"{size} B"
    shown = size / 1000
    for unit in ("kB", "MB"):
        if shown < 1000:
            return f"{shown:.1f} {unit}"
        shown /= 1000
    return f"{shown:.1f} GB"
