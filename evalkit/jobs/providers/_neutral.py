# SPDX-License-Identifier: Apache-2.0
"""Between our neutral words and a provider's own: hyperparameters, instants, metrics, lists."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import Event, Order
from evalkit.jobs.seam import CannotError
from evalkit.jobs.words import METRICS

__all__ = [
    "METRICS_OF",
    "MOST_STEPS",
    "Arrivals",
    "cannot",
    "job_of",
    "method_of",
    "moment",
    "neutral",
    "number",
    "objects",
    "results_csv",
    "sendable",
    "used",
]

METRICS_OF = "metrics-of-"  # before a job's id: names metrics that no file of the provider holds
MOST_STEPS = 2**53
_MOST = 1e300
_LAST_MOMENT = 253_402_300_800  # the year 10,000, which no calendar of ours has
_FIRST = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")


def sendable(order: Order, names: Mapping[str, str], *, provider: str) -> dict[str, Any]:
    """An order's hyperparameters by the provider's names.

    Args:
        order: Of the job.
        names: Neutral name to the provider's.
        provider: Whose; for messages.

    Raises:
        UsageError: It has none of that name; nothing was sent.
    """
    for name in order.hyperparameters:
        if name == "beta" and order.method != "preference":
            raise UsageError("beta is for training by preference", "leave it out")
        if name in names:
            continue
        if name == "learning_rate_multiplier":
            raise UsageError(
                f"{provider} takes no learning_rate_multiplier: it has no rate of its own to "
                "multiply",
                "give the rate itself: --hyperparameter learning_rate=0.0001",
            )
        raise UsageError(
            f"{provider} has no hyperparameter {excerpt(name)}", f"it has: {', '.join(names)}"
        )
    return {names[name]: value for name, value in order.hyperparameters.items()}


def used(document: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A provider's hyperparameters by their neutral names; what was not said is left out."""
    return {
        neutral_name: document[name]
        for neutral_name, name in names.items()
        if document.get(name) is not None
    }


def method_of(order: Order, methods: Mapping[str, str], *, provider: str) -> str:
    """The provider's word for the order's method.

    Raises:
        CannotError: It has no such method.
    """
    word = methods.get(order.method)
    if word is None:
        raise CannotError(
            f"{provider} does not train by the method {excerpt(order.method)}",
            f"it does by: {', '.join(methods)}",
        )
    return word


def cannot(lacks: Mapping[str, str], act: str, *, provider: str) -> CannotError:
    """The error for what `lacks` says."""
    return CannotError(
        f"{provider} has no `{act}`: {lacks[act]}", "see evalkit job --help for what there is"
    )


def moment(value: Any) -> float | None:
    """Unix time of an ISO 8601 text or a number; None for all else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if 0 < value < _LAST_MOMENT else None
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found.timestamp()


def number(value: Any) -> float | None:
    """A finite number; None for all else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _MOST else None  # no NaN, infinity or int without a float


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; nothing where it is none."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, Mapping))


def neutral(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, float]:
    """The metrics of a row by the names of results files.

    Args:
        row: As the provider has it.
        names: The provider's name to ours; others are kept if they are numbers of metrics.
    """
    found = {}
    for name, value in row.items():
        known = names.get(name) or METRICS.get(name)
        if known and (measured := number(value)) is not None:
            found[known] = measured
    return found


def results_csv(rows: Iterable[tuple[int, Mapping[str, float]]]) -> bytes:
    """A results file of steps and their metrics, as OpenAI's of today; rows of a step are one."""
    steps: dict[int, dict[str, float]] = {}
    for step, metrics in rows:
        steps.setdefault(step, {}).update(metrics)
    there = {name for metrics in steps.values() for name in metrics}
    columns = [name for name in _FIRST if name == "step" or name in there]
    columns += sorted(there - set(_FIRST))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for step in sorted(steps):
        writer.writerow({"step": step, **steps[step]})
    return out.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """In which order a job's events came to us.

    Where a provider tells of a job in several lists, an entry of one may come after later ones of
    another; whoever asks for "those after X" must not miss it.
    """

    _places: dict[str, dict[str, int]] = field(default_factory=dict)

    def later(self, job: str, events: Sequence[Event], after: str | None) -> list[Event]:
        """Those that came after the one of that id; all where it is not among them.

        Args:
            job: Whose.
            events: All of them, in any order; those that are new are put in order by their time.
            after: Id.
        """
        places = self._places.setdefault(job, {})
        for event in sorted(events, key=lambda one: one.time):
            places.setdefault(event.id, len(places))
        start = -1 if after is None else places.get(after, -1)
        found = [event for event in events if places[event.id] > start]
        return sorted(found, key=lambda one: places[one.id])


def job_of(file: str) -> str | None:
    """The job whose metrics a file's id names; None for a file of the provider."""
    return file.removeprefix(METRICS_OF) if file.startswith(METRICS_OF) else None
