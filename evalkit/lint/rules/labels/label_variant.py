# SPDX-License-Identifier: Apache-2.0
"""LAB001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import CappedTally, Count, Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.groups import key_of
from evalkit.lint.labels import LONGEST, bare, singular
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer, pointer_of

__all__ = ["label_variant"]


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
    if len(last.text) > LONGEST:
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
        spellings.setdefault(bare(text), []).append(text)
    for plural in [word for word in spellings if singular(word) in spellings]:
        spellings[singular(plural)] += spellings.pop(plural)
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
