# SPDX-License-Identifier: Apache-2.0
"""The options of `evalkit run` and what `ask` shares of them, in the groups of `--help`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import click

from evalkit.cli._groups import GroupedCommand, Groups, grouped
from evalkit.core.errors import UsageError

__all__ = [
    "BOUNDS",
    "ResumableCommand",
    "command_line",
    "money_taken",
    "run_options",
    "time_taken",
]

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_META = "evalkit.arguments"


class ResumableCommand(GroupedCommand):
    """A command that remembers how it was called: the line that resumes it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the arguments as they were written."""
        ctx.meta[_META] = list(args)
        return super().parse_args(ctx, args)


def command_line() -> str:
    """The command as it was called, to be typed again: `evalkit run suites/x.eval.yaml`."""
    import shlex

    context = click.get_current_context()
    name = context.info_name or ""
    return shlex.join(["evalkit", name, *context.meta.get(_META, ())])


def money_taken(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    """A sum of money, for click."""
    from evalkit.evaluation.run_settings import dollars

    return None if value is None else _taken(dollars, value)


def time_taken(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Seconds of a length of time, for click."""
    from evalkit.evaluation.run_settings import seconds_in

    return None if value is None else _taken(seconds_in, value)


def _taken(read: Callable[[str], T], value: str) -> T:
    try:
        return read(value)
    except UsageError as error:
        raise click.BadParameter(f"{error.message}, {error.hint}") from None


BOUNDS: Groups = {
    "Bounds": [
        (("--budget",), {
            "metavar": "USD", "callback": money_taken,
            "help": "Spend at most so much: what does not surely fit is not sent; exit code 3.",
        }),
        (("--deadline",), {
            "metavar": "TIME", "callback": time_taken,
            "help": "Ask and wait for nothing after 30m, 2h, 1h30m; exit code 3.",
        }),
        (("--concurrency",), {
            "type": click.IntRange(1, 1024), "metavar": "N",
            "help": "Requests under way at most, of each model; else found out, by host.",
        }),
    ],
}  # fmt: skip

_GROUPS: Groups = {
    "What is asked": [
        (("--limit",), {
            "type": click.IntRange(min=1), "metavar": "N",
            "help": "Only the first N rows (the result says so).",
        }),
        (("--turns",), {
            "type": click.Choice(["last", "all", "tool-calls"]),
            "help": "Which answers of a conversation; else as the suite says (last).",
        }),
        (("--repeats",), {
            "type": click.IntRange(1, 100), "metavar": "K",
            "help": "Answers to each question, of each model; scores are averaged.",
        }),
        (("--temperature",), {
            "type": click.FloatRange(0, 2), "metavar": "T",
            "help": "Instead of the suite's; a model's own stays.",
        }),
        (("--seed",), {
            "type": int, "metavar": "N",
            "help": "Of sampling (repeat k has N + k) and of resampling.",
        }),
    ],
    **BOUNDS,
    "Route and store": [
        (("--dry-run",), {
            "is_flag": True,
            "help": "Say what would be sent, what it costs and what it can prove; send nothing.",
        }),
        (("--batch",), {
            "is_flag": True,
            "help": "By the provider's batch route where it has one: half the price, within 24 h.",
        }),
        (("--batch-failed-directly",), {
            "is_flag": True,
            "help": "Ask directly for what a batch gave up or let expire.",
        }),
        (("--if-maybe-paid",), {
            "type": click.Choice(["ask-again", "skip", "fail"]), "default": "ask-again",
            "show_default": True,
            "help": "What was sent and not answered, so that nobody knows whether it was paid for.",
        }),
        (("--store",), {
            "default": ".evalkit/store.sqlite", "show_default": True, "metavar": "FILE",
            "help": "Answers already got; they are not asked for again.",
        }),
    ],
    "Recordings": [
        (("--record",), {
            "type": click.Path(dir_okay=False), "metavar": "FILE",
            "help": "Keep all questions and answers, such as in suites/x.answers.jsonl.gz.",
        }),
        (("--replay",), {
            "type": click.Path(dir_okay=False), "metavar": "FILE",
            "help": "Take every answer from a recording; no model is called.",
        }),
    ],
    "Result": [
        (("--allow-undecided",), {
            "is_flag": True, "help": "An undecided gate does not fail the run.",
        }),
        (("--reports",), {
            "default": "reports", "show_default": True, "metavar": "DIR",
            "help": "Folder for runs and pages.",
        }),
        (("--no-report",), {"is_flag": True, "help": "Keep the run, write no page."}),
        (("--output-format",), {
            "metavar": "FORM",
            "help": "text, json, markdown; for CI: github, gitlab, junit.  [default: text]",
        }),
        (("-o", "--output", "outputs"), {
            "multiple": True, "metavar": "[FORM=]FILE",
            "help": "Write it there too: .xml is junit, .md markdown, .json json; repeatable.",
        }),
        (("--lang",), {
            "envvar": "EVALKIT_LANG", "type": click.Choice(["en", "zh"]), "help": "Language.",
        }),
    ],
}  # fmt: skip


def run_options(command: F) -> F:
    """Decorator: the options of `evalkit run`."""
    return grouped(_GROUPS)(command)
