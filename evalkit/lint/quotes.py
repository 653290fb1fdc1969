# SPDX-License-Identifier: Apache-2.0
"""Excerpts for findings that were known only when their examples had passed (duplicates, leaks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evalkit.core.finding import Finding
from evalkit.core.location import Location
from evalkit.lint.result import FileReport
from evalkit.lint.secrets import quoted

__all__ = ["late_excerpts"]

_EACH = 100  # of each rule and file
_WINDOW = 8192  # bytes that are read for an excerpt
_WIDTH = 96


def late_excerpts(
    findings: Sequence[Finding],
    files: Iterable[FileReport],
    known: Mapping[tuple[Location, str], str],
) -> dict[tuple[Location, str], str]:
    """Excerpts of the first such findings, read again from plain UTF-8 files by their spans."""
    plain = {f.path for f in files if f.container == "jsonl" and f.encoding == "utf-8"}
    seen: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[Location, str], str] = {}
    for finding in findings:
        place = finding.location
        key = (place, finding.pointer)
        if key in known or place.line is None or place.source not in plain:
            continue
        seen[place.source, finding.name] += 1
        if seen[place.source, finding.name] <= _EACH:
            found[key] = _read(place)
    return {key: text for key, text in found.items() if text}


def _read(place: Location) -> str:
    try:
        with Path(place.source).open("rb") as stream:
            if stream.read(2) == b"\x1f\x8b":  # packed: spans count unpacked bytes
                return ""
            stream.seek(place.start)
            raw = stream.read(min(_WINDOW, place.end - place.start))
    except OSError:
        return ""
    return quoted(raw.rstrip(b"\r\n").decode("utf-8", "replace"), _WIDTH)
