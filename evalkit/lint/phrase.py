# SPDX-License-Identifier: Apache-2.0
"""Arguments of messages that say different things in different languages."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Phrase"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a rule that has more than one thing to say.

    One template takes `{what:en}`, the other `{what:zh}`. Data in it must be `quoted` first.
    """

    en: str
    zh: str

    def __format__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en
