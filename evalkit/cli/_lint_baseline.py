# SPDX-License-Identifier: Apache-2.0
"""What `--baseline` and its kin do with a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.lint.baseline import Baseline, read_baseline, renewed, unknown, write_baseline
from evalkit.lint.catalogue import rules_for
from evalkit.lint.policy import resolve
from evalkit.lint.result import Result
from evalkit.lint.settings import Settings

__all__ = ["with_baseline"]


def with_baseline(result: Result, settings: Settings, given: Mapping[str, Any]) -> Result:
    """The result without the findings that are known; writes the file where that is asked for.

    Raises:
        InputError: The file is missing, no baseline, or cannot be written.
        UsageError: Options that do not go together.
    """
    writes, prunes = given["write_baseline"], given["prune_baseline"]
    if given["baseline"] is None:
        raise UsageError("no baseline is named", "add --baseline FILE")
    if writes and prunes:
        raise UsageError("--write-baseline prunes as well", "leave --prune-baseline out")
    if (writes or prunes) and result.partial:
        raise UsageError("only a part was looked at", "leave --limit and --sample out")
    place = Path(given["baseline"])
    baseline = Baseline(place=place) if writes and not place.exists() else read_baseline(place)
    if writes or prunes:
        after = renewed(
            baseline,
            result.findings,
            linted=[file.path for file in result.files],
            rules={run.rule.name for run in resolve(settings, rules_for(settings)).runs},
            add=writes,
        )
        write_baseline(after)
        _say(baseline, after, result)
        baseline = after
    new = unknown(result.findings, baseline)
    return replace(result, findings=new, known=len(result.findings) - len(new))


def _say(before: Baseline, after: Baseline, result: Result) -> None:
    number, gone = sum(after.counts.values()), sum(before.counts.values())
    place = printable(str(after.place))
    change = f" ({number - gone:+,})" if before.counts else ""
    click.echo(f"{place}: {number:,} known findings{change}", err=True)
    for line in result.unreadable:
        click.echo(f"error: {line}", err=True)
