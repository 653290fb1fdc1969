# SPDX-License-Identifier: Apache-2.0
"""Finds things by name from file names alone; nothing is registered, nothing is imported early.

A kind of thing is a folder; file `x_y.py` in it defines `x_y`, which users call `x-y`; files that
begin with `_` are private. Third parties add theirs by entry points of the group `evalkit.<kind>`.
"""

from __future__ import annotations

import os
import sys
import warnings
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["KINDS", "find", "foreign", "loaded", "modules", "names", "suggestion"]

KINDS = {
    "rules": "evalkit.lint.rules",
    "outputs": "evalkit.lint.outputs",
    "readers": "evalkit.data.readers",
    "writers": "evalkit.data.writers",
    "formats": "evalkit.data.formats",
    "models": "evalkit.models",
    "recordings": "evalkit.models.recordings",
    "scorers": "evalkit.scorers",
    "metrics": "evalkit.metrics",
    "proposals": "evalkit.prepare.proposals",
    "sections": "evalkit.report.sections",
    "run_outputs": "evalkit.report.outputs",
    "jobs": "evalkit.jobs.providers",
}


def _python_files(folder: Traversable, package: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in folder.iterdir():
        stem, dot, suffix = entry.name.partition(".")
        if stem.startswith("_"):
            continue
        if entry.is_dir() and f"{package}.{stem}" not in KINDS.values():  # a kind of its own
            found |= _python_files(entry, f"{package}.{stem}")
        elif dot and suffix == "py":
            found[stem.replace("_", "-")] = f"{package}.{stem}"
    return found


@cache
def modules(kind: str) -> dict[str, str]:
    """Name to dotted module of everything of a kind that evalkit brings, sorted by name."""
    package = KINDS[kind]
    return dict(sorted(_python_files(files(package), package).items()))


@cache
def foreign(kind: str) -> dict[str, EntryPoint]:
    """Name to entry point of everything of a kind that installed packages add, sorted by name.

    The environment variable EVALKIT_PLUGINS, where it is set, names the packages that count,
    separated by commas; empty = none.
    """
    allowed = os.environ.get("EVALKIT_PLUGINS")
    if allowed is not None and not allowed.strip():
        return {}
    if "importlib.metadata" not in sys.modules and not _declared_anywhere():
        return {}
    from importlib.metadata import entry_points  # 40 ms that most calls never need

    wanted = None if allowed is None else {_package(name) for name in allowed.split(",")}
    points = [p for p in entry_points(group=f"evalkit.{kind}") if _counts(p, wanted)]
    return {point.name: point for point in sorted(points, key=lambda p: (p.name, p.value))}


@cache
def _declared_anywhere() -> bool:
    """Whether an installed package declares an entry point for evalkit; a quick look, 5 ms.

    Where packages may lie in something else than folders the answer is yes: look properly.
    """
    for place in map(Path, filter(None, sys.path)):
        if place.is_file():
            return True
        for found in (*place.glob("*.dist-info"), *place.glob("*.egg-info")):
            try:
                if b"[evalkit." in (found / "entry_points.txt").read_bytes():
                    return True
            except OSError:
                continue
    return False


def _counts(point: EntryPoint, wanted: set[str] | None) -> bool:
    return wanted is None or (point.dist is not None and _package(point.dist.name) in wanted)


def _package(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


def loaded(point: EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        UsageError: It does not load, in whatever way; that is one warning too.
    """
    try:
        return point.load()
    except Exception as error:  # a plug-in may fail in any way; the rest must go on
        why = excerpt(str(error), 200)
        warnings.warn(f"plug-in {point.value} does not load: {why}", stacklevel=2)
        raise UsageError(f"the plug-in `{point.name}` ({point.value}) does not load") from error


def names(kind: str) -> list[str]:
    """Every name of a kind, ours and third parties', sorted."""
    return sorted({*modules(kind), *foreign(kind)})


def find(kind: str, name: str) -> Any:
    """The thing of that kind and name.

    Raises:
        UsageError: No such name; the message lists the known ones.
    """
    wanted = name.replace("_", "-")
    if module := modules(kind).get(wanted):
        return getattr(import_module(module), module.rpartition(".")[2])
    if point := foreign(kind).get(wanted):
        return loaded(point)
    known = names(kind)
    raise UsageError(
        f"no {kind[:-1]} named `{name}`{suggestion(wanted, known)}", f"known: {', '.join(known)}"
    )


def suggestion(word: str, known: list[str]) -> str:
    """`; did you mean ...?` for a near miss, else the empty string."""
    near = get_close_matches(word, known, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
