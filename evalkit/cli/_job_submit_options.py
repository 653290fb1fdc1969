# SPDX-License-Identifier: Apache-2.0
"""The options of `evalkit job submit`, in the groups in which `--help` shows them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import click

from evalkit.cli._groups import Groups, grouped

__all__ = ["submit_options"]

F = TypeVar("F", bound=Callable[..., Any])

_POSITIVE = click.FloatRange(0, min_open=True)


def _money(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    if value is None:
        return None
    from evalkit.core.dollars import dollars

    amount = dollars(value)
    if amount is None:
        raise click.BadParameter(f"{value!r} is no sum of money, such as 12.50")
    return amount


def _pairs(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    found = []
    for value in values:
        name, equals, text = value.partition("=")
        if not (name.strip() and equals):
            raise click.BadParameter(f"{value!r} is not NAME=VALUE")
        found.append((name.strip(), text))
    return tuple(found)


_GROUPS: Groups = {
    "What is trained": [
        (("--validation",), {
            "type": click.Path(), "metavar": "FILE", "help": "Rows to validate with.",
        }),
        (("--model",), {
            "required": True, "metavar": "NAME", "help": "Such as gpt-4.1-mini or smollm2.",
        }),
        (("--target",), {
            "required": True, "metavar": "NAME",
            "help": "Whose job it is: openai, azure, together, fireworks, mistral, local.",
        }),
        (("--method",), {
            "type": click.Choice(["sft", "preference", "rft", "completion"]),
            "help": "How it is trained; else told from the rows.",
        }),
    ],
    "The job": [
        (("--epochs", "n_epochs"), {"type": click.IntRange(1), "metavar": "N"}),
        (("--batch-size",), {"type": click.IntRange(1), "metavar": "N"}),
        (("--learning-rate-multiplier",), {"type": _POSITIVE, "metavar": "X"}),
        (("--beta",), {"type": _POSITIVE, "metavar": "X", "help": "Of preference training."}),
        (("--compute-multiplier",), {
            "type": _POSITIVE, "metavar": "X", "help": "Of reinforcement; so the next three.",
        }),
        (("--reasoning-effort",), {"metavar": "WORD"}),
        (("--eval-interval",), {"type": click.IntRange(1), "metavar": "N"}),
        (("--eval-samples",), {"type": click.IntRange(1), "metavar": "N"}),
        (("--grader",), {
            "type": click.Path(), "metavar": "FILE.json", "help": "Of reinforcement.",
        }),
        (("--hyperparameter",), {
            "multiple": True, "callback": _pairs, "metavar": "NAME=VALUE",
            "help": "Any other that the provider has; repeatable.",
        }),
        (("--suffix",), {"metavar": "TEXT", "help": "For the tuned model's name."}),
        (("--seed",), {"type": int, "metavar": "N"}),
        (("--metadata",), {
            "multiple": True, "callback": _pairs, "metavar": "NAME=VALUE",
            "help": "Kept with the job where the provider keeps such; repeatable.",
        }),
    ],
    "Sending": [
        (("--budget",), {
            "metavar": "USD", "callback": _money,
            "help": "Send nothing if training costs more.",
        }),
        (("--yes",), {"is_flag": True, "help": "Do not ask before sending; for CI."}),
        (("--dry-run",), {
            "is_flag": True, "help": "Check all, say what would be sent, and stop there.",
        }),
        (("--again",), {
            "is_flag": True, "help": "Order another job though this order has one.",
        }),
        (("--watch",), {"is_flag": True, "help": "Follow the job afterwards."}),
        (("--every",), {
            "type": click.FloatRange(min=0.01), "metavar": "SECONDS",
            "help": "Between looks of --watch; as of `evalkit job watch` where not given.",
        }),
        (("--settle",), {
            "type": click.FloatRange(0, 600), "default": 10.0, "hidden": True,
            "help": "Seconds for which the request of a killed process may still have effect.",
        }),
    ],
    "The provider": [
        (("--url",), {"metavar": "URL", "help": "Base URL, where it is not the usual one."}),
        (("--key-env",), {
            "metavar": "VARIABLE", "help": "That holds the key; else the usual one.",
        }),
    ],
    "Output": [
        (("--output-format",), {
            "type": click.Choice(["text", "json"]), "default": "text", "show_default": True,
            "envvar": "EVALKIT_OUTPUT_FORMAT",
        }),
        (("--lang",), {
            "type": click.Choice(["en", "zh"]), "envvar": "EVALKIT_LANG", "help": "Of the words.",
        }),
    ],
}  # fmt: skip


def submit_options(command: F) -> F:
    """Adds all of them to the command."""
    return grouped(_GROUPS)(command)
