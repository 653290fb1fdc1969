# SPDX-License-Identifier: Apache-2.0
"""`evalkit rows-needed`: how many examples a test set needs, or what so many can show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._groups import GroupedCommand, Groups, grouped
from evalkit.core.errors import UsageError
from evalkit.core.strings import language

if TYPE_CHECKING:
    from evalkit.statistics.planning import Terms

__all__ = ["rows_needed"]

_MANY = {"multiple": True}
_OPTIONS: Groups = {
    "Question (all of them in a small table where none is given; each option repeats)": [
        (("--difference",), {**_MANY, "metavar": "POINTS", "help": "A true difference to show."}),
        (("--margin",), {**_MANY, "metavar": "POINTS", "help": "Not worse by this margin."}),
        (
            ("--width",),
            {**_MANY, "metavar": "POINTS", "help": "One model's accuracy to within ± this."},
        ),
        (("--win-rate",), {**_MANY, "metavar": "SHARE", "help": "Judged pairs, told from 50%."}),
        (
            ("--rows",),
            {
                "type": click.IntRange(1, 10**9),
                "metavar": "N",
                "help": "The other way: what so many rows show.",
            },
        ),
    ],
    "What is known of the models": [
        (
            ("--from", "pilot"),
            {
                "type": click.Path(path_type=Path),
                "metavar": "RUN",
                "help": "A finished run: how much they disagree is read there.",
            },
        ),
        (("--metric",), {"metavar": "NAME", "help": "Of that run.  [default: its primary one]"}),
        (
            ("--disagreement",),
            {
                **_MANY,
                "metavar": "SHARE",
                "help": "Rows that one model gets right and the other wrong.",
            },
        ),
        (
            ("--baseline",),
            {
                **_MANY,
                "metavar": "SHARE",
                "help": "The base's accuracy, where nothing is known of the disagreement.",
            },
        ),
        (
            ("--sd",),
            {
                "metavar": "NUMBER",
                "help": "For means: standard deviation of the paired differences.",
            },
        ),
        (("--ties",), {**_MANY, "metavar": "SHARE", "help": "Judged pairs without a winner."}),
        (
            ("--cluster-size",),
            {
                "type": click.FloatRange(1, 10**6),
                "default": 1.0,
                "metavar": "N",
                "help": "Rows that belong together, such as turns of one conversation.",
            },
        ),
        (
            ("--alike",),
            {
                "default": "0.3",
                "metavar": "SHARE",
                "help": "How alike these are (intra-cluster correlation).  [default: 0.3]",
            },
        ),
    ],
    "Promise": [
        (("--power",), {"default": "80%", "metavar": "SHARE", "help": "[default: 80%]"}),
        (
            ("--alpha",),
            {"default": "5%", "metavar": "SHARE", "help": "False alarms.  [default: 5%]"},
        ),
    ],
    "Output": [
        (
            ("--output-format",),
            {"type": click.Choice(["text", "json"]), "default": "text", "help": "[default: text]"},
        ),
        (("-o", "--output"), {"metavar": "FILE", "help": "Write there, not to the terminal."}),
        (
            ("--lang",),
            {"envvar": "EVALKIT_LANG", "type": click.Choice(["en", "zh"]), "help": "Language."},
        ),
    ],
}


@click.command(cls=GroupedCommand)
@grouped(_OPTIONS)
def rows_needed(output_format: str, output: str | None, lang: str | None, **given: Any) -> None:
    """How many examples do I need? Or: what can the examples that I have show?

    Without options: a table for differences of 1, 2, 3, 5 and 10 points.

    \b
    evalkit rows-needed --difference "3 points" --baseline 85%
    evalkit rows-needed --margin "2 points" --from reports/intent/2026-11-20T10-00-00
    evalkit rows-needed --rows 500
    """  # noqa: D301  \b keeps click from joining the lines
    from evalkit.cli._rows_needed_plan import plan_of
    from evalkit.cli._rows_needed_text import as_text

    plan = plan_of(given, terms=_terms(given))
    if output_format == "json":
        shown = json.dumps(plan.document(), ensure_ascii=False, indent=1)
    else:
        shown = "\n".join(as_text(plan, language(lang)))
    if output is None:
        click.echo(shown)
        return
    from evalkit.core.atomic import write_text

    write_text(Path(output), click.unstyle(shown) + "\n")


def _terms(given: dict[str, Any]) -> Terms:
    from evalkit.cli._rows_needed_numbers import share
    from evalkit.statistics.planning import Terms
    from evalkit.statistics.power import cluster_design

    alpha, power = share(given["alpha"], "--alpha"), share(given["power"], "--power")
    if not 0 < alpha < 0.5:
        raise UsageError("--alpha is out of range", "give something between 0 and 50 %, such as 5%")
    if not alpha < power < 1:
        raise UsageError(
            "--power is out of range", "give something between --alpha and 100 %, such as 80%"
        )
    alike = share(given["alike"], "--alike")
    return Terms(alpha=alpha, power=power, design=cluster_design(given["cluster_size"], alike))
