# SPDX-License-Identifier: Apache-2.0
"""ENC005."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["cjk_mojibake"]

_RUN = re.compile("[^\x00-\x7f]{4,}")
_LATIN_RUN = re.compile("[\x80-\xff]{6,}")
# What decoders and uninitialised memory leave: U+FFFD twice as GBK, 0xCC and 0xCD bytes.
_LITERAL = re.compile("锟斤拷|烫烫烫|屯屯屯")


@rule(
    "ENC005",
    scope="example",
    severity="warning",
    fix="unsafe",
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
    if example.raw.isascii() and b"\\u" not in example.raw:
        return
    for pointer, text in texts(example):
        if text.isascii():
            continue
        damaged = [m for m in _RUN.finditer(text) if _damaged(m.group())]
        if damaged:
            wrong = damaged[0].group()
            right = _RUN.sub(_repaired, text)
            shown = f" = “{_right(wrong)[:20]}”" if right != text else ""
            fix = Fix("unsafe", edits={pointer: right}) if right != text else None
            yield Fault(pointer=pointer, args={"wrong": wrong[:20], "right": shown}, fix=fix)


def _chinese(text: str) -> int:
    """Characters that Chinese text is made of, its punctuation included."""
    return sum(
        "\u3400" <= c <= "\u9fff"
        or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c <= "\uffef"
        or c >= "\U00020000"
        for c in text
    )


def _damaged(run: str) -> bool:
    return (
        bool(_LITERAL.search(run)) or _as_gbk(run) or any(map(_as_latin, _LATIN_RUN.findall(run)))
    )


def _as_gbk(run: str) -> bool:
    """UTF-8 that was read as GBK or GB18030."""
    data = run.replace("\ufffd", "").encode("gb18030", "ignore")
    if len(data) < 8:
        return False
    text = data.decode("utf-8", "ignore")
    share = len(text.encode()) / len(data)
    return share >= 0.6 and _chinese(text) >= max(3, 0.8 * len(text))


def _as_latin(run: str) -> bool:
    """GBK that was read as Latin-1."""
    text = run.encode("latin-1").decode("gbk", "ignore")
    han = _chinese(text)
    return han >= 0.8 * len(text) and 2 * han >= 0.8 * len(run)


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
