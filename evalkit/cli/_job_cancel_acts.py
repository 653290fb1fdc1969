# SPDX-License-Identifier: Apache-2.0
"""What `evalkit job cancel`, `pause` and `resume` share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import click

from evalkit.cli._job_options import ChosenJob, chosen_job, json_text
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language, language

if TYPE_CHECKING:
    from evalkit.jobs.job import Job

__all__ = ["acted"]

Act = Literal["cancel", "pause", "resume"]
_SAID = ("{j}: {s}", "{j}：{s}")
_OVER = ("{j} has ended already: {s}", "{j} 已经结束：{s}")


def acted(act: Act, job: str, given: Mapping[str, Any], *, yes: bool = True) -> int:
    """Do it, and say how the job stands then.

    A job that has ended already is left alone: that is said, and is no error where it is what was
    asked for.

    Args:
        act: What to do.
        job: As on the command line.
        given: Its options.
        yes: Whether nobody is asked first.

    Raises:
        CannotError: The provider has no such thing.
        RemoteError: It refuses.
    """
    from evalkit.cli._job_watch_show import job_document, state_line
    from evalkit.evaluation._loop import finished

    chosen = chosen_job(job, given)
    spoken = language(given.get("lang"))
    over, found = finished(lambda: _done(act, chosen, spoken, yes=yes))
    if given.get("output_format") == "json":
        click.echo(json_text({"schema": 1, **job_document(found)}, indent=None))
    else:
        words = (_OVER if over else _SAID)[0 if spoken == "en" else 1]
        click.echo(words.format(j=excerpt(found.id, 80), s=state_line(found, spoken)))
    return 1 if over and not (act == "cancel" and found.state == "cancelled") else 0


async def _done(act: Act, chosen: ChosenJob, spoken: Language, *, yes: bool) -> tuple[bool, Job]:
    from evalkit.jobs.pace import Pace
    from evalkit.jobs.seam import CannotError, open_provider
    from evalkit.jobs.watching.watch import ended

    async with open_provider(chosen.target, chosen.where) as provider:
        if why := provider.lacks.get(act):
            raise CannotError(f"{chosen.target} cannot {act} a job: {why}", _instead(act))
        now = await Pace().insist(lambda: provider.job(chosen.job))
        # On this machine a job whose trainer was killed goes on from what it kept.
        killed = act == "resume" and now.state == "failed" and provider.host is None
        if ended(now) and not killed:
            return True, now
        if not yes:
            _ask(now, spoken)
        found = await {"cancel": provider.cancel, "pause": provider.pause,
                       "resume": provider.resume}[act](chosen.job)  # fmt: skip
        return False, found


def _instead(act: Act) -> str:
    if act == "cancel":
        return "stop it on the provider's web page"
    return "`evalkit job cancel` ends a job for good; what was trained by then is billed"


def _ask(job: Job, spoken: Language) -> None:
    """Ask whether to go on.

    Raises:
        click.Abort: No.
    """
    from evalkit.cli._job_watch_show import state_line

    name, state = excerpt(job.id, 80), state_line(job, spoken)
    click.confirm(
        f"cancel {name} ({state}) for good? what was trained so far is billed"
        if spoken == "en"
        else f"确定取消 {name}（{state}）吗？此前的训练仍会计费",
        abort=True,
        err=True,
    )
