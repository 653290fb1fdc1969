# SPDX-License-Identifier: Apache-2.0
"""Providers' words as ours: states, methods, names of metrics. What they say is hostile data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from evalkit.core.strings import Language
from evalkit.jobs.job import State

__all__ = [
    "METRICS",
    "Line",
    "count",
    "instant",
    "is_known",
    "metrics_in",
    "state_of",
    "step_in",
    "text_of",
    "unknown_state",
]

# Words of OpenAI and Azure, and of the protocol's kin; a word that is another's is no harm here.
_STATES: Mapping[str, State] = MappingProxyType(
    {
        "validating_files": "validating",
        "validating": "validating",
        "preprocessing": "validating",
        "created": "queued",
        "pending": "queued",
        "notrunning": "queued",
        "not_running": "queued",
        "queued": "queued",
        "running": "running",
        "resuming": "running",
        "pausing": "running",
        "cancelling": "running",
        "postprocessing": "running",
        "paused": "paused",
        "succeeded": "succeeded",
        "completed": "succeeded",
        "failed": "failed",
        "error": "failed",
        "expired": "failed",
        "timed_out": "failed",
        "deleted": "cancelled",
        "deleting": "cancelled",
        "terminated": "cancelled",
        "cancelled": "cancelled",
        "canceled": "cancelled",
    }
)
# As the results file of today has them.
METRICS: Mapping[str, str] = MappingProxyType(
    {
        "train_mean_token_accuracy": "train_accuracy",
        "training_loss": "train_loss",
        "training_token_accuracy": "train_accuracy",
        "validation_loss": "valid_loss",
        "validation_token_accuracy": "valid_mean_token_accuracy",
        "full_validation_loss": "full_valid_loss",
    }
)
_MOST = 2**53
_NO_METRICS = frozenset({"step", "total_steps"})
_STEP = re.compile(r"Step ([0-9]{1,9})(?:/[0-9]{1,9})?:")
_SAID = re.compile(
    r"(training|full validation|validation) loss="
    r"([0-9]{1,9}(?:\.[0-9]{1,20})?(?:e[+-]?[0-9]{1,3})?)"
)
_SAID_NAMES = {
    "training": "train_loss",
    "validation": "valid_loss",
    "full validation": "full_valid_loss",
}


def state_of(said: str, *, ended: bool, tuned: bool = False) -> State:
    """A state in our words.

    Args:
        said: The provider's word.
        ended: Whether the job has an end: an unknown word is then "failed", else "running".
        tuned: Whether there is a tuned model: an unknown word is then "succeeded" at its end.
    """
    known = _STATES.get(said.strip().lower())
    return known or unknown_state(ended=ended, tuned=tuned)


def unknown_state(*, ended: bool, tuned: bool = False) -> State:
    """What a word that nobody documents is taken for; arguments as `state_of`."""
    if not ended:
        return "running"
    return "succeeded" if tuned else "failed"


def is_known(said: str) -> bool:
    """Whether `state_of` knows the word."""
    return said.strip().lower() in _STATES


def metrics_in(document: Any) -> Mapping[str, float]:
    """The numbers of an object by the names of the results file; what is none is left out."""
    if not isinstance(document, Mapping):
        return {}
    return {
        METRICS.get(name, name): float(value)
        for name, value in document.items()
        if isinstance(name, str) and name not in _NO_METRICS and _is_number(value)
    }


def step_in(text: str) -> tuple[int | None, Mapping[str, float]]:
    """Step and losses of a message such as "Step 91/101: training loss=0.04", else None and none.

    OpenAI's events of 2023 and 2024 say them in words only.
    """
    found = _STEP.match(text)
    if found is None:
        return None, {}
    said = {_SAID_NAMES[what]: float(loss) for what, loss in _SAID.findall(text)}
    return int(found[1]), {name: loss for name, loss in said.items() if _is_number(loss)}


def text_of(value: Any) -> str | None:
    """A text that says something; None for all else."""
    return value if isinstance(value, str) and value else None


def count(value: Any) -> int | None:
    """A whole number that is not negative and that a float holds exactly; None for all else."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
    return value if known else None


def instant(value: Any) -> float | None:
    """A Unix time; None for all else, and for 0."""
    return float(value) if _is_number(value) and value > 0 else None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


class Line(NamedTuple):
    """One line for the user, in both languages; data in it is printable already."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en
