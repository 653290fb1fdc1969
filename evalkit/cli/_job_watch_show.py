# SPDX-License-Identifier: Apache-2.0
"""A job that is followed: a live line on a terminal, plain lines elsewhere, or JSON lines."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import click

from evalkit.cli._job_options import json_text
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.outlook.text import span
from evalkit.jobs.job import Event, Job
from evalkit.jobs.results.words import figure, state_name
from evalkit.jobs.watching.progress import Progress, progressed
from evalkit.jobs.watching.watch import Away, Back, Happened, Looked, Notice, ended

if TYPE_CHECKING:
    from rich.live import Live

__all__ = ["JsonLines", "Lines", "Shows", "can_draw", "event_document", "job_document"]

_QUIET_SECONDS = 30.0  # between lines of progress where nothing is drawn
_TENTH = 0.1
_LONGEST = 300  # letters of an event
_WORDS = {
    "step": ("step {s}", "第 {s} 步"),
    "step_of": ("step {s} of {n}", "第 {s} 步，共 {n} 步"),
    "train_loss": ("training loss {v}", "训练损失 {v}"),
    "train_accuracy": ("token accuracy {v}", "token 准确率 {v}"),
    "valid_loss": ("validation loss {v}", "验证损失 {v}"),
    "full_valid_loss": ("whole validation loss {v}", "全集验证损失 {v}"),
    "tokens": ("{n} tokens", "{n} token"),
    "left": ("{t} left", "还需 {t}"),
    "away": (
        "{m}; the job goes on, looking again in {t}",
        "{m}；任务仍在进行，{t}后重试",
    ),
    "back": ("connected again after {t}", "{t}后已重新连接"),
    "state": ("{j}: {s}", "{j}：{s}"),
    "paused": (
        "it is paused and waits until somebody lets it go on: {c}",
        "任务已暂停，等待恢复：{c}",
    ),
    "unknown": (
        "{s} is no state that evalkit knows: looking on, ever less often, until the job has an end",
        "evalkit 不认识状态 {s}：将以越来越长的间隔继续查看，直到任务结束",
    ),
    "unknown_state": ("unknown state", "未知状态"),
}
# Providers' words that say no more than ours.
_ALIKE = {
    "validating": ("validating files", "started", "created"),
    "queued": ("pending",),
    "succeeded": ("completed", "success"),
    "cancelled": ("canceled",),
    "failed": ("error",),
}
_SHOWN = ("train_loss", "train_accuracy", "valid_loss", "full_valid_loss")


class Shows(Protocol):
    """What shows a job."""

    progress: Progress

    def __call__(self, notice: Notice) -> None:
        """Show a notice."""

    def close(self) -> None:
        """Nothing more will come."""


class Lines:
    """Lines of text; on a terminal with a live one below them.

    Attributes:
        progress: How far it is.
    """

    def __init__(
        self,
        language: Language,
        *,
        steps: int | None = None,
        all_events: bool = False,
        resume: str | None = None,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show nothing yet.

        Args:
            language: Of the words.
            steps: In all, as reckoned before the order.
            all_events: A line for events of single steps too.
            resume: The command that lets a paused job go on; None = without options.
            live: Whether to draw; None = where standard error is a terminal that can.
            clock: Seconds, monotonic.
        """
        self.progress = Progress(of=steps)
        self._at = 0 if language == "en" else 1
        self._language = language
        self._all = all_events
        self._resume = resume
        self._draws = can_draw() if live is None else live
        self._live: Live | None = None
        self._clock = clock
        self._said = ""
        self._said_at = float("-inf")
        self._said_share = -1.0
        self._unsaid = False
        self._job: Job | None = None

    def __call__(self, notice: Notice) -> None:
        """Show a notice; it is on the screen, or in the file, on return."""
        if isinstance(notice, Looked):
            self._looked(notice)
        elif isinstance(notice, Happened):
            self._happened(notice.event)
        elif isinstance(notice, Away):
            why, wait = printable(notice.fault.message), span(notice.wait, self._language)
            self._say(self._word("away", m=why, t=wait), trouble=True)
        elif isinstance(notice, Back):
            self._say(self._word("back", t=span(notice.seconds, self._language)), trouble=True)
        self._refresh()

    def close(self) -> None:
        """Take the live line away; where none was drawn, say the last step if it was not said."""
        if self._unsaid and self._job is not None and ended(self._job):
            self._unsaid = False
            self._say(self.line())
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _looked(self, notice: Looked) -> None:
        job, before = notice.job, notice.before
        self._job = job
        if ended(job):
            return  # how it ended is said at the end
        if before is None or (before.state, before.said) != (job.state, job.said):
            self._say(self._word("state", j=excerpt(job.id, 60), s=state_line(job, self._language)))
            if job.state == "paused":  # it may stay so for ever
                usual = f"evalkit job resume {shlex.quote(printable(job.id))}"
                self._say(self._word("paused", c=self._resume or usual), trouble=True)
            elif not job.known:
                said = f"`{excerpt(job.said, 40)}`"
                self._say(self._word("unknown", s=said), trouble=True)

    def _happened(self, event: Event) -> None:
        self.progress = progressed(self.progress, event)
        if event.step is None or event.level != "info" or self._all:
            self._say(event_line(event))
        elif not self._draws:
            self._step()

    def _step(self) -> None:
        """Now and then a line: each half minute, or each tenth of the way."""
        share, now = self.progress.share, self._clock()
        further = share is not None and (share >= self._said_share + _TENTH or share == 1.0)
        if not further and now - self._said_at < _QUIET_SECONDS:
            self._unsaid = True
            return
        self._unsaid = False
        self._said_at, self._said_share = now, share if share is not None else -1.0
        line = self.line()
        if line and line != self._said:
            self._said = line
            self._say(line)

    def line(self) -> str:
        """How far it is, in one line."""
        return " · ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        progress, job = self.progress, self._job
        over = job is not None and ended(job)  # what is told now happened before: its end is not
        past = over and (progress.share or 1.0) < 1.0
        if job is not None and not past:
            yield _state(job, self._language)
        if progress.step is not None:
            key = "step" if not progress.of else "step_of"
            yield self._word(key, s=f"{progress.step:,}", n=f"{progress.of or 0:,}")
        for meaning in _SHOWN:
            if (value := progress.metrics.get(meaning)) is not None:
                shown = f"{100 * value:.1f}%" if meaning == "train_accuracy" else figure(value)
                yield self._word(meaning, v=shown)
        if job is None or past:
            return
        if job.trained_tokens:
            yield self._word("tokens", n=f"{job.trained_tokens:,}")
        left = progress.left(job, time.time())
        if left is not None:
            yield self._word("left", t=span(left, self._language))

    def _say(self, line: str, *, trouble: bool = False) -> None:
        """A line that stays: of what happened on standard output, of trouble on standard error."""
        if self._live is not None and (trouble or sys.stdout.isatty()):
            from rich.text import Text

            self._live.console.print(Text(line))
            return
        click.echo(line, err=trouble)
        (sys.stderr if trouble else sys.stdout).flush()

    def _refresh(self) -> None:
        if not self._draws or self._job is None or ended(self._job):
            return
        from rich.text import Text

        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Text(self.line(), style="bold"), refresh=True)

    def _word(self, key: str, **values: object) -> str:
        return _WORDS[key][self._at].format(**values)


