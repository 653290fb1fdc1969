# SPDX-License-Identifier: Apache-2.0
"""Which files are meant: paths, folders and globs in, data sets out, in an order that never varies.

A file that is named is taken as it is. What is found in a folder or by a glob is what the `include`
patterns want and the `exclude` patterns leave, and may turn out to be no training data at all
(`why_not_training`): the world is full of JSONL.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language

__all__ = [
    "EXCLUDE",
    "INCLUDE",
    "Discovery",
    "Found",
    "Patterns",
    "discover",
    "matches",
    "why_not_training",
]

# Tables and JSON documents are too often something else to be linted unasked.
INCLUDE = (
    "*.jsonl", "*.jsonl.gz", "*.jsonl.zst", "*.ndjson", "*.ndjson.gz", "*.ndjson.zst",
)  # fmt: skip
EXCLUDE = (
    ".bzr", ".cache", ".direnv", ".eggs", ".evalkit", ".git", ".hg", ".huggingface", ".hypothesis",
    ".idea", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pyenv", ".pytest_cache", ".ruff_cache",
    ".svn", ".tox", ".venv", ".vscode", "__pycache__", "__pypackages__", "node_modules",
    "site-packages", "venv",
)  # fmt: skip

_WILD = re.compile(r"[*?\[]")
_SUFFIX = re.compile(r"\.[^*?\[\]/\\]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """What is looked for in folders.

    Patterns without a slash are of names (of files, and for `exclude` of folders too); the others
    are of paths below `folder`. `**` stands for any number of folders.

    Attributes:
        include: Which files of a folder are data sets.
        exclude: Which files and folders are left out of what is found.
        folder: What patterns with a slash are relative to: that of the configuration file.
        force: Whether `exclude` holds for paths that are named, too, and named files may turn out
            to be no training data: for hooks, which name every file that changed.
        search: Whether `include` is looked for in `folder` where no path is given.
    """

    include: tuple[str, ...] = INCLUDE
    exclude: tuple[str, ...] = EXCLUDE
    folder: Path = Path()
    force: bool = False
    search: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at.

    Attributes:
        path: As the user wrote it, or below the folder that the user wrote.
        named: Whether it was meant by its name, and is a data set by that.
    """

    path: str
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What was meant.

    Attributes:
        files: In the order of the arguments, those of a folder by their paths; none twice.
        excluded: Named files that were left out (`Patterns.force`).
        absent: One line for each argument that means no file.
    """

    files: tuple[Found, ...] = ()
    excluded: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def discover(arguments: Sequence[str], patterns: Patterns = Patterns()) -> Discovery:
    """The files that some arguments mean.

    A named file need not exist: whoever opens it says so best. Links to files are followed, links
    to folders inside folders are not: they may lead back up.

    Args:
        arguments: Files, folders, globs (quoted ones, or where the shell has none), `-`; where
            there is none, the whole of `patterns.folder` is searched if it is to be.
        patterns: What to look for in folders.
    """
    files: dict[str, Found] = {}
    excluded: list[str] = []
    absent: list[str] = []
    everything = [_shown(patterns.folder)] if patterns.search and not arguments else []
    for argument in (*arguments, *everything):
        if patterns.force and argument != "-" and _is_excluded(argument, patterns):
            excluded.append(argument)
        elif not _is_many(argument):
            _add(files, Found(argument, named=argument == "-" or not patterns.force))
        else:
            folder = Path(argument).is_dir()
            found = (_in_folder if folder else _by_glob)(argument, patterns)
            paths = sorted(found, key=lambda path: PurePath(path).parts)
            for path in paths:
                _add(files, Found(path, named=False))
            if not paths:
                absent.append(_nothing_in(argument, patterns, folder=folder))
    return Discovery(files=tuple(files.values()), excluded=tuple(excluded), absent=tuple(absent))


def _add(files: dict[str, Found], found: Found) -> None:
    """Once each: a file that is named and found is named."""
    key = os.path.normcase(os.path.normpath(found.path)) if found.path != "-" else "-"
    known = files.get(key)
    if known is None or (found.named and not known.named):
        files[key] = Found(known.path if known else found.path, found.named)


def _is_many(argument: str) -> bool:
    if argument == "-" or Path(argument).is_file():
        return False
    return Path(argument).is_dir() or _WILD.search(argument) is not None


def _nothing_in(place: str, patterns: Patterns, *, folder: bool) -> str:
    if not folder:
        return f"no file matches `{printable(place)}`"
    looked_for = ", ".join(map(printable, patterns.include))
    return (
        f"no data set in {printable(place)}: looked for {looked_for}; "
        "name other files, or set `include` in the configuration"
    )


def _shown(folder: Path) -> str:
    """A folder as seen from here."""
    try:
        return os.path.relpath(folder)
    except ValueError:  # another drive
        return f"{folder}"


def _in_folder(folder: str, patterns: Patterns) -> Iterator[str]:
    """What `include` wants and `exclude` leaves of a folder and those below it."""
    for path in _walked(folder, patterns):
        if any(matches(one, path, patterns.folder) for one in patterns.include):
            yield path


def _by_glob(glob: str, patterns: Patterns) -> Iterator[str]:
    """The files that a glob means.

    A glob that ends in a suffix (`*.csv`) says what it wants; one that does not (`data/*`) means
    the data sets there.
    """
    parts = PurePath(glob).parts
    fixed = next(i for i, part in enumerate(parts) if _WILD.search(part))
    start = str(PurePath(*parts[:fixed])) if fixed else "."
    depth = None if "**" in parts else len(parts) - 1
    expression = _compiled(_posix(glob))
    particular = _SUFFIX.search(glob) is not None
    for path in _walked(start, patterns, depth):
        if expression.fullmatch(_posix(path)) and (
            particular or any(matches(one, path, patterns.folder) for one in patterns.include)
        ):
            yield path


def _walked(folder: str, patterns: Patterns, depth: int | None = None) -> Iterator[str]:
    """Files in a folder and below that `exclude` leaves; `depth`: most folders in their paths."""
    for place, folders, names in os.walk(folder):
        here = PurePath(place)
        if depth is not None and len(here.parts) >= depth:
            folders.clear()
        folders[:] = [one for one in folders if not _left_out(str(here / one), patterns)]
        for name in names:
            path = str(here / name)
            if not _left_out(path, patterns) and Path(path).is_file():
                yield path


def _is_excluded(path: str, patterns: Patterns) -> bool:
    """Whether a named path, or a folder above it, is left out."""
    parts = PurePath(_below(path, patterns.folder)).parts
    if parts[:1] == ("..",) or PurePath(*parts).is_absolute():
        return _left_out(path, patterns)  # elsewhere: the folders above it are nobody's business
    above = [str(patterns.folder.joinpath(*parts[: i + 1])) for i in range(len(parts))]
    return any(_left_out(one, patterns) for one in above)


def _left_out(path: str, patterns: Patterns) -> bool:
    return any(matches(one, path, patterns.folder) for one in patterns.exclude)


def matches(pattern: str, path: str, folder: Path = Path()) -> bool:
    """Whether a path matches a glob.

    Args:
        pattern: Without a slash: of the last part of the path. With one: of the whole path as seen
            from `folder`, or of the absolute one where the pattern is absolute.
        path: As seen from the working directory.
        folder: What the pattern is relative to.
    """
    wanted = _posix(pattern).removeprefix("./").rstrip("/")
    if "/" not in wanted:
        return _compiled(wanted).fullmatch(_posix(PurePath(path).name)) is not None
    there = str(Path(path).absolute()) if PurePath(pattern).is_absolute() else _below(path, folder)
    return _compiled(wanted).fullmatch(_posix(there)) is not None


def _below(path: str, folder: Path) -> str:
    """The path as seen from a folder."""
    if folder == Path() and not PurePath(path).is_absolute():
        return os.path.normpath(path)
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path


def _posix(path: str) -> str:
    """Slashes on every system, lower case where case does not count; no `./` at its start."""
    return os.path.normcase(path).replace(os.sep, "/").removeprefix("./")


@cache
def _compiled(glob: str) -> re.Pattern[str]:
    """The expression of a glob over a path with slashes; `**` is any number of folders."""
    parts = glob.split("/")
    expression = ""
    for part in parts[:-1]:
        expression += "(?:[^/]*/)*" if part == "**" else _part(part) + "/"
    return re.compile(expression + (".*" if parts[-1] == "**" else _part(parts[-1])), re.DOTALL)


def _part(part: str) -> str:
    """The expression of one part of a path; a class that is none is text."""
    whole = "".join(_piece(piece) for piece in re.split(r"(\*+|\?|\[!?[^\]]+\])", part))
    try:
        re.compile(whole)
    except re.error:  # such as [z-a]
        return re.escape(part)
    return whole


def _piece(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if len(piece) > 2 and piece.startswith("[") and piece.endswith("]"):
        negated = piece.startswith("[!")
        inside = re.sub(r"(.)-(.)|.", _of_class, piece[1 + negated : -1], flags=re.DOTALL)
        return f"[{'^' * negated}{inside}]"
    return re.escape(piece)


def _of_class(match: re.Match[str]) -> str:
    low, high = match.groups()
    return f"{re.escape(low)}-{re.escape(high)}" if low else re.escape(match.group())


def why_not_training(path: str, language: Language = "en", **reading: Any) -> str:
    """Why a file that was found is no training data, in a sentence; "" where it is, or might be.

    Told from its first rows: those that evalkit itself wrote, and rows of JSON none of which has a
    known layout. A file in which nothing can be parsed may be a broken data set: that is for lint.

    Args:
        path: The file.
        language: Of the sentence.
        reading: As for `open_data`.

    Raises:
        InputError: The file cannot be read.
        MissingExtraError: As `open_data`.
    """
    from evalkit.data.read import open_data
    from evalkit.data.recognise import LOOK_AT

    if path.endswith((".rejected.jsonl", ".rejected.jsonl.gz")):
        return _SENTENCES["rejected"][language]
    data = open_data(path, **reading)
    if data.container not in ("jsonl", "json"):
        return ""
    rows = [one.value for one in islice(iter(data), LOOK_AT) if one.broken is None]
    if rows and (kind := _own(rows[0])):
        return _SENTENCES[kind][language]
    if data.format is not None or not rows:
        return ""
    keys = ", ".join(f"`{excerpt(str(key), 30)}`" for key in list(rows[0])[:5]) or "{}"
    return _SENTENCES["unknown"][language].format(keys=keys)


_SENTENCES: dict[str, dict[Language, str]] = {
    "unknown": {
        "en": "no training data: no known layout has the keys {keys}",
        "zh": "不是训练数据：没有哪种已知格式含有键 {keys}",
    },
    "samples": {"en": "the rows of an evaluation run", "zh": "评测运行的结果行"},
    "answers": {"en": "recorded answers", "zh": "录制的回答"},
    "rejected": {"en": "rows that were set aside by --drop", "zh": "由 --drop 移出的行"},
}


def _own(row: Any) -> str:
    """What of ours begins with such a row: a run, a recording, rows set aside."""
    if not isinstance(row, dict):
        return ""
    if row.keys() == {"reason", "line", "row"}:
        return "rejected"
    if isinstance(row.get("reply"), dict) and "messages" in row:
        return "answers"
    if isinstance(row.get("answers"), dict) and row.keys() >= {"id", "messages", "line"}:
        return "samples"
    return ""
