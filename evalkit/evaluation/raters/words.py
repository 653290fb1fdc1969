# SPDX-License-Identifier: Apache-2.0
"""What raters write into the cell of a verdict, English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

__all__ = ["Kind", "Word", "read_word"]

Kind = Literal["pair", "right"]
Word = Literal["A", "B", "tie", "right", "wrong"]

_SKIPPED = {"", "?", "-", "–", "—", "/", "skip", "n/a", "na", "unsure", "unclear", "don't know"}
_SKIPPED |= {"跳过", "不知道", "不确定", "无法判断"}
_PAIR: dict[str, Word] = {
    **dict.fromkeys(("a", "a>b", "b<a", "甲"), "A"),
    **dict.fromkeys(("b", "b>a", "a<b", "乙"), "B"),
    **dict.fromkeys(("tie", "t", "=", "a=b", "b=a", "draw", "equal", "same"), "tie"),
    **dict.fromkeys(("both", "neither", "平", "平手", "平局", "一样", "一样好", "相同"), "tie"),
    **dict.fromkeys(("都好", "都不好", "都差", "差不多"), "tie"),
}
_RIGHT: dict[str, Word] = {
    **dict.fromkeys(("right", "r", "correct", "yes", "y", "1", "true", "ok", "good"), "right"),
    **dict.fromkeys(("✓", "✔", "√", "对", "正确", "是"), "right"),
    **dict.fromkeys(("wrong", "w", "incorrect", "no", "n", "0", "false", "bad"), "wrong"),
    **dict.fromkeys(("x", "×", "✗", "✘", "错", "错误", "不对", "不正确", "否"), "wrong"),
}
# "Reply A", "answer: B", "A is better", "回答 A 更好": the letter is what is meant.
_AROUND = re.compile(
    r"^(?:(?:reply|answer|response|回答|答案|选)[\s:]*)?([ab])(?:\s*(?:is\s+)?better|\s*更好|\s*好)?$"
)


def read_word(cell: str, kind: Kind) -> Word | Literal["?"] | None:
    """The verdict of a cell; None where the rater gave none, "?" where it is not understood.

    Args:
        cell: As typed: case, width and blanks do not matter.
        kind: Whether two answers are compared ("pair") or one is "right" or wrong.
    """
    text = unicodedata.normalize("NFKC", cell).strip().casefold().rstrip(".!。")
    text = re.sub(r"\s*([<>=])\s*", r"\1", text)
    if text in _SKIPPED:
        return None
    if kind == "right":
        return _RIGHT.get(text, "?")
    around = _AROUND.match(text)
    return _PAIR.get(around.group(1) if around else text, "?")
