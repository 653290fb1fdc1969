# SPDX-License-Identifier: Apache-2.0
"""CNT018."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer, pointer_of
from evalkit.lint.themes import Themes

__all__ = ["unrelated_system_prompt"]

_FEWEST = 20  # conversations under a prompt, before silence says something
_LEAST_WORDS = 2  # that a prompt is about

_SAY = r"\b(?:[Aa]nswer|[Rr]espond|[Rr]eply|[Ss]peak|[Oo]utput|[Rr]eturn)\b"
_ONLY = r"(?:(?:\s+\w+){0,3}?\s+(?:only|just|always|strictly))?"
_SAY_ZH = "(?:来)?(?:回答|回复|作答|交流)"
_IN_JSON = (
    rf"{_SAY}{_ONLY}\s+(?:in|as|with)\s+(?:valid\s+|a\s+)?JSON\b"
    r"|(?:只|仅|请|必须|直接)(?:能|以|用|返回|输出){1,3}\s?JSON"
)
_YES_OR_NO = (
    rf"{_SAY}\s+(?:(?:only|just)(?:\s+with)?|with\s+only)\s+[\"'“]?yes[\"'”]?\s+or\s+[\"'“]?no\b"
    r"|[只仅](?:能|需|可以)?(?:回答|回复|输出)"
    r"[“\"'「]?(?:是|有|对)[”\"'」]?[或和/、][“\"'「]?(?:否|不是|没有|无|错)"
)
_ONE_WORD = (
    rf"{_SAY}\s+(?:only\s+)?(?:with|in|using)\s+(?:only\s+)?(?:one|a\s+single|exactly\s+one)\s+word\b"
    r"|[只仅](?:能|需)?(?:回答|回复|输出|用)一个(?:词|单词|词语)"
)
_IN_ENGLISH = rf"{_SAY}{_ONLY}\s+in\s+English\b|用英[文语]{_SAY_ZH}"
_IN_CHINESE = rf"{_SAY}{_ONLY}\s+in\s+(?:Simplified\s+)?Chinese\b|用(?:简体)?(?:中文|汉语){_SAY_ZH}"


@rule(
    "CNT018",
    scope="file",
    methods=("sft",),
    severity="info",
    default=False,
    needles=(b"system", b"developer"),
    en="the system prompt says “{asked}”, the answer is “{answer}”",
    zh="系统提示词要求“{asked}”，回答却是“{answer}”",
)
def unrelated_system_prompt(example: Example, themes: Themes) -> Iterator[Fault]:
    """## What it does
    A heuristic, off unless selected. Finds answers that do not do what the system prompt says in so
    many words: answer in JSON, only yes or no, one word, in English or in Chinese. And system prompts with
    20 conversations and more in which none of the prompt's own words ever comes up; these are reported once,
    at the first. It reads words, not meaning: look at what it finds before you change anything.
    ## Why is this bad?
    A model that is trained to pass over its system prompt does so afterwards. A prompt that was pasted
    from elsewhere is paid for in each example.
    """
    last = answer(example)
    first = example.messages[0]
    if last is None or first.role not in ("system", "developer") or not first.text:
        return
    said = "\n".join(m.text for m in example.messages[1:])
    pointer = pointer_of(example, first)
    themes.add(first.text, said, last.content, example.location, pointer)
    text = last.content.strip()
    for asked, does in _demands():
        match = asked.search(first.text)
        if match and text and not does(text):
            pointer = pointer_of(example, last)
            yield Fault(pointer=pointer, args={"asked": match.group(), "answer": text})
            return


@unrelated_system_prompt.finish
def unheard(themes: Themes) -> Iterator[Fault]:
    """Prompts whose words never come up."""
    for theme in themes.values():
        if theme.number >= _FEWEST and len(theme.words) >= _LEAST_WORDS and not theme.heard:
            args = {"asked": theme.prompt, "answer": theme.answer}
            yield Fault(location=theme.first, pointer=theme.pointer, args=args)


@cache
def _demands() -> tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]:
    """What a prompt may ask for in so many words, and whether an answer does it."""
    wanted = (
        (_IN_JSON, _is_json),
        (_YES_OR_NO, _is_yes_or_no),
        (_ONE_WORD, _is_a_word),
        (_IN_ENGLISH, _is_latin),
        (_IN_CHINESE, _is_chinese),
    )
    return tuple((re.compile(pattern), does) for pattern, does in wanted)


def _is_json(text: str) -> bool:
    if fenced := re.fullmatch(r"```(?:json)?\s*(.*?)\s*```", text, re.DOTALL):
        text = fenced.group(1)
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_yes_or_no(text: str) -> bool:
    return text.strip(" .!。！\"'“”").lower() in {
        "yes", "no", "是", "否", "不是", "有", "没有", "无", "对", "错", "不对",
    }  # fmt: skip


def _is_a_word(text: str) -> bool:
    return len(text.split()) <= 3 and (text.isascii() or len(text) <= 12)


def _is_latin(text: str) -> bool:
    return 3 * len(_han(text)) < sum(map(str.isalpha, text))


def _is_chinese(text: str) -> bool:
    latin = sum(c.isascii() and c.isalpha() for c in text)
    return bool(_han(text)) or latin < 20


def _han(text: str) -> list[str]:
    return [c for c in text if "\u4e00" <= c <= "\u9fff"]
