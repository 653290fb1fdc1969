# SPDX-License-Identifier: Apache-2.0
"""What an order asks for, held against what the provider's API takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import suggestion
from evalkit.jobs.job import KEY, Order
from evalkit.jobs.services import Service

__all__ = ["METHOD_WORDS", "held_to", "possible", "read_grader"]

METHOD_WORDS = {
    "sft": "conversations",
    "preference": "preference pairs",
    "rft": "reinforcement prompts",
    "completion": "prompts with completions",
}
_FLAGS = {"n_epochs": "--epochs", "grader": "--grader FILE.json", "validation": "--validation FILE"}
# What a grader of each type cannot do without: OpenAI's specification of 2026-08-21, Grader*.
_KINDS = {
    "string_check": ("name", "input", "reference", "operation"),
    "text_similarity": ("name", "input", "reference", "evaluation_metric"),
    "python": ("name", "source"),
    "score_model": ("name", "input", "model"),
    "multi": ("name", "graders", "calculate_output"),
}
_MOST_GRADER = 2**20


def read_grader(path: Path) -> dict[str, Any]:
    """The grader of a reinforcement job, a JSON object.

    Raises:
        InputError: It cannot be read, or is no grader.
    """
    shown = printable(str(path))
    try:
        if path.stat().st_size > _MOST_GRADER:
            raise InputError(f"{shown}: no grader is longer than 1 MB", "name the grader's file")
        grader = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read {shown}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown} is not JSON: {excerpt(str(error), 100)}") from error
    if not isinstance(grader, dict) or not isinstance(grader.get("type"), str):
        raise InputError(
            f"{shown} is no grader: a JSON object with a `type`",
            f"known types: {', '.join(_KINDS)}",
        )
    kind = grader["type"]
    missing = [name for name in _KINDS.get(kind, ()) if name not in grader]
    if missing:
        raise InputError(
            f"{shown}: a grader of the type {kind} without {', '.join(missing)}",
            f"it has: type, {', '.join(_KINDS[kind])}",
        )
    try:
        json.dumps(grader, allow_nan=False)
    except ValueError as error:
        raise InputError(
            f"{shown} holds a number that JSON has not: NaN or infinity", "give a finite one"
        ) from error
    return grader


def held_to(
    rules: Service,
    target: str,
    *,
    method: str,
    hyperparameters: Mapping[str, int | float | str],
    suffix: str | None,
    seed: int | None,
    metadata: Mapping[str, str],
    grader: bool,
    validation: bool,
) -> None:
    """Refuse what the API would refuse.

    Args:
        rules: Of the API.
        target: Whose it is.
        method: Of the training.
        hyperparameters: By their neutral names.
        suffix: Of the tuned model's name.
        seed: Of the training.
        metadata: The user's own pairs.
        grader: Whether one is given.
        validation: Whether such a file is given.

    Raises:
        UsageError: So it is; the message says what, the hint what is taken.
    """
    if grader and method != "rft":
        raise UsageError(
            "a grader is for reinforcement, and these rows are not", "leave --grader out"
        )
    for need in rules.needs.get(method, ()):
        if (need == "grader" and not grader) or (need == "validation" and not validation):
            raise UsageError(
                f"a job of the method {method} at {target} needs a {need}",
                f"add {_FLAGS[need]}",
            )
    for name, value in hyperparameters.items():
        _hyperparameter(rules, target, method, name, value)
    if suffix is not None and rules.suffix is not None and not 1 <= len(suffix) <= rules.suffix:
        raise UsageError(
            f"the suffix has {len(suffix)} letters; {target} takes 1 to {rules.suffix}",
            "shorten --suffix",
        )
    if suffix is not None and printable(suffix) != suffix:
        raise UsageError(
            f"the suffix `{excerpt(suffix)}` has letters that no name of a model has",
            "change --suffix",
        )
    if seed is not None and rules.seed is not None and not 0 <= seed <= rules.seed:
        raise UsageError(f"{target} takes a seed from 0 to {rules.seed}", "change --seed")
    _metadata(rules, target, metadata)


def possible(order: Order, lacks: Mapping[str, str]) -> None:
    """Refuse what the provider has no way to do.

    Args:
        order: What is asked.
        lacks: A `Provider`'s.

    Raises:
        UsageError: So it is, with the provider's reason.
    """
    given = {
        "preference": order.method == "preference",
        "rft": order.method == "rft",
        "validation": order.validation is not None,
        "seed": order.seed is not None,
        "suffix": order.suffix is not None,
        "metadata": bool(order.metadata),
    }
    for what, asked in given.items():
        if asked and what in lacks:
            hint = "choose another provider" if what in METHOD_WORDS else f"leave --{what} out"
            raise UsageError(f"{order.target}: {lacks[what]}", hint)


def _hyperparameter(
    rules: Service, target: str, method: str, name: str, value: float | str
) -> None:
    flag = _FLAGS.get(name, f"--{name.replace('_', '-')}")
    known = rules.hyperparameters
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{flag} {value}: that is no number", "give one")
    if not known:
        return
    bounds = known.get(name)
    if bounds is None:
        raise UsageError(
            f"{target} has no hyperparameter `{excerpt(name)}`{suggestion(name, list(known))}",
            f"known: {', '.join(one for one in known if method in known[one].methods)}",
        )
    if method not in bounds.methods:
        raise UsageError(
            f"{flag} is for the method {' and '.join(bounds.methods)} at {target}, not {method}",
            f"leave {flag} out",
        )
    if not bounds.allow(value):
        raise UsageError(
            f"{flag} {excerpt(str(value))}: {target} does not take that",
            f"give {bounds}",
        )


def _metadata(rules: Service, target: str, metadata: Mapping[str, str]) -> None:
    if KEY in metadata:
        raise UsageError(f"the metadata `{KEY}` is evalkit's own", "name yours otherwise")
    limits = rules.metadata
    if not (metadata and limits):
        return
    most = limits["pairs"] - 1  # one is ours
    if len(metadata) > most:
        raise UsageError(
            f"{len(metadata)} pairs of metadata; {target} takes {most} beside evalkit's own",
            "leave some out",
        )
    for name, value in metadata.items():
        if not name or len(name) > limits["name"] or len(value) > limits["value"]:
            raise UsageError(
                f"the metadata `{excerpt(name)}` is too long: {target} takes names of "
                f"{limits['name']} letters and values of {limits['value']}"
                if name
                else "a pair of metadata has no name",
                "shorten it" if name else "name it",
            )
