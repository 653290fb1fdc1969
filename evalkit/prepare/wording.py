# SPDX-License-Identifier: Apache-2.0
"""Plans for people: numbered steps, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.printable import columns, printable
from evalkit.core.strings import Language
from evalkit.lint.phrase import Phrase
from evalkit.prepare.plan import Step, lines_said

__all__ = ["count", "say", "step_lines"]

_WIDTH = 20
_REASONS = 8  # that a step names
_SKIPPED = Phrase("left out as asked", "按要求跳过")


def say(phrase: Phrase, language: Language) -> str:
    """The phrase in one language, safe for the terminal."""
    return printable(format(phrase, language))


def count(number: int, language: Language, noun: str = "row", zh: str = "行") -> str:
    """`1 row`, `2 rows`, `2 行`."""
    if language == "zh":
        return f"{number:,} {zh}"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def step_lines(steps: Sequence[Step], language: Language) -> Iterator[str]:
    """One numbered paragraph for each step; a `!` marks what stops the plan."""
    for number, one in enumerate(steps, 1):
        colon, left, right = ("：", "（", "）") if language == "zh" else (": ", " (", ")")
        rows = f"{count(one.rows, language)}{colon}" if one.rows else ""
        where = say(lines_said(one), language)
        text = f"{rows}{say(one.what, language)}" + (f"{left}{where}{right}" if where else "")
        sign = "!" if one.kind == "stop" else " "
        name = one.name + " " * max(0, _WIDTH - columns(one.name))
        yield f"{sign}{number:>2}  {name}  {text}"
        for why in one.reasons[:_REASONS]:
            named = say(lines_said(why), language)
            said = f"{count(why.rows, language)}{colon}{say(why.what, language)}"
            yield f"{'':{_WIDTH + 7}}- {said}{left}{named}{right}"
        if (more := len(one.reasons) - _REASONS) > 0:
            yield f"{'':{_WIDTH + 7}}+ {count(more, language, 'further reason', '种其他原因')}"
        if one.kind == "skipped":
            yield f"{'':{_WIDTH + 7}}- {say(_SKIPPED, language)}"
        elif one.mend is not None:
            yield f"{'':{_WIDTH + 7}}> {say(one.mend, language)}"
