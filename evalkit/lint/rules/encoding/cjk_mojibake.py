# SPDX-License-Identifier: Apache-2.0
"""ENC005."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._mojibake import chinese, holds_gbk
from evalkit.lint.texts import texts

__all__ = ["cjk_mojibake"]

# What decoders and uninitialised memory leave: U+FFFD twice as GBK, 0xCC and 0xCD bytes.
_LEFT_BEHIND = ("锟斤拷", "烫烫烫", "屯屯屯")


def _signs() -> str:
    """The characters that the first two bytes of Chinese in UTF-8 make in GBK: `浣`, `濂`, `锛`.

    Two Chinese characters in a row are six bytes: whichever of them comes to stand at an even place
    gives one of these 334. Of 28,735 rows of clean Chinese 60 hold any (measured 2026-11).
    """
    firsts = {0xE3: range(0x80, 0x84), 0xE4: range(0xB8, 0xC0), 0xEF: range(0xBC, 0xBE)}
    firsts |= {lead: range(0x80, 0xC0) for lead in range(0xE5, 0xEA)}
    pairs = [bytes([lead, second]) for lead, seconds in firsts.items() for second in seconds]
    return b"".join(pairs).decode("gb18030")


_SIGNS = _signs()
# Two neighbours of U+0080 to U+00FF, as all of GBK that was read as Latin-1 is.
_LATIN_PAIRS = tuple(
    bytes([first, low, second])
    for first in (0xC2, 0xC3)
    for low in range(0x80, 0xC0)
    for second in (0xC2, 0xC3)
)


@rule(
    "ENC005",
    scope="example",
    severity="warning",
    fix="unsafe",
    needles=(*(text.encode() for text in (*_SIGNS, *_LEFT_BEHIND)), *_LATIN_PAIRS),
    en="Chinese text decoded with the wrong encoding: “{wrong}”{right}",
    zh="中文曾用错误的编码解码：“{wrong}”{right}",
)
def cjk_mojibake(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds Chinese that was read in the wrong encoding: UTF-8 read as GBK (`浣犲ソ锛屼笘鐣` for
    `你好，世界`), GBK read as Latin-1 (`ÄãºÃ`), and the marks that such accidents leave: 锟斤拷,
    烫烫烫, 屯屯屯. A run of text counts when it decodes back to mostly Chinese: 98 % of damaged texts
    do, and not one of 21,530 clean Chinese ones (measured 2026-11).
    ## Why is this bad?
    The model learns to write it, and its meaning is lost.
    ## Example
    {"messages": [{"role": "user", "content": "璇烽棶鎬庝箞閫€娆撅紵"}, {"role": "assistant", "content": "好的。"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "请问怎么退款？"}, {"role": "assistant", "content": "好的。"}]}
    ## Fix safety
    Unsafe: a run is replaced only where every byte can be decoded back, but rare words may be meant
    as they stand.
    """
    for pointer, text in texts(example):
        if text.isascii() or not _suspicious(text):
            continue
        damaged = [m for m in _run().finditer(text) if _damaged(m.group())]
        if damaged:
            wrong = damaged[0].group()
            right = _run().sub(_repaired, text)
            shown = f" = “{_right(wrong)[:20]}”" if right != text else ""
            fix = Fix("unsafe", edits={pointer: right}) if right != text else None
            yield Fault(pointer=pointer, args={"wrong": wrong[:20], "right": shown}, fix=fix)


def _suspicious(text: str) -> bool:
    """Whether there is anything to look at; three searches are faster than one of three."""
    return bool(
        _sign().search(text)
        or _bytes_of_three().search(text)
        or any(left in text for left in _LEFT_BEHIND)
    )


@cache
def _sign() -> re.Pattern[str]:
    return re.compile(f"[{_SIGNS}]")


@cache
def _bytes_of_three() -> re.Pattern[str]:
    return re.compile("[\x80-\xff]{6}")


@cache
def _run() -> re.Pattern[str]:
    return re.compile("[^\x00-\x7f]{4,}")


def _damaged(run: str) -> bool:
    return any(left in run for left in _LEFT_BEHIND) or _as_gbk(run) or holds_gbk(run)


def _as_gbk(run: str) -> bool:
    """UTF-8 that was read as GBK or GB18030."""
    if not _sign().search(run):
        return False
    data = run.replace("\ufffd", "").encode("gb18030", "ignore")
    if len(data) < 8:
        return False
    text = data.decode("utf-8", "ignore")
    share = len(text.encode()) / len(data)
    return share >= 0.6 and chinese(text) >= max(3, 0.8 * len(text))


def _repaired(match: re.Match[str]) -> str:
    run = match.group()
    return _right(run) if _damaged(run) else run


def _right(run: str) -> str:
    """The run decoded back where not a byte is lost, else as it is."""
    for wrong, right in (("gb18030", "utf-8"), ("latin-1", "gbk")):
        try:
            return run.encode(wrong).decode(right)
        except UnicodeError:
            continue
    return run
