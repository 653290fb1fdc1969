# SPDX-License-Identifier: Apache-2.0
"""CNT008."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, without_code

__all__ = ["degenerate_repetition"]

_SHORTEST = 240  # characters of an answer that is looked at
_SAMPLE, _SAMPLE_CJK = 20, 12  # characters of the end that are looked for
_SEEN = 4  # times that they stand there, at least
_TIMES = 6  # that the same thing is said in a row, at least
_REFRAINS = 8  # that a sentence is said, at least: a song's refrain stands there six times
_RUN = 0.3  # of the text that is one run of it, at least
_PIECES = 0.5  # of the text that is the same few sentences, at least
_LETTERS = 3  # different letters of it, at least: fewer are a line, a pattern, a laugh
_PIECE = 8  # bytes of a sentence that counts
_MARKS = "\n.!?。！？；;，,、"  # where a unit may be said to begin


@rule(
    "CNT008",
    scope="example",
    severity="warning",
    en="the answer says “{text}” {times} times; cut it after the first",
    zh="回答把“{text}”说了 {times} 遍；请只留一遍",
)
def degenerate_repetition(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds answers that end in a loop: the same words six times and more in a row, over a third of the
    answer; or sentences that make up half of it and are said eight times each, numbers apart. Code, tables,
    JSON, lines of signs and laughter are left alone, and so are all messages but answers.
    ## Why is this bad?
    Models fall into loops, and who learns from such an answer learns to. It is also paid for by the token:
    one loop of 8,000 tokens costs as much as 50 answers of the usual length.
    ## Example
    {"messages": [{"role": "user", "content": "I'm hungry."}, {"role": "assistant", "content": "Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana! Eat a banana!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "I'm hungry."}, {"role": "assistant", "content": "Eat a banana!"}]}
    ## References
    Rae et al. 2021, "Scaling Language Models" (Gopher), table A1: the shares of repeated lines and
    n-grams that filter web pages. They are too strict for answers, which repeat terms: hence loops.
    """
    for message in example.messages:
        text = message.content
        if type(text) is not str or len(text) < _SHORTEST or message.role != "assistant":
            continue
        if text[-1].isspace():
            text = text.rstrip()
        # What is said six times in a row stood there a sixth of the text before: few texts pass.
        sample = text[-(_SAMPLE if text.isascii() else _SAMPLE_CJK) :]
        near = text.find(sample, -(len(text) // _TIMES + 2 * _SAMPLE), -1) >= 0
        if near and text.count(sample) >= _SEEN and (found := _loop(text)):
            said, times = found
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"text": said, "times": times})


def _loop(text: str) -> tuple[str, int] | None:
    """What is said over and over, and how often."""
    if text.lstrip()[:1] in ("{", "["):
        return None
    lines = without_code(text).split("\n")
    text = "\n".join(line for line in lines if "|" not in line and "\t" not in line).rstrip()
    return (_run(text) or _sentences(text)) if len(text) >= _SHORTEST else None


def _run(text: str) -> tuple[str, int] | None:
    """The end of the text as one unit again and again."""
    sample = text[-_SAMPLE_CJK:]
    before = text.rfind(sample, 0, -1)
    unit = text[before + len(sample) :]
    if before < 0 or not unit or _letters(unit) < _LETTERS:
        return None
    times = 1
    while text.endswith(unit, 0, len(text) - times * len(unit)):
        times += 1
    if times < _TIMES or times * len(unit) < max(_RUN * len(text), _SHORTEST // 2):
        return None
    begin = 1 + max(unit.rfind(mark) for mark in _MARKS)
    return (unit[begin:] + unit[:begin]).strip(), times


def _sentences(text: str) -> tuple[str, int] | None:
    """Sentences that are most of the text and are said again and again."""
    sizes: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for piece in _ends().split(text):
        bare = _numbers().sub("", piece).strip()
        sizes[bare] += len(piece)
        times[bare] += 1
    again = [
        bare
        for bare, number in times.items()
        if number >= _REFRAINS and len(bare.encode()) >= _PIECE and _letters(bare) >= _LETTERS
    ]
    if not again or sum(sizes[bare] for bare in again) < _PIECES * len(text):
        return None
    most = max(again, key=lambda bare: (sizes[bare], bare))
    return most, times[most]


def _letters(text: str) -> int:
    return len({c for c in text if c.isalpha()})


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(r"[\n.!?。！？；;]+")


@cache
def _numbers() -> re.Pattern[str]:
    return re.compile(r"[(（第]?[0-9一二三四五六七八九十百]+[)）、.条项]?")
