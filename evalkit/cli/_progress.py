# SPDX-License-Identifier: Apache-2.0
"""Progress on standard error: a live line per model on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from evalkit.cli._run_line import LONG_WAIT, Pace, tally_line, waiting_line
from evalkit.core.printable import printable
from evalkit.core.strings import Language

if TYPE_CHECKING:
    from evalkit.evaluation.outlook.outlook import Outlook
    from evalkit.models.ask import Tally

__all__ = ["RunProgress"]

_QUIET_SECONDS = 30.0
_STOPPING = (
    "stopping: what is under way is finished and stored; once more ends at once",
    "正在停止：先完成并保存已发出的请求；再按一次立即结束",
)


class RunProgress:
    """Says what is ahead before the first request, then how far each model is.

    Attributes:
        last: How far each model is.
        ahead: What was said to be ahead; None before that.

    Args:
        language: Of the words.
        live: Whether to draw; None = where standard error is a terminal that can.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        language: Language,
        *,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._language = language
        self._live = _can_draw() if live is None else live
        self._clock = clock
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}
        self._paces: dict[str, Pace] = {}
        self._said: dict[str, float] = {}
        self._told: dict[str, Tally] = {}
        self._closed: dict[str, float] = {}
        self.last: dict[str, Tally] = {}
        self.ahead: Outlook | None = None

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
        for name, tally in self.last.items():
            if not self._live and _marks(self._told.get(name)) != _marks(tally):
                self._say(name, tally)  # it ended before its end: how far it came

    def outlook(self, ahead: Outlook) -> None:
        """What will be sent and what it can prove; the latter where anything will be asked."""
        from evalkit.evaluation.outlook.text import gate_lines, host_lines

        self.ahead = ahead
        lines = host_lines(ahead, self._language)
        if ahead.requests:
            lines += gate_lines(ahead, self._language)
        for line in lines:
            click.echo(line, err=True)

    def stopping(self) -> None:
        """The first Ctrl-C was heard."""
        click.echo(_STOPPING[self._language == "zh"], err=True)

    def next(self) -> Self:
        """One for the next suite, in the same words and manner."""
        return type(self)(self._language, live=self._live, clock=self._clock)

    def kept(self, command: str) -> str:
        """What an early end leaves: how many answers are kept, and the command that goes on.

        Args:
            command: To be typed again.
        """
        kept = sum(tally.done - tally.errors for tally in self.last.values())
        of = 0 if self.ahead is None else sum(host.answers for host in self.ahead.hosts)
        of = max(of, sum(tally.of for tally in self.last.values()))
        said = "{k} of {n} answers are stored; go on: {c}", "{n} 个回答中已保存 {k} 个；继续：{c}"
        line = said[self._language == "zh"]
        return line.format(k=f"{kept:,}", n=f"{of:,}", c=printable(command))

    def step(self, name: str, tally: Tally) -> None:
        """How far a model is: after each answer, and now and then while none comes."""
        pace = self._paces.setdefault(name, Pace(self._clock))
        pace.note(tally.done - tally.stored)
        self.last[name] = tally
        if self._live:
            self._draw(name, tally)
            return
        now = self._clock()
        until = now + tally.closed_for
        # A wait that was said may grow by a little without another word.
        waits = tally.closed_for > LONG_WAIT and until > self._closed.get(name, 0) + LONG_WAIT
        due = now - self._said.setdefault(name, now) >= _QUIET_SECONDS
        ended = tally.done == tally.of and _marks(self._told.get(name)) != _marks(tally)
        if due or ended:
            self._say(name, tally)
        if waits:
            self._closed[name] = until
            shown = waiting_line(tally.closed_for, self._language)
            click.echo(f"{printable(name)}: {shown}", err=True)

    def _say(self, name: str, tally: Tally) -> None:
        self._said[name] = self._clock()
        self._told[name] = tally
        shown = tally_line(tally, self._paces[name], self._language)
        click.echo(f"{printable(name)}: {shown}", err=True)

    def _draw(self, name: str, tally: Tally) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[line]}", markup=False),
                console=Console(stderr=True),
                refresh_per_second=5,
            )
            self._bar.start()
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(printable(name), total=tally.of, line="")
        line = tally_line(tally, self._paces[name], self._language)
        if tally.closed_for > LONG_WAIT:
            line += f" · {waiting_line(tally.closed_for, self._language)}"
        self._bar.update(self._tasks[name], completed=tally.done, total=tally.of, line=line)


def _marks(tally: Tally | None) -> tuple[int, int, int] | None:
    return None if tally is None else (tally.done, tally.of, tally.errors)


def _can_draw() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
