# SPDX-License-Identifier: Apache-2.0
"""Files that a configuration of promptfoo names: texts, tables and documents below its folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.core.printable import excerpt
from evalkit.starter.carried import Left
from evalkit.starter.documents import yaml_of

__all__ = ["Files"]

_MOST_BYTES = 50 << 20
_PREFIXES = {
    "contains": "contains", "icontains": "icontains", "equals": "equals",
    "llm-rubric": "llm-rubric",
    "grade": "llm-rubric", "contains-all": "contains-all", "icontains-all": "icontains-all",
    "is-json": "is-json", "similar": "similar", "factuality": "factuality", "rouge-n": "rouge-n",
    "python": "python", "javascript": "javascript", "fn": "javascript", "eval": "javascript",
    "regex": "regex", "starts-with": "starts-with", "contains-any": "contains-any",
}  # fmt: skip


class Files:
    """Reads what lies in the configuration's folder or below; the rest is named as left out."""

    def __init__(self, folder: Path, left: Left) -> None:
        self._folder = folder.resolve()
        self._left = left

    def _read(self, name: str) -> str | None:
        shown = excerpt(name, 80)
        bare = name.removeprefix("file://")
        try:
            path = (self._folder / bare).resolve()
            if not path.is_relative_to(self._folder):
                self._left.add(f"{shown}: it lies outside of the folder of the configuration")
                return None
            if not path.is_file() or path.stat().st_size > _MOST_BYTES:
                self._left.add(f"{shown}: no such file")
                return None
            return path.read_bytes().decode("utf-8-sig")
        except (OSError, ValueError):  # UnicodeDecodeError is one; so is a NUL in a path
            self._left.add(f"{shown}: it cannot be read as UTF-8")
            return None

    def text(self, name: str) -> str:
        """The text of a file, "" where there is none."""
        return self._read(name) or ""

    def document(self, name: str) -> Any:
        """The YAML or JSON of a file; None where there is none."""
        text = self._read(name)
        return None if text is None else yaml_of(text)

    def prompts(self, name: str) -> Iterator[str]:
        """The prompts of a file: parted by lines of `---` in a text."""
        if not name.lower().endswith((".txt", ".md", ".json", ".yaml", ".yml")):
            self._left.add(f"prompt {excerpt(name, 80)}: it is a program or a table")
            return
        text = self._read(name)
        if text is None:
            return
        if name.lower().endswith((".txt", ".md")):
            yield from (
                part for part in text.replace("\r\n", "\n").split("\n---\n") if part.strip()
            )
        else:
            yield text

    def tests(self, name: str) -> Iterator[Any]:
        """The tests of a CSV, JSON lines, JSON or YAML file."""
        lower = name.lower()
        if not lower.endswith((".csv", ".jsonl", ".json", ".yaml", ".yml")) or "*" in name:
            self._left.add(f"tests {excerpt(name, 80)}: neither CSV, JSON nor YAML by its name")
            return
        text = self._read(name)
        if text is None:
            return
        if lower.endswith(".csv"):
            yield from self._of_table(text)
        elif lower.endswith(".jsonl"):
            for line in text.splitlines():
                if line.strip():
                    try:
                        yield json.loads(line)
                    except (ValueError, RecursionError):
                        self._left.add(f"lines of {excerpt(name, 80)} that are no JSON")
        else:
            value = yaml_of(text)
            yield from value if isinstance(value, list) else [value]

    def _of_table(self, text: str) -> Iterator[Mapping[str, Any]]:
        """Columns are variables; those named `__expected…` assert."""
        try:
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
        except csv.Error:
            self._left.add("a table of tests that cannot be read")
            return
        for row in rows:
            told, asserted = {}, []
            for column, cell in row.items():
                if column is None or cell is None:
                    continue
                if column.startswith("__expected"):
                    if cell.strip():
                        asserted.append(_assertion(cell))
                elif column.startswith("__"):
                    if column != "__description":
                        self._left.add(f"column {excerpt(column, 40)}")
                else:
                    told[column.strip()] = cell
            yield {"vars": told, "assert": asserted}


def _assertion(cell: str) -> dict[str, Any]:
    """`contains: x` as an assertion; a bare text is what the answer must equal."""
    head, colon, rest = cell.partition(":")
    kind, _, bound = head.strip().partition("(")
    if cell.strip() == "is-json":
        return {"type": "is-json"}
    if not colon or kind.removeprefix("not-") not in _PREFIXES:
        return {"type": "equals", "value": cell.strip()}
    told = _PREFIXES[kind.removeprefix("not-")]
    found: dict[str, Any] = {"type": f"not-{told}" if kind.startswith("not-") else told}
    value: Any = rest.strip()
    if told.endswith("-all"):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if bound:
        try:
            found["threshold"] = float(bound.rstrip(" )"))
        except ValueError:
            found["threshold"] = bound
    return {**found, "value": value}
