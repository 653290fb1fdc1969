# SPDX-License-Identifier: Apache-2.0
"""Which tool a file is of, and the set-up that is made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import printable
from evalkit.starter.carried import Carried, files_of
from evalkit.starter.documents import json_rows, yaml_of
from evalkit.starter.openai_evals import carried_evals, is_eval, is_item, is_run
from evalkit.starter.promptfoo import carried_promptfoo, is_promptfoo
from evalkit.starter.start import Start, known_suites, shared_files
from evalkit.starter.suite_text import suite_path
from evalkit.starter.writing import NewFile

__all__ = ["carried_start"]

_SUFFIXES = (".json", ".jsonl", ".yaml", ".yml")
_MOST_BYTES = 200 << 20


def carried_start(folder: Path, sources: Sequence[Path]) -> Start:
    """Suites from the configurations and exports of other tools.

    Args:
        folder: Where they are written.
        sources: Files, and folders of exports.

    Raises:
        InputError: One cannot be read.
        UsageError: None of them is a configuration or an export that is known, or nothing of it can
            be asked here.
    """
    documents: list[tuple[Path, Any]] = []
    rows: list[tuple[Path, Mapping[str, Any]]] = []
    configurations: list[tuple[Path, Mapping[str, Any]]] = []
    strange = []
    for path in _files(sources):
        known = False
        for value in _values(path):
            known = True
            if is_promptfoo(value):
                configurations.append((path, value))
            elif is_eval(value) or is_run(value):
                documents.append((path, value))
            elif is_item(value):
                rows.append((path, value))
            else:
                known = False
        if not known:
            strange.append(path)
    if not configurations and not any(is_eval(value) for _, value in documents):
        named = ", ".join(printable(str(path)) for path in (strange or sources)[:3])
        raise UsageError(
            f"{named}: neither a configuration of promptfoo nor an eval of OpenAI's",
            "promptfooconfig.yaml has `prompts` and `providers`, an exported eval has "
            "`testing_criteria`; answers of other tools: evalkit compare FILE",
        )
    carried = [one for path, value in configurations for one in carried_promptfoo(path, value)]
    carried += carried_evals(documents, rows)
    return _started(folder, carried, strange)


def _started(folder: Path, carried: Sequence[Carried], strange: Sequence[Path]) -> Start:
    files: list[NewFile] = []
    notes = []
    for one in carried:
        files += files_of(one)
        notes += [(f"not carried: {line}", f"未带过来：{line}") for line in one.left.lines()]
    notes += [
        (f"not read: {printable(str(path))}", f"未读：{printable(str(path))}") for path in strange
    ]
    suites = [suite_path(one.name) for one in carried]
    paths = sorted({*known_suites(folder), *suites})
    shared = shared_files(folder, paths)
    return Start(
        files=(*files, *shared),
        suites=paths,
        first=suites[0],
        notes=tuple(dict.fromkeys(notes)),
        dry=True,
    )


def _files(sources: Sequence[Path]) -> Iterator[Path]:
    for path in sources:
        if path.is_dir():
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES)
        else:
            yield path


def _values(path: Path) -> Iterator[Any]:
    """The documents of a file: one, a list, a page of the API, or lines."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{printable(str(path))} is too large for a configuration")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(
            f"cannot read {printable(str(path))}: {error.strerror}", "is the path right?"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{printable(str(path))} is not UTF-8", "save it as UTF-8") from error
    if path.suffix.lower() == ".jsonl":
        yield from json_rows(text)
        return
    value = _document(text, path)
    if isinstance(value, Mapping) and isinstance(value.get("data"), list) and not is_eval(value):
        value = value["data"]
    if isinstance(value, Mapping) and not is_eval(value) and {"eval", "runs"} & value.keys():
        parts = [value.get("eval"), *(value.get("runs") or ())]
        yield from (part for part in parts if part is not None)
        return
    yield from value if isinstance(value, list) else [value]


def _document(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        rows = json_rows(text) if path.suffix.lower() == ".json" else []
        return rows or yaml_of(text)
