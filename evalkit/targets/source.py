# SPDX-License-Identifier: Apache-2.0
"""Where a figure stands and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["OLD_DAYS", "Source"]

OLD_DAYS = 180  # a figure older than this is said to be old


@dataclass(frozen=True, slots=True)
class Source:
    """Who said so, and when.

    Attributes:
        as_of: When the source said so.
        source: Where it stands, as a URL or in words.
    """

    as_of: date
    source: str

    def old(self, today: date) -> bool:
        """Whether it was said more than 180 days ago."""
        return (today - self.as_of).days > OLD_DAYS
