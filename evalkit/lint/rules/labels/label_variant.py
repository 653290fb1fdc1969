# SPDX-License-Identifier: Apache-2.0
"""LAB001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.groups import key_of
from evalkit.lint.kinds import Kind
from evalkit.lint.labels import LONGEST, Labels
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
def label_variant(example: Example, seen: Groups, labels: Labels) -> None:
    """## What it does
    Finds labels that differ only by case, blanks, hyphens, punctuation around them, width, or a plural
    s. Only where the answers are labels: short, and fewer kinds of them than a third of the rows.
    ## Why is this bad?
    The model learns two names for one class, and an exact comparison counts half of them wrong.
    ## Fix safety
    Unsafe: the most frequent spelling is written instead; two labels may be meant.
    """
    labels.look_at(example)
    last = answer(example)
    if last is not None and len(last.text) <= LONGEST and not labels.overflowed:
        seen.add(key_of(last.text), example.location, pointer_of(example, last).encode())


@label_variant.finish
def variants(seen: Groups, labels: Labels) -> Iterator[Fault]:
    """All spellings of a label but its most frequent."""
    usual: dict[bytes | str, Kind] = {}
    for most, *others in labels.spelled():
        usual |= {other.text: most for other in others}
    for label, members in seen.members(usual).items() if usual else ():
        most = usual[label]
        for location, tag in members:
            pointer = tag.decode()
            yield Fault(
                location=location,
                pointer=pointer,
                args={"label": label, "usual": most.text, "number": most.number},
                fix=Fix("unsafe", edits={pointer: most.text}),
            )