class JsonLines:
    """One JSON object a line, on standard output: all that happens, events of steps too.

    Attributes:
        progress: How far it is.
    """

    def __init__(self, *, steps: int | None = None) -> None:
        """Show nothing yet."""
        self.progress = Progress(of=steps)

    def __call__(self, notice: Notice) -> None:
        """Write a notice."""
        if isinstance(notice, Looked):
            before = notice.before
            if before is None or job_document(before) != job_document(notice.job):
                self.write({"type": "job", **job_document(notice.job)})
        elif isinstance(notice, Happened):
            self.progress = progressed(self.progress, notice.event)
            self.write({"type": "event", **event_document(notice.event)})
        elif isinstance(notice, Away):
            self.write(
                {
                    "type": "away",
                    "message": notice.fault.message,
                    "seconds": round(notice.wait, 3),
                    "tries": notice.tries,
                }
            )
        else:
            self.write({"type": "back", "seconds": round(notice.seconds, 3)})

    def write(self, document: dict[str, Any]) -> None:
        """One line, flushed."""
        click.echo(json_text({"schema": 1, **document}, indent=None))
        sys.stdout.flush()

    def close(self) -> None:
        """Nothing is open."""


def state_line(job: Job, language: Language) -> str:
    """The state in words; the provider's own word beside it where that may say something else."""
    name = _state(job, language)
    plain = job.said.lower().removeprefix("job_state_").replace("_", " ")
    if plain in ("", job.state, *_ALIKE.get(job.state, ())):
        return name
    return f"{name} ({excerpt(job.said, 40)})"


def _state(job: Job, language: Language) -> str:
    if job.known or ended(job):
        return state_name(job.state).plain(language)
    return _WORDS["unknown_state"][0 if language == "en" else 1]


def event_line(event: Event) -> str:
    """Time and words of an event, on one line."""
    mark = {"warn": "! ", "error": "!! "}.get(event.level, "")
    text = excerpt(event.text, _LONGEST)
    if event.time <= 0:
        return f"{mark}{text}"
    try:
        clock = time.strftime("%H:%M:%S", time.localtime(event.time))
    except (OverflowError, ValueError, OSError):
        return f"{mark}{text}"
    return f"{clock}  {mark}{text}"


def event_document(event: Event) -> dict[str, Any]:
    """An event as JSON."""
    return {
        "id": event.id,
        "time": event.time,
        "level": event.level,
        "text": event.text,
        "step": event.step,
        "metrics": dict(event.metrics),
    }


def job_document(job: Job) -> dict[str, Any]:
    """How a job stands, as JSON."""
    error = None
    if job.error is not None:
        error = {"code": job.error.code, "message": job.error.message, "param": job.error.param}
    return {
        "job": job.id,
        "target": job.target,
        "model": job.model,
        "state": job.state,
        "said": job.said,
        "known": job.known,
        "created": job.created,
        "finished": job.finished,
        "estimated_finish": job.estimated_finish,
        "tuned_model": job.tuned_model,
        "trained_tokens": job.trained_tokens,
        "error": error,
    }


def can_draw() -> bool:
    """Whether standard error is a terminal that can move its cursor."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
