# SPDX-License-Identifier: Apache-2.0
"""State that tells whether the words of each system prompt ever come up under it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Self

from evalkit.core.accumulators import place
from evalkit.core.location import Location

__all__ = ["Theme", "Themes"]

_WORDS = 32  # of a prompt that are looked for
_SHORT, _STEM = 4, 6  # letters of a word that are looked for: "recipes" finds "recipe"
_KEPT = 120  # characters of an answer that are kept to be shown

# What any prompt may say, whatever it is about.
_COMMON = """
about above accurate accurately advice always answer answered answers appropriate asked asking
assist assistance assistant assistants based been being below best brief briefly cannot clear
clearly concise concisely content context conversation correct could detail detailed details
does dont each else ensure every example examples expert following follow format friendly from
give given gives good have help helpful helps here humans information input instruction
instructions into keep knowledge know language like make manner message messages model more
must need never only other output perform please polite possible produce professional prompt
provide provided provides query question questions relevant reply request requests respond
response responses role safe same sentence should some specific step style such system talk
task tasks tell text than that their them then there these they this those tone truthful
understand unless used useful user users using various very want well were what when where
which while will wish with within without word words work would write written your yourself
"""
_COMMON_ZH = (
    "你是 是一 一个 个专 一名 一位 专业 业的 助手 助理 回答 答问 问题 用户 户的 请根 根据 "
    "提供 供的 帮助 请你 请用 可以 需要 进行 以下 内容 信息 能够 如果 你的 我的 我们 它们 "
    "他们 以及 并且 或者 不要 不能 应该 必须 尽量 简洁 准确 详细 友好 有用 人工 工智 智能 "
    "语言 模型 对话 聊天 机器 器人 知识 任务 使用 要求 输出 输入 格式 客观 相关 给出 作为"
)


@dataclass(frozen=True, slots=True)
class Theme:
    """One system prompt.

    Attributes:
        prompt: Its text, cut.
        words: What it is about.
        heard: Bit i: word i came up in a conversation under it.
        number: Conversations under it.
        first: The first of them.
        answer: How that one was answered, cut.
        pointer: Of the prompt in it.
    """

    prompt: str
    words: tuple[str, ...]
    heard: int
    number: int
    first: Location
    answer: str
    pointer: str

    def joined(self, other: Theme) -> Theme:
        """Both together; of the same prompt."""
        early = min(self, other, key=lambda theme: place(theme.first))
        return replace(early, heard=self.heard | other.heard, number=self.number + other.number)


class Themes:
    """System prompts by their digest; beyond 200 different ones it gives up and holds nothing."""

    MOST = 200
    __slots__ = ("_themes", "overflowed")

    def __init__(self) -> None:
        self.overflowed = False
        self._themes: dict[bytes, Theme] = {}

    def add(self, prompt: str, said: str, answer: str, location: Location, pointer: str) -> None:
        """A conversation under a prompt.

        Args:
            prompt: The system prompt.
            said: All that is said under it.
            answer: The last answer.
            location: Of the row.
            pointer: Of the prompt in it.
        """
        if self.overflowed:
            return
        key = hashlib.blake2b(prompt.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        theme = self._themes.get(key)
        if theme is None:
            words = _about(prompt)
            theme = Theme(prompt[:_KEPT], words, 0, 0, location, answer[:_KEPT], pointer)
        heard = theme.heard
        if heard + 1 < 1 << len(theme.words):
            spoken = said.lower()
            for bit, word in enumerate(theme.words):
                if not heard >> bit & 1 and word in spoken:
                    heard |= 1 << bit
        one = replace(
            theme, heard=heard, number=1, first=location, answer=answer[:_KEPT], pointer=pointer
        )
        self._put(key, one if theme.number == 0 else theme.joined(one))

    def _put(self, key: bytes, theme: Theme) -> None:
        self._themes[key] = theme
        if len(self._themes) > self.MOST:
            self.give_up()

    def give_up(self) -> None:
        """Hold nothing any more."""
        self.overflowed = True
        self._themes.clear()

    def join(self, key: bytes, theme: Theme) -> None:
        """What another part knows of a prompt."""
        if not self.overflowed:
            held = self._themes.get(key)
            self._put(key, theme if held is None else held.joined(theme))

    def items(self) -> Iterator[tuple[bytes, Theme]]:
        """The prompts in the order of their first conversations."""
        return iter(sorted(self._themes.items(), key=lambda item: (place(item[1].first), item[0])))

    def values(self) -> Iterator[Theme]:
        """Likewise, without their digests."""
        return (theme for _, theme in self.items())

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """All of them, prompt by prompt."""
        whole = cls()
        for part in parts:
            if part.overflowed:
                whole.give_up()
            for key, theme in part.items():
                whole.join(key, theme)
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with places moved: for a part of a file that was read by itself."""
        whole = type(self)()
        if self.overflowed:
            whole.give_up()
        for key, theme in self.items():
            whole.join(key, replace(theme, first=theme.first.moved(lines, numbers)))
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        if self.overflowed:
            return b"overflowed"
        return repr(list(self.items())).encode("utf-8", "surrogatepass")


def _about(prompt: str) -> tuple[str, ...]:
    """Words that say what a prompt is about, cut to their stems; pairs of Chinese characters."""
    latin, han, common = _patterns()
    found = latin.findall(prompt.lower())
    found += ["".join(pair) for run in han.findall(prompt) for pair in pairwise(run)]
    stems = [w[: max(_SHORT, min(_STEM, len(w) - 2))] for w in found if w not in common]
    return tuple(dict.fromkeys(stems))[:_WORDS]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], frozenset[str]]:
    common = frozenset(f"{_COMMON} {_COMMON_ZH}".split())
    return re.compile(r"[a-z]{4,}"), re.compile(r"[\u4e00-\u9fff]{2,}"), common
