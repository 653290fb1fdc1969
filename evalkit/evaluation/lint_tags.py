# SPDX-License-Identifier: Apache-2.0
"""Rows by what lint finds in them: is the model worse where the data are?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evalkit.data.read import TableOptions

__all__ = ["lint_tags"]


def lint_tags(path: Path, *, table: TableOptions) -> Mapping[int, str]:
    """Line to the names of the rules that found something there, sorted, with commas between.

    Args:
        path: The held-out set.
        table: How spreadsheets are read.

    Returns:
        Only of lines with findings; the others are clean. Rules that are on by default, of no
        target; findings of the file as a whole are of no row.
    """
    from evalkit.lint.engine import check
    from evalkit.lint.settings import Settings

    found: dict[int, set[str]] = {}
    for finding in check([str(path)], Settings(table=table)).findings:
        if finding.row and finding.location.line:
            found.setdefault(finding.location.line, set()).add(finding.name)
    return {line: ",".join(sorted(tags)) for line, tags in found.items()}
