# SPDX-License-Identifier: Apache-2.0
"""How outputs should look, what kinds of outputs there are, and how much each can use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.finding import Severity
from evalkit.core.strings import Language
from evalkit.lint.result import Result

__all__ = ["COLORS", "SARIF_RESULTS", "FileOutput", "Look", "file_output", "kept"]

COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

SARIF_RESULTS = 5_000  # GitHub shows no more of a run and refuses 25,000 (its docs, 2026-11)
_CAPPED = frozenset({"full", "concise", "grouped", "github", "junit", "markdown"})
_COUNTED = frozenset({"statistics", "matrix"})
_MATRIX_KEEPS = 1  # so that a rule's code is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the reader wants to see.

    Attributes:
        color: Whether the stream shows colours.
        max_per_rule: Findings of one rule in one file that are shown; 0 = all.
        language: Of the words around the messages.
        width: Columns of the terminal.
    """

    color: bool = False
    max_per_rule: int = 20
    language: Language = "en"
    width: int = 100


@dataclass(frozen=True, slots=True)
class FileOutput:
    """An output that is no text; it writes its file itself.

    Attributes:
        write: Called with the result, the look and the place.
        suffix: What such files are called, such as ".xlsx".
    """

    write: Callable[[Result, Look, Path], None]
    suffix: str

    def __call__(self, result: Result, look: Look, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            InputError: The place cannot be written.
            MissingExtraError: It takes a package that is not installed.
        """
        self.write(result, look, path)


def file_output(suffix: str) -> Callable[[Callable[[Result, Look, Path], None]], FileOutput]:
    """Decorator: makes a `FileOutput` of a function."""
    return lambda write: FileOutput(write, suffix)


def kept(form: str, max_per_rule: int) -> int | None:
    """How many findings of each rule and file a form can use (`Settings.keep`); None = all.

    Args:
        form: Name of the output; those of third parties get all.
        max_per_rule: As in `Look`.
    """
    name = form.replace("_", "-")
    if name in _COUNTED:
        return _MATRIX_KEEPS
    if name == "sarif":
        return SARIF_RESULTS
    return (max_per_rule or None) if name in _CAPPED else None
