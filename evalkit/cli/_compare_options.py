# SPDX-License-Identifier: Apache-2.0
"""The options of `evalkit compare`, in the groups of `--help`, and what its arguments mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from evalkit.cli._groups import Groups
from evalkit.core.errors import UsageError
from evalkit.core.measure import LEAST_CONFIDENCE
from evalkit.core.printable import excerpt

__all__ = ["GROUPS", "named_sources", "wanted_of"]

GROUPS: Groups = {
    "What was expected": [
        (("--expected",), {
            "metavar": "FILE",
            "help": "Expected answers by id: a table, or answers to agree with (FILE#MODEL).",
        }),
        (("--data",), {
            "type": click.Path(path_type=Path), "metavar": "FILE",
            "help": "The held-out set: questions with their expected answers, as for suites.",
        }),
        (("--columns",), {
            "metavar": "ROLE=HEADER,…",
            "help": "Columns of the tables: id, answer, expected, question, model, repeat.",
        }),
        (("--by",), {
            "type": click.Choice(["id", "messages", "line", "order", "none"]),
            "help": "How rows are paired; found out else, by order only where nothing else is "
            "there. none: each file for itself.",
        }),
    ],
    "What is compared": [
        (("--base",), {
            "metavar": "NAME", "help": "Held against the others; else `base`, or the first.",
        }),
        (("--pair", "pairs"), {
            "multiple": True, "metavar": "'NEW vs OLD'", "help": "One pair; repeatable.",
        }),
        (("--task",), {
            "type": click.Choice(["classification", "qa"]),
            "help": "Else told from the expected answers.",
        }),
        (("--labels",), {
            "metavar": "LABEL,…", "help": "The set of labels; else those that are expected.",
        }),
        (("--primary",), {
            "metavar": "METRIC", "help": "That gives the verdict; else accuracy or token_f1.",
        }),
        (("--metric", "metrics"), {
            "multiple": True, "metavar": "METRIC", "help": "A further one, such as rouge_l.",
        }),
        (("--scorer", "scorers"), {
            "multiple": True, "metavar": "NAME.OPTION=VALUE",
            "help": "Such as label.find=anywhere, numeric.tolerance=1%, or one of your own: "
            "polite=python:checks.py:polite; repeatable.",
        }),
        (("--slices",), {
            "metavar": "FIELD,…", "help": "For whom: columns of the rows, or length, language.",
        }),
        (("--confidence",), {
            "type": click.FloatRange(LEAST_CONFIDENCE, 1, max_open=True), "default": 0.95,
            "show_default": True, "metavar": "SHARE", "help": "Of intervals.",
        }),
        (("--seed",), {
            "type": click.IntRange(min=0), "default": 0, "show_default": True, "metavar": "N",
            "help": "Of resampling.",
        }),
    ],
    "What must hold": [
        (("--gate", "gates"), {
            "multiple": True, "metavar": "SENTENCE",
            "help": "Such as 'new accuracy >= 90%'; repeatable.",
        }),
        (("--margin",), {
            "metavar": "'2 points'", "help": "No candidate may be worse by more than that.",
        }),
        (("--allow-undecided",), {
            "is_flag": True, "help": "An undecided gate does not fail.",
        }),
    ],
    "Result": [
        (("-o", "--output", "outputs"), {
            "multiple": True, "metavar": "[FORM=]FILE",
            "help": "Write it there: .html is the page, .xml junit, .md and .json; repeatable.",
        }),
        (("--output-format",), {
            "metavar": "FORM",
            "help": "text, json, markdown, html; for CI: github, gitlab, junit.  [default: text]",
        }),
        (("--save",), {
            "type": click.Path(path_type=Path, file_okay=False), "metavar": "DIR",
            "help": "Keep it as a run: for evalkit report, label and baseline.",
        }),
        (("--lang",), {
            "envvar": "EVALKIT_LANG", "type": click.Choice(["en", "zh"]),
            "help": "Of the text and of the page; both are in the page.",
        }),
    ],
}  # fmt: skip

_NAME = re.compile(r"[^\W\d_][\w.-]{0,39}|[\w.-]{1,40}")


def named_sources(arguments: Sequence[str]) -> tuple[list[tuple[str | None, str]], bool]:
    """Names and files of `[NAME=]FILE…`, and whether they were written as `NEW vs OLD`.

    Raises:
        UsageError: `vs` does not stand between two files.
    """
    words = list(arguments)
    turned = "vs" in words and not Path("vs").exists()
    if turned:
        if len(words) != 3 or words[1] != "vs":
            raise UsageError(
                "`vs` stands between two files: evalkit compare new.csv vs old.csv",
                "of more than two, name the base: --base NAME, or pairs: --pair 'new vs old'",
            )
        words = [words[2], words[0]]  # the base first, as without `vs`
    found: list[tuple[str | None, str]] = []
    for word in words:
        name, equals, file = word.partition("=")
        if equals and file and _NAME.fullmatch(name) and not Path(word).exists():
            found.append((name, file))
        else:
            found.append((None, word))
    names = [name for name, _ in found if name is not None]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two files are called `{name}`", "give each a name of its own")
    return found, turned


def wanted_of(given: dict[str, Any], *, first_is_base: bool) -> Any:
    """What the options ask for.

    Raises:
        UsageError: A part of --columns that is not ROLE=HEADER.
    """
    from evalkit.cli._reading import pairs, words
    from evalkit.evaluation.comparing.comparison import Wanted

    if first_is_base and (given["base"] or given["pairs"]):
        raise UsageError("`vs` says already what is compared", "leave out --base and --pair")
    return Wanted(
        expected=given["expected"],
        data=given["data"],
        columns=pairs(given["columns"]),
        by=given["by"],
        base=given["base"],
        pairs=given["pairs"],
        first_is_base=first_is_base,
        task=given["task"],
        labels=words(given["labels"]),
        primary=given["primary"],
        metrics=given["metrics"],
        scorers=_scorers(given["scorers"]),
        slices=words(given["slices"]),
        gates=given["gates"],
        margin=given["margin"],
        confidence=given["confidence"],
        seed=given["seed"],
    )


def _scorers(written: Sequence[str]) -> dict[str, Any]:
    """`label.find=anywhere` as suites have it: {"label": {"find": "anywhere"}}.

    Raises:
        UsageError: A part is not NAME=… or NAME.OPTION=VALUE.
    """
    found: dict[str, Any] = {}
    for text in written:
        name, equals, value = text.partition("=")
        scorer, dot, option = name.strip().partition(".")
        if not (equals and scorer and value.strip()) or (dot and not option):
            raise UsageError(
                f"--scorer: `{excerpt(text, 60)}` is not NAME.OPTION=VALUE",
                "such as label.find=anywhere, or polite=python:checks.py:polite",
            )
        if not dot:
            found[scorer] = {"use": value.strip(), **found.get(scorer, {})}
        else:
            found.setdefault(scorer, {})[option] = _value(value.strip())
    return found


def _value(text: str) -> Any:
    """A number, a truth value, a list or a mapping as YAML writes it; else the text."""
    import yaml

    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return text
    return value if isinstance(value, bool | int | float | list | dict) else text
