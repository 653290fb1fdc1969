# SPDX-License-Identifier: Apache-2.0
"""Chinese numerals: 三百二十五, 一万零五, 二〇二四, 零点五, 负三, 百分之二十, 三分之一."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["CHINESE", "chinese_number"]

_LONGEST = 60
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
    "壹": 1,
    "贰": 2,
    "叁": 3,
    "肆": 4,
    "伍": 5,
    "陆": 6,
    "柒": 7,
    "捌": 8,
    "玖": 9,
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_DIGIT = "".join(_DIGITS)
_ANY = f"{_DIGIT}{''.join(_UNITS)}{''.join(_GROUPS)}"
CHINESE = re.compile(
    f"(?P<sign>[负負])?(?:(?P<percent>百分之)|(?P<below>[{_ANY}]+)分之)?"
    f"(?P<whole>[{_ANY}]+)(?:点(?P<part>[{_DIGIT}]+))?"
)
# 一些, 一样, 一个人 are words; so are 十分, 万一, 千万, 百姓 and 三角. A single numeral is a
# number where it stands alone or what it counts follows.
_COUNTED = "个只元块岁天年月日人次名位件本张条台辆米斤公千分小%倍"
_NO_COUNT = ("一个人", "一个样", "一次性", "一天到晚", "一元化", "一分为二")


def chinese_number(match: re.Match[str], text: str) -> tuple[Fraction, bool] | None:
    """The number that a match of `CHINESE` is, and whether a percentage; None for mere words."""
    whole = match["whole"]
    if len(match[0]) > _LONGEST:
        return None
    fraction = match["percent"] or match["below"] or match["part"] or match["sign"]
    if not fraction and not _is_number(whole, match, text):
        return None
    value = _value(whole)
    if value is None:
        return None
    if match["part"]:
        digits = "".join(str(_DIGITS[c]) for c in match["part"])
        value += Fraction(int(digits), 10 ** len(digits))
    if match["below"]:
        below = _value(match["below"])
        if not below:
            return None
        value /= below
    return (-value if match["sign"] else value), match["percent"] is not None


def _is_number(whole: str, match: re.Match[str], text: str) -> bool:
    after = text[match.end() : match.end() + 1]
    if whole[0] not in _DIGITS and whole[0] not in "十拾":
        return False  # 千万, 百姓, 万一
    if len(whole) > 1:
        return True
    alone = not text[: match.start()].strip()[-1:].isalpha() and not after.isalpha()
    stated = text[: match.start()].rstrip()[-1:] in tuple("是为于有得:=")
    counted = after != "" and after in _COUNTED
    words = any(text.startswith(word, match.start()) for word in _NO_COUNT)
    return (alone or ((stated or counted) and (stated or whole != "一"))) and not words


def _value(numeral: str) -> Fraction | None:
    if all(c in _DIGITS for c in numeral):  # 二〇二四
        return Fraction(int("".join(str(_DIGITS[c]) for c in numeral)))
    total, group, digit = 0, 0, 0
    last = 0
    for character in numeral:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            last = _UNITS[character]
            group += (digit or (1 if last == 10 and not group else digit)) * last
            digit = 0
        else:
            last = _GROUPS[character]
            section = group + digit
            # 亿 counts all that stands before it (一万亿), 万 what came since (一亿两千万).
            total = (total + section) * last if last == 10**8 else total + section * last
            group = digit = 0
    if digit and numeral[-1] in _DIGITS and last >= 100 and numeral[-2] not in "零〇":
        digit *= last // 10  # 三百二 is 320
    return Fraction(total + group + digit)
