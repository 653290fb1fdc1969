# SPDX-License-Identifier: Apache-2.0
"""What a rule yields (Fault) and what the engine makes of it (Finding)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

from evalkit.core.location import Location

__all__ = ["Fault", "Finding", "Fix", "Safety", "Severity"]

Safety = Literal["safe", "unsafe", "drop"]


class Severity(IntEnum):
    """How bad; ordered, so that `--fail-on warning` is a comparison."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The word that users see and type."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend one example: a new value, new bytes, or setting it aside.

    Attributes:
        safety: "safe" (same meaning), "unsafe" (may change it), "drop" (the row is set aside).
        value: The mended value of the whole example, where the fix is one of values.
        raw: The mended bytes of the record, where the fix is one of bytes (b"" deletes the line).
        edits: JSON pointer to new value, for the fixes that several rules may add to one example.
        transcode: Write the whole file anew as UTF-8 without byte order mark.
    """

    safety: Safety
    value: Any = None
    raw: bytes | None = None
    edits: Mapping[str, Any] = field(default_factory=dict)
    transcode: bool = False

    @classmethod
    def drop(cls) -> Fix:
        """Set the example aside, with its reason."""
        return cls("drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault as a rule sees it; the engine adds rule, severity and location.

    Attributes:
        pointer: JSON pointer into the example ("" is the example itself).
        args: Arguments of the message, made printable by the engine; values only, no line
            numbers (use a Location: they are final only when shards are joined).
        fix: How to mend it.
        location: For rules of scope `file` and `corpus`, which report after the reading.
    """

    pointer: str = ""
    args: Mapping[str, object] = field(default_factory=dict)
    fix: Fix | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault with everything that an output needs.

    Attributes:
        code: Such as "ROL001".
        name: Such as "missing-assistant-message".
        severity: As the target sets it.
        location: Where.
        message: One line, in the chosen language, printable.
        pointer: JSON pointer into the example.
        cell: Cell name such as "C17" for tables.
        fix: How to mend it, if it can be.
        row: First 16 hex digits of the SHA-256 of the record's bytes, "" where it is of no record:
            what baselines and fingerprints go by, since lines move.
    """

    code: str
    name: str
    severity: Severity
    location: Location
    message: str
    pointer: str = ""
    cell: str | None = None
    fix: Fix | None = None
    row: str = ""
