# SPDX-License-Identifier: Apache-2.0
"""The options of `evalkit estimate`, in the groups in which `--help` shows them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import click

from evalkit.cli._files import DATA_FILE
from evalkit.cli._groups import Groups, grouped

__all__ = ["estimate_options"]

F = TypeVar("F", bound=Callable[..., Any])

_MOST = 1_000_000_000
_NUMBER = click.IntRange(1, _MOST)


def _money(_: click.Context, __: click.Parameter, value: str | None) -> Decimal | None:
    from evalkit.core.dollars import dollars

    if value is None:
        return None
    amount = dollars(value)
    if amount is None:
        raise click.BadParameter(f"{value!r} is no sum of money, such as 12.50")
    return amount


_GROUPS: Groups = {
    "What is trained": [
        (("--model",), {
            "multiple": True, "metavar": "NAME",
            "help": "Such as gpt-4.1-mini or azure/gpt-4.1; several are shown side by side.",
        }),
        (("--target",), {
            "multiple": True, "metavar": "NAME|all",
            "help": "Whose job it is: its first model. Several, or `all`: every model of theirs "
            "that takes such rows, side by side, and whether lint finds them fit.",
        }),
        (("--method",), {
            "type": click.Choice(["sft", "preference", "rft", "completion"]),
            "help": "How it is trained; else told from the rows.",
        }),
        (("--tier",), {
            "metavar": "NAME", "help": "Of a price that has several, such as developer.",
        }),
    ],
    "The job": [
        (("--validation",), {
            "multiple": True, "type": DATA_FILE, "metavar": "FILE",
            "help": "What the job is validated with; repeatable.",
        }),
        (("--epochs",), {
            "type": click.IntRange(1, 1000), "metavar": "N",
            "help": "Instead of the provider's rule.",
        }),
        (("--batch-size",), {
            "type": click.IntRange(1, 100_000), "metavar": "N", "help": "For the number of steps.",
        }),
        (("--sequence-length",), {
            "type": _NUMBER, "metavar": "N",
            "help": "Tokens of a training sequence: longer rows are cut, shorter ones padded where "
            "the provider pads.",
        }),
        (("--packing/--no-packing",), {
            "default": True,
            "help": "Whether short rows may share a sequence; without, Together bills each as a "
            "whole one.",
        }),
        (("--evaluations",), {
            "type": click.IntRange(0, 10_000), "metavar": "N",
            "help": "How often the job validates, where that is billed.",
        }),
        (("--tokenizer",), {
            "metavar": "FILE|NAME",
            "help": "A tokenizer.json, an encoding (o200k_base) or a family (llama-3) to count by.",
        }),
    ],
    "Money": [
        (("--budget",), {
            "metavar": "USD", "callback": _money,
            "help": "Exit code 1 if training (with --hosting-days and --evaluate: these too) costs "
            "more; of several models: if none that takes the rows stays within.",
        }),
        (("--hosting-days",), {
            "type": click.FloatRange(0, 100_000), "metavar": "D",
            "help": "How long the tuned model is kept up.",
        }),
        (("--few-shot",), {
            "type": click.IntRange(0, 10_000), "metavar": "K",
            "help": "Break-even against the base model with K examples in every prompt; 5 where "
            "not given.",
        }),
        (("--few-shot-tokens",), {
            "type": click.IntRange(0, _MOST), "metavar": "N",
            "help": "The tokens of these examples, instead.",
        }),
        (("--calls-per-month",), {
            "type": _NUMBER, "metavar": "N", "help": "Calls of the tuned model: for break-even.",
        }),
    ],
    "The evaluation": [
        (("--evaluate",), {
            "metavar": "ROWS|FILE",
            "help": "Cost of asking the base and the tuned model that many rows, or those of a "
            "file; the validation rows where not given.",
        }),
        (("--judge",), {
            "metavar": "MODEL", "help": "Who compares their answers, in both orders.",
        }),
        (("--repeats",), {
            "type": click.IntRange(1, 1000), "default": 1, "metavar": "N",
            "help": "Answers to each question.",
        }),
        (("--batch",), {"is_flag": True, "help": "By the batch route, where one has a price."}),
    ],
    "Reading": [
        (("--columns",), {
            "metavar": "ROLE=HEADER,…",
            "help": "Which column of a table is which: user=ask,assistant=answer.",
        }),
        (("--template",), {
            "multiple": True, "metavar": "ROLE=TEXT",
            "help": r"A text of several columns, or of none: 'user={title}\n{ask}'; repeatable.",
        }),
        (("--no-header",), {
            "is_flag": True, "help": "The first row of a table is data; its columns are A, B, C.",
        }),
        (("--sheet",), {"metavar": "NAME", "help": "Of a workbook; the first where not given."}),
        (("--encoding",), {
            "metavar": "NAME", "help": "Of tables and text files; told from the bytes else.",
        }),
        (("--system",), {
            "metavar": "TEXT|@FILE", "help": "A system prompt for every row of a table.",
        }),
        (("--from", "layout"), {
            "metavar": "LAYOUT", "help": "Of the rows; told from the first ones else.",
        }),
        (("--lint/--no-lint",), {
            "default": True,
            "help": "Whether several targets are also asked for what stands against the rows.",
        }),
    ],
    "Output": [
        (("--output-format",), {
            "type": click.Choice(["text", "json", "markdown", "html"]),
            "envvar": ["EVALKIT_ESTIMATE_OUTPUT_FORMAT", "EVALKIT_OUTPUT_FORMAT"],
            "help": "By the name of -o where it ends in .json, .md or .html, else text.",
        }),
        (("-o", "--output-file"), {
            "metavar": "FILE", "help": "Write there, not to the terminal.",
        }),
        (("--lang",), {
            "type": click.Choice(["en", "zh"]),
            "envvar": ["EVALKIT_ESTIMATE_LANG", "EVALKIT_LANG"],
            "help": "Of the words.",
        }),
    ],
}  # fmt: skip


def estimate_options(command: F) -> F:
    """Adds all of them to the command."""
    return grouped(_GROUPS)(command)
