# SPDX-License-Identifier: Apache-2.0
"""The options of `evalkit lint`, in the groups in which `--help` shows them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from evalkit.cli._groups import Groups, grouped
from evalkit.core.config import Configuration, configured, names_file

__all__ = ["lint_options"]

F = TypeVar("F", bound=Callable[..., Any])

_SEVERITIES = click.Choice(["error", "warning", "info", "never"])
_PATH = click.Path()  # in the environment several of them are split as PATH is


def _jobs(_: click.Context, __: click.Parameter, value: Any) -> int:
    if value in (None, ""):
        return 1
    if str(value).strip().lower() == "auto":
        affinity = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
        return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    try:
        number = int(value)
    except ValueError:
        number = 0
    if not 1 <= number <= 1024:
        raise click.BadParameter(f"{value!r} is neither a number from 1 to 1024 nor `auto`")
    return number


def _configure(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """`--config` and `--isolated` behind the command mean the same as before it."""
    if not value:
        return
    given = context.meta.setdefault("evalkit.config", {"config": (), "isolated": False})
    given[parameter.name] = value
    above = context.find_object(Configuration)
    files = [Path(text) for text in given["config"] if names_file(text)]
    inline = [text for text in given["config"] if not names_file(text)]
    file = files[-1] if files else None if given["isolated"] or above is None else above.file
    context.obj = configured(file, inline)
    context.default_map = context.obj.for_click().get(context.info_name or "", {})


_GROUPS: Groups = {
    "What it is for": [
        (("--target",), {
            "multiple": True, "metavar": "NAME",
            "help": "Whose rules apply; repeatable. `all` shows who would take the data.",
        }),
        (("--model",), {
            "metavar": "NAME", "help": "The model to be trained: its tokenizer, limits and dates.",
        }),
        (("--method",), {
            "type": click.Choice(["sft", "preference", "rft"]),
            "help": "What is trained; else told from the rows.",
        }),
        (("--against",), {
            "multiple": True, "type": _PATH, "metavar": "FILE",
            "help": "A held-out file that must not leak.",
        }),
        (("--benchmark",), {
            "multiple": True, "type": _PATH, "metavar": "FILE",
            "help": "A benchmark that must not stand in the training data.",
        }),
    ],
    "Rules": [
        (("--select",), {
            "multiple": True, "metavar": "RULES",
            "help": "Names, codes, code prefixes, ALL, default; commas between them.",
        }),
        (("--extend-select",), {
            "multiple": True, "metavar": "RULES", "help": "Likewise, beside those.",
        }),
        (("--ignore",), {"multiple": True, "metavar": "RULES", "help": "Likewise, left out."}),
        (("--per-file-ignores", "ignored_in"), {
            "multiple": True, "metavar": "GLOB:RULES", "envvar": "EVALKIT_LINT_PER_FILE_IGNORES",
            "help": "Rules that are off in some files.",
        }),
        (("--add-rules",), {
            "multiple": True, "type": _PATH, "metavar": "FILE.py",
            "help": "Rules of your own; the file is run.",
        }),
        (("--plugins/--no-plugins",), {
            "default": True, "help": "Whether rules of installed packages count.",
        }),
    ],
    "Files": [
        (("--exclude", "left_out"), {
            "multiple": True, "type": _PATH, "metavar": "GLOB", "envvar": "EVALKIT_LINT_EXCLUDE",
            "help": "Left out of what is found in folders, beside .git, node_modules and the like.",
        }),
        (("--force-exclude",), {
            "is_flag": True,
            "help": "Leave out files that are named, too: for hooks, which name all that changed.",
        }),
        (("--stdin-filename",), {
            "type": _PATH, "metavar": "NAME", "help": "What to call standard input (`-`).",
        }),
        (("--columns",), {
            "metavar": "ROLE=HEADER,…",
            "help": "Which column of a table is which: user=ask,assistant=answer.",
        }),
        (("--sheet",), {"metavar": "NAME", "help": "Of a workbook; the first where not given."}),
        (("--encoding",), {
            "metavar": "NAME", "help": "Of text files; told from the bytes else.",
        }),
        (("--max-line-bytes",), {
            "type": click.IntRange(min=1024), "metavar": "N",
            "help": "A longer line is one fault and not read; 16 MiB where not given.",
        }),
        (("--show-files",), {"is_flag": True, "help": "List what would be linted, and stop."}),
    ],
    "How much": [
        (("--limit",), {
            "type": click.IntRange(min=1), "metavar": "N",
            "help": "Only the first N examples of each file.",
        }),
        (("--sample",), {
            "type": click.IntRange(min=1), "metavar": "N",
            "help": "Only N examples of each file, drawn at random.",
        }),
        (("--seed",), {"type": int, "default": 0, "metavar": "N", "help": "Of the sample."}),
        (("--tokens",), {"is_flag": True, "help": "Count the tokens of every example."}),
        (("--jobs",), {
            "callback": _jobs, "metavar": "N|auto", "help": "Processes for large files.",
        }),
        (("--spill-dir",), {
            "type": _PATH, "metavar": "FOLDER",
            "help": "Where state goes that memory has no room for.",
        }),
    ],
    "Fixes": [
        (("--fix",), {"is_flag": True, "help": "Mend what is safe to mend."}),
        (("--unsafe-fixes",), {
            "is_flag": True, "help": "Mend also where the meaning may change.",
        }),
        (("--drop",), {
            "is_flag": True, "help": "Set hopeless rows aside in FILE.rejected.jsonl.",
        }),
        (("-O", "--fix-output"), {
            "type": _PATH, "metavar": "FILE",
            "help": "Write the mended data there instead; `-` is standard output.",
        }),
        (("--diff",), {
            "is_flag": True, "help": "Show what --fix would change; exit 1 if anything.",
        }),
        (("--fix-only",), {"is_flag": True, "help": "Mend, and do not report the rest."}),
        (("--show-fixes",), {"is_flag": True, "help": "Say what was mended, by rule."}),
    ],
    "Verdict": [
        (("--fail-on",), {
            "type": _SEVERITIES, "default": "error", "help": "Least severity for exit code 1.",
        }),
        (("-e", "--exit-zero"), {"is_flag": True, "help": "As --fail-on never."}),
        (("--baseline",), {
            "type": _PATH, "metavar": "FILE",
            "help": "Findings that are known: they are not reported.",
        }),
        (("--write-baseline",), {"is_flag": True, "help": "Write all findings there."}),
        (("--prune-baseline",), {
            "is_flag": True, "help": "Take out of it what no longer occurs.",
        }),
    ],
    "Output": [
        (("--output-format",), {
            "metavar": "FORM", "envvar": ["EVALKIT_LINT_OUTPUT_FORMAT", "EVALKIT_OUTPUT_FORMAT"],
            "help": "full, concise, grouped, json, jsonl, github, gitlab, sarif, junit, markdown, "
            "csv, xlsx, matrix, html.  [default: html for an -o that ends in it, else full]",
        }),
        (("-o", "--output"), {
            "type": _PATH, "metavar": "FILE", "help": "Write the findings there.",
        }),
        (("--max-per-rule",), {
            "default": 20, "type": click.IntRange(min=0), "metavar": "N",
            "help": "Findings of a rule and file that are shown; 0 = all.",
        }),
        (("--statistics",), {"is_flag": True, "help": "Only count."}),
        (("--color",), {
            "type": click.Choice(["auto", "always", "never"]), "default": "auto",
            "help": "On a terminal, unless NO_COLOR is set; or as you say.",
        }),
        (("--lang",), {
            "type": click.Choice(["en", "zh"]), "envvar": ["EVALKIT_LINT_LANG", "EVALKIT_LANG"],
            "help": "Of the messages.",
        }),
        (("--show-settings",), {"is_flag": True, "help": "Print what is in force, and stop."}),
    ],
    "Configuration": [
        (("--config",), {
            "multiple": True, "metavar": "FILE|KEY=VALUE", "is_eager": True,
            "expose_value": False, "callback": _configure, "allow_from_autoenv": False,
            "help": "A configuration file, or one setting such as 'lint.fail-on = \"info\"'.",
        }),
        (("--isolated",), {
            "is_flag": True, "is_eager": True, "expose_value": False, "callback": _configure,
            "help": "Read no configuration file.",
        }),
    ],
}  # fmt: skip


def lint_options(command: F) -> F:
    """Adds all of them to the command."""
    return grouped(_GROUPS)(command)
