# SPDX-License-Identifier: Apache-2.0
"""Findings that are known: a file of them, what is new beside it, and what of it is gone.

A finding is known by its rule and by the bytes of its row: rows may move, also to another file. One
of a whole file is known by its rule and the file's path. How often counts: a fourth copy of a row
of which three are known is new. The file is sorted, one finding a line, without any clock value, so
that its changes read well in git (schemas/baseline.schema.json).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.core.errors import InputError, UsageError
from evalkit.core.finding import Finding

__all__ = ["Baseline", "Known", "read_baseline", "renewed", "unknown", "write_baseline"]

_SCHEMA = 1


class Known(NamedTuple):
    """A kind of finding that is known.

    Attributes:
        path: The file that it stood in, with slashes, as seen from the baseline's folder.
        rule: Name of the rule.
        row: As in `Finding`; "" for a finding of the whole file.
    """

    path: str
    rule: str
    row: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.rule, self.row or f"file {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is known.

    Attributes:
        place: The file of it; paths in it are seen from its folder.
        counts: How often each is known.
    """

    place: Path
    counts: Mapping[Known, int] = field(default_factory=dict)

    def of(self, finding: Finding) -> Known:
        """What the finding would be known as."""
        path = self.seen(finding.location.source)
        return Known(path, finding.name, finding.row)

    def seen(self, path: str) -> str:
        """A path as it stands in the file."""
        if path == "-":
            return path
        try:
            return Path(os.path.relpath(path, self.place.parent)).as_posix()
        except ValueError:  # another drive
            return Path(path).as_posix()


def read_baseline(path: str | Path) -> Baseline:
    """The baseline in a file.

    Raises:
        InputError: The file is missing, or is no baseline.
    """
    place = Path(path)
    again = "write it anew: --baseline FILE --write-baseline"
    try:
        document = json.loads(place.read_bytes())
        version = document["schema"]
        counts: Counter[Known] = Counter()
        for entry in document["findings"]:
            known = Known(_text(entry["path"]), _text(entry["rule"]), _text(entry.get("row", "")))
            counts[known] += _number(entry["count"])
    except FileNotFoundError as error:
        raise InputError(f"no such baseline: {place}", again) from error
    except OSError as error:
        raise InputError(f"{place} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{place} is no baseline", again) from error
    if version != _SCHEMA:
        raise InputError(f"{place} is a baseline of another version of evalkit", again)
    return Baseline(place=place, counts=dict(counts))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise TypeError
    return value


def unknown(findings: Iterable[Finding], baseline: Baseline) -> tuple[Finding, ...]:
    """The findings that the baseline does not know, in their order."""
    left = _by_key(baseline.counts)
    new = []
    for finding in findings:
        key = baseline.of(finding).key
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(finding)
    return tuple(new)


def renewed(
    baseline: Baseline,
    findings: Sequence[Finding],
    *,
    linted: Collection[str],
    rules: Collection[str],
    add: bool,
) -> Baseline:
    """The baseline as it is after a lint: what no longer occurs is gone.

    What the lint cannot have seen stays: other files that still exist, rules that did not run.

    Args:
        baseline: As it was.
        findings: All of the lint, known ones too.
        linted: Paths of the files that were looked at, whole.
        rules: Names of the rules that ran.
        add: Whether new findings become known.
    """
    looked_at = {baseline.seen(path) for path in linted}
    folder = baseline.place.parent
    kept = {
        known: number
        for known, number in baseline.counts.items()
        if known.rule not in rules
        or (known.path not in looked_at and (folder / known.path).exists())
    }
    counts = Counter(kept)
    room = _by_key(baseline.counts) - _by_key(kept)  # pruning never makes more findings known
    for finding in findings:
        known = baseline.of(finding)
        if add or room[known.key] > 0:
            room[known.key] -= 1
            counts[known] += 1
    return Baseline(place=baseline.place, counts=dict(counts))


def _by_key(counts: Mapping[Known, int]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for known, number in counts.items():
        sums[known.key] += number
    return sums


def write_baseline(baseline: Baseline) -> None:
    """Write it to its place, whole or not at all; equal baselines, equal bytes.

    Raises:
        InputError: The place cannot be written.
        UsageError: The place is a folder.
    """
    from evalkit.core.atomic import write_text

    if baseline.place.is_dir():
        raise UsageError(f"{baseline.place} is a folder", "--baseline names a file")
    entries = [
        json.dumps(
            {"path": known.path, "rule": known.rule, "row": known.row, "count": number},
            ensure_ascii=False,
        )
        for known, number in sorted(baseline.counts.items())
    ]
    lines = ",\n".join(entries)
    write_text(baseline.place, f'{{"schema": {_SCHEMA}, "findings": [\n{lines}\n]}}\n')
