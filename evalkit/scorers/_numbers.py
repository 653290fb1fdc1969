# SPDX-License-Identifier: Apache-2.0
"""Numbers in a text, as people write them: 1,234.50, 12 %, 3/4, 1.5e6, 3.2万, 三百二十, ４２."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from evalkit.scorers._chinese_numbers import CHINESE, chinese_number

__all__ = ["Number", "numbers_in", "stated_numbers"]

_LONGEST = 300  # digits: nobody means more, and Python refuses to read 4,301
_MARKS, _NEAR = 20, 400  # marks of an answer that are looked at, and how far behind each
_SCALES = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "k": 10**3,
    "百": 100,
    "千": 10**3,
    "万": 10**4,
    "萬": 10**4,
    "亿": 10**8,
    "億": 10**8,
    "万亿": 10**12,
}
_PLAIN = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
# A name is no number (v2, 1.2.3), and the minus of "3 - 2" is no sign.
_NUMBER = re.compile(
    rf"(?<![A-Za-z0-9_.])(?:(?<![\d)\]])(?<![\d)\]] )(?P<sign>[-+])\s?)?(?:[$€£¥]\s?)?"
    rf"(?P<number>{_PLAIN})"
    r"(?:[eE](?P<exponent>[-+]?\d{1,3})(?!\w)"
    r"|\s?(?:×|x|\*|\\times)\s?10\s?\^\s?\{?(?P<power>[-+]?\d{1,3})\}?"
    r"|\s?/\s?(?P<below>\d+(?:\.\d+)?)(?![\d/]))?"
    r"\s?(?P<scale>万亿|千(?![克米瓦卡帕兆])|[百万萬亿億]"
    r"|k(?![A-Za-z])|(?:thousand|million|billion|trillion)\b)?"
    r"\s?(?P<percent>\\?%|percent\b|per cent\b|个百分点)?",
    re.IGNORECASE,
)
_LATEX = re.compile(r"\\d?frac\s*\{\s*(-?\d+(?:\.\d+)?)\s*\}\s*\{\s*(\d+(?:\.\d+)?)\s*\}")
_MINUS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "⁄": "/", "∕": "/"})
# What comes after is the answer: GSM8K's mark, LaTeX's box, and words of both languages.
_STATED = re.compile(
    r"####\s*|\\boxed\s*\{|(?:the\s+)?(?:final\s+)?(?:answer|result|total)\s*(?:is|:|=)+\s*"
    r"|(?:最终)?(?:答案|结果)\s*(?:为|是|:|=)+\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a text holds.

    Attributes:
        value: Exact; of "12 %" it is 12.
        percent: Whether it is written as a percentage.
    """

    value: Fraction
    percent: bool = False

    def values(self) -> tuple[Fraction, ...]:
        """What it may mean: "12 %" is 12 of a hundred, and where 12 is asked for also 12."""
        return (self.value / 100, self.value) if self.percent else (self.value,)


def numbers_in(text: str) -> list[Number]:
    """The numbers of a text in their order; Chinese numerals where there are no digits."""
    plain = _LATEX.sub(r" \1/\2 ", _folded(text))
    found = [number for match in _NUMBER.finditer(plain) if (number := _number(match))]
    if found:
        return found
    chinese = (chinese_number(match, plain) for match in CHINESE.finditer(plain))
    return [Number(*one) for one in chinese if one is not None]


def stated_numbers(text: str) -> list[Number]:
    """The number behind the last mark of an answer ("#### 42", "the answer is"); [] without one."""
    plain = _folded(text)
    marks = list(_STATED.finditer(plain))
    for mark in reversed(marks[-_MARKS:]):
        line = plain[mark.end() : mark.end() + _NEAR].lstrip().partition("\n")[0]
        if found := numbers_in(line):
            return found[:1]
    return []


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_MINUS)


def _number(match: re.Match[str]) -> Number | None:
    if max(len(match["number"]), len(match["below"] or "")) > _LONGEST:
        return None
    value = Fraction(match["number"].replace(",", ""))
    if match["exponent"] or match["power"]:
        value *= Fraction(10) ** int(match["power"] or match["exponent"])
    if match["below"]:
        below = Fraction(match["below"])
        if not below:
            return None
        value /= below
    if match["scale"]:
        value *= _SCALES[match["scale"].lower()]
    if match["sign"] and match["sign"][0] == "-":
        value = -value
    return Number(value, percent=match["percent"] is not None)
