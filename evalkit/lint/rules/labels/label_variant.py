# SPDX-License-Identifier: Apache-2.0
"""LAB001."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from evalkit.core.accumulators import CappedTally, Count, Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.groups import key_of
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer, pointer_of

__all__ = ["label_variant"]

_LONGEST = 48  # characters of a label
_JOINTS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")
_EDGES = " \t\r\n\"'`“”‘’.,;:!?。，、；：！？…「」『』()[]（）【】"


@rule(
    "LAB001",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    fix="unsafe",
    en="the label “{label}” is also written “{usual}” ({number} times); write one of them",
    zh="标签“{label}”也写作“{usual}”（{number} 次），请统一写法",
)
def label_variant(
    example: Example, seen: Groups, labels: CappedTally[str], answers: Count, long: Count
) -> None:
    """## What it does
    Finds labels that differ only by case, blanks, hyphens, punctuation around them, width, or a plural
    s. Only where the answers are labels: short, and fewer kinds of them than a third of the rows.
    ## Why is this bad?
    The model learns two names for one class, and an exact comparison counts half of them wrong.
    ## Fix safety
    Unsafe: the most frequent spelling is written instead; two labels may be meant.
    """
    if (last := answer(example)) is None or not last.text.strip():
        return  # an empty answer is no label: `empty-content` minds it
    answers.add()
    if len(last.text) > _LONGEST:
        long.add()
    else:
        labels.add(last.text)
        if not labels.overflowed:
            seen.add(key_of(last.text), example.location, pointer_of(example, last).encode())


@label_variant.finish
def variants(
    seen: Groups, labels: CappedTally[str], answers: Count, long: Count
) -> Iterator[Fault]:
    """All spellings of a label but its most frequent."""
    if labels.overflowed:
        return
    spellings: dict[str, list[str]] = {}
    for text in sorted(labels.counts):
        spellings.setdefault(_bare(text), []).append(text)
    for plural in [bare for bare in spellings if _singular(bare) in spellings]:
        spellings[_singular(plural)] += spellings.pop(plural)
    if 3 * (len(spellings) + long.value) >= answers.value:
        return
    usual: dict[bytes | str, str] = {}
    for texts in spellings.values():
        most, *others = sorted(texts, key=lambda text: (-labels.counts[text], text))
        usual |= dict.fromkeys(others, most)
    for label, members in seen.members(usual).items() if usual else ():
        for location, tag in members:
            pointer = tag.decode()
            yield Fault(
                location=location,
                pointer=pointer,
                args={
                    "label": label,
                    "usual": usual[label],
                    "number": labels.counts[usual[label]],
                },
                fix=Fix("unsafe", edits={pointer: usual[label]}),
            )


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().strip(_EDGES)
    return _JOINTS.sub("", plain) or text


def _singular(bare: str) -> str:
    """The word without its plural s; itself where it has none (4 letters and more: not `news`)."""
    if len(bare) < 5 or not bare.isascii() or not bare.endswith("s") or bare.endswith("ss"):
        return ""
    return f"{bare[:-3]}y" if bare.endswith("ies") else bare[:-1]
