# SPDX-License-Identifier: Apache-2.0
"""What lint says of the files that a suite rests on, for the record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from evalkit.core.errors import EvalkitError
from evalkit.core.strings import Language
from evalkit.evaluation.linted import LintCount, Linted

if TYPE_CHECKING:
    from evalkit.core.finding import Finding
    from evalkit.data.read import TableOptions
    from evalkit.evaluation.suite import Suite

__all__ = ["LARGEST", "LintCount", "Linted", "linted", "linted_file"]

LARGEST = 16 * 2**20  # bytes of a file that is linted beside a run; others have `evalkit lint`
_LINES = 5
_SLICES = ("extra-top-level-key",)  # a held-out row says by them what slice it is of


def linted(suite: Suite) -> tuple[Linted, ...]:
    """The held-out set and the training file, where they are files.

    Args:
        suite: Whose; rules that are on by default, of no target.
    """
    files: list[tuple[Literal["held-out", "training"], str]] = [("held-out", suite.data)]
    if suite.train:
        files.append(("training", suite.train))
    found = (
        linted_file(suite.folder / name, name, part, table=suite.table) for part, name in files
    )
    return tuple(one for one in found if one is not None)


def linted_file(
    path: Path, name: str, part: Literal["held-out", "training"], *, table: TableOptions
) -> Linted | None:
    """What lint says of one file; None where there is none.

    Args:
        path: Where it is.
        name: As it is shown.
        part: What it is for.
        table: How spreadsheets are read.
    """
    from evalkit.evaluation.questions import fingerprint

    if not path.is_file():
        return None
    digest = fingerprint(path)
    skipped = Linted(path=name, part=part, rows=0, sha256=digest, skipped=True)
    if path.stat().st_size > LARGEST:
        return skipped
    try:
        off = _SLICES if part == "held-out" else ()
        rows, findings = _checked(path, table, "en", ignore=off)
        named = tuple(dict.fromkeys(f.name for f in findings))
        chinese = _checked(path, table, "zh", select=named)[1] if named else []
    except EvalkitError:  # lint says why; a run does not end for it
        return skipped
    if rows is None:
        return skipped
    return Linted(path=name, part=part, rows=rows, sha256=digest, counts=_counts(findings, chinese))


def _checked(
    path: Path,
    table: TableOptions,
    language: Language,
    *,
    select: tuple[str, ...] = ("default",),
    ignore: tuple[str, ...] = (),
) -> tuple[int | None, Sequence[Finding]]:
    """Examples of a file (None: it cannot be read) and what was found."""
    from evalkit.lint.engine import check
    from evalkit.lint.settings import Settings

    settings = Settings(table=table, language=language, select=select, ignore=ignore)
    result = check([str(path)], settings)
    return (result.files[0].examples if result.files else None), result.findings


def _counts(findings: Sequence[Finding], chinese: Sequence[Finding]) -> tuple[LintCount, ...]:
    by: dict[str, list[Finding]] = {}
    for finding in findings:
        by.setdefault(finding.name, []).append(finding)
    zh: dict[str, str] = {}
    for finding in chinese:
        zh.setdefault(finding.name, finding.message)
    ordered = sorted(
        by.items(), key=lambda item: (-max(f.severity for f in item[1]), -len(item[1]))
    )
    return tuple(
        LintCount(
            name=name,
            code=found[0].code,
            severity=max(f.severity for f in found).label,
            count=len(found),
            message=(found[0].message, zh.get(name, found[0].message)),
            lines=tuple(f.location.line for f in found if f.location.line)[:_LINES],
        )
        for name, found in ordered
    )
