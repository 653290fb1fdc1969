# SPDX-License-Identifier: Apache-2.0
"""A suite with what the caller says over it, and sums and times as callers write them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from evalkit.core.dollars import dollars as core_dollars
from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.evaluation.questions import TURNS
from evalkit.evaluation.suite import Suite, cut_to
from evalkit.models.ask import IfMaybePaid, Terms
from evalkit.models.budget import Budget
from evalkit.models.spec import ModelSpec

__all__ = ["adjusted", "dollars", "seconds_in", "terms_of"]

_MOST_REPEATS = 100
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])\s*")
# What is on this machine and computes, or reads, by itself: more at once does not help it.
_ALONE = ("local:", "baseline:", "replay:")


def adjusted(
    suite: Suite,
    *,
    limit: int | None = None,
    repeats: int | None = None,
    turns: str | None = None,
    temperature: float | None = None,
    seed: int | None = None,
    concurrency: int | None = None,
) -> Suite:
    """The suite with other settings; None leaves what it says.

    A setting that stands beside a model in the suite stays that model's: it was meant for it.

    Args:
        suite: As loaded.
        limit: Only the first rows; marks the result as partial.
        repeats: Answers to each question, in [1, 100].
        turns: "last", "all" or "tool-calls".
        temperature: Of generation, in [0, 2].
        seed: Of generation and of resampling.
        concurrency: Requests under way at most, of each model that is asked over the network or by
            a program.

    Raises:
        UsageError: A number or a word that cannot be.
    """
    if repeats is not None and not 1 <= repeats <= _MOST_REPEATS:
        raise UsageError(f"{repeats} repeats cannot be", f"give 1 to {_MOST_REPEATS}")
    if turns is not None and turns not in TURNS:
        raise UsageError(f"no turns `{turns}`", f"known: {', '.join(TURNS)}")
    if temperature is not None and not 0 <= temperature <= 2:
        raise UsageError(f"a temperature of {temperature:g} cannot be", "give 0 to 2")
    given = {"repeats": repeats, "turns": turns, "temperature": temperature, "seed": seed}
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if concurrency is not None:
        said["models"] = _at_once(suite.models, concurrency)
        if suite.judge is not None:
            judge = _at_once({"": suite.judge.model}, concurrency)[""]
            said["judge"] = replace(suite.judge, model=judge)
    return cut_to(replace(suite, **said), limit)


def terms_of(
    *,
    budget: Decimal | None = None,
    seconds: float | None = None,
    if_maybe_paid: IfMaybePaid = "ask-again",
    stop: asyncio.Event | None = None,
) -> Terms:
    """What asking is bound to, from now on.

    Args:
        budget: US dollars, at most.
        seconds: After which nothing more is asked.
        if_maybe_paid: What to do with requests whose fate a crash left unknown.
        stop: Once set, what is under way is finished and nothing more asked.
    """
    return Terms(
        if_maybe_paid=if_maybe_paid,
        budget=None if budget is None else Budget(budget),
        deadline=None if seconds is None else time.monotonic() + seconds,
        stop=stop,
    )


def dollars(written: str | float | Decimal) -> Decimal:
    """A sum as people write it: 2.5, "2.50", "$1,000".

    Raises:
        UsageError: It is none.
    """
    amount = core_dollars(written)
    if amount is None:
        raise UsageError(f"`{excerpt(str(written))}` is no sum of money", "such as 2.50")
    return amount


def seconds_in(written: str | float) -> float:
    """The seconds of a length of time: "30m", "2h", "1h30m", "90s"; a bare number is seconds.

    Raises:
        UsageError: It is none, or nothing.
    """
    text = str(written).strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        text += "s"
    parts = _PART.findall(text)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if _PART.sub("", text) or seconds <= 0:
        raise UsageError(
            f"`{excerpt(str(written))}` is no length of time", "such as 30m, 2h or 1h30m"
        )
    return seconds


def _at_once(models: Mapping[str, ModelSpec], most: int) -> dict[str, ModelSpec]:
    return {
        name: spec
        if spec.use.startswith(_ALONE)
        else replace(spec, options={**spec.options, "concurrency": most})
        for name, spec in models.items()
    }
