# SPDX-License-Identifier: Apache-2.0
"""SET012."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from evalkit.core.finding import Fault
from evalkit.lint.phrase import Phrase
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["retired_model"]


_HOW = {
    False: Phrase(
        "choose a newer model: evalkit estimate lists what each costs",
        "请换较新的模型：evalkit estimate 会列出各自的费用",
    ),
    True: Phrase(
        "start the job before then, or see who else takes the data: --target all",
        "请在此之前提交任务，或用 --target all 查看其他平台",
    ),
}


@rule(
    "SET012",
    scope="file",
    severity="warning",
    en="{what:en}; {how:en}",
    zh="{what:zh}；{how:zh}",
)
def retired_model(
    file: FileReport,
    *,
    model_name: str = "",
    retires: date | str | None = None,
    last_training: date | str | None = None,
    today: date | str | None = None,
    soon: int = 90,
    whole_target: bool = False,
) -> Iterator[Fault]:
    """## What it does
    Finds that the model to train (`--model`) has been retired or takes no new jobs on the day of the
    lint, or will within 90 days (option `soon`). The dates are those of the target's model card.
    Without a model, the day counts from which on the target takes no new job at all. Silent where no
    date is known.
    ## Why is this bad?
    The job is refused, or what it made stops answering soon after.
    ## References
    OpenAI's deprecations page: tuned models of a retired base stop with it.
    """
    now, end, last = _day(today), _day(retires), _day(last_training)
    if now is None or not file.examples:
        return
    name = model_name or "the model"
    named = model_name or "该模型"
    if end is not None and end <= now:
        what = Phrase(f"{name} was retired on {end}", f"{named} 已于 {end} 停用")
    elif last is not None and last <= now:
        what = Phrase(
            f"{name} has taken no new jobs since {last}", f"{named} 自 {last} 起不再接受新任务"
        )
    elif last is not None and (last - now).days <= soon:
        what = Phrase(
            f"{name} takes no new jobs from {last} on, in {_days(last, now)}",
            f"{named} 自 {last} 起不再接受新任务，还有 {(last - now).days} 天",
        )
    elif end is not None and (end - now).days <= soon:
        what = Phrase(
            f"{name} will be retired on {end}, in {_days(end, now)}",
            f"{named} 将于 {end} 停用，还有 {(end - now).days} 天",
        )
    else:
        return
    yield Fault(args={"what": what, "how": _HOW[whole_target]})


def _days(day: date, now: date) -> str:
    left = (day - now).days
    return f"{left} day{'' if left == 1 else 's'}"


def _day(given: date | str | None) -> date | None:
    if isinstance(given, str):
        return date.fromisoformat(given)
    return given.date() if isinstance(given, datetime) else given
