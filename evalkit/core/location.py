# SPDX-License-Identifier: Apache-2.0
"""Where something stands in a source."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["Location"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where an example or a finding stands.

    Attributes:
        source: The path as the user wrote it.
        line: Physical line, 1-based; the spreadsheet row for tables; None for the whole file.
        end_line: Last physical line, inclusive; equals `line` for a record on one line.
        number: Example number, 1-based, as providers count them; None for the whole file.
        start: First byte in the decompressed source.
        end: One past the last byte.
        sheet: Sheet of a workbook.
    """

    source: str
    line: int | None = None
    end_line: int | None = None
    number: int | None = None
    start: int = 0
    end: int = 0
    sheet: str | None = None

    def moved(self, lines: int, numbers: int) -> Location:
        """The same place, so many lines and examples further down; a whole file stays."""
        if self.line is None:
            return self
        return replace(
            self,
            line=self.line + lines,
            end_line=None if self.end_line is None else self.end_line + lines,
            number=None if self.number is None else self.number + numbers,
        )

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}" if self.line is not None else self.source
        return f"{where} ({self.sheet})" if self.sheet else where
