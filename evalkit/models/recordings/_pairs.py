# SPDX-License-Identifier: Apache-2.0
"""The output of a script that prints the right answer and the model's, a line each, in turn.

`Correct issue type: bug`, then `Predicted issue type: feature`: what notebooks leave.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from evalkit.data.encodings import detect
from evalkit.models.recordings._layout import Value

if TYPE_CHECKING:
    from evalkit.data.source import Source

__all__ = ["are_pairs", "pairs"]

_LONGEST = 1 << 20
_TEXT = r"[^:：\n]{0,60}[:：][ \t]*(?P<text>.*)"
_RIGHT = re.compile(
    r"\W*(?:\w+ )?(?:correct|actual|expected|true|gold|reference|ground truth|正确|真实|期望|参考)"
    + _TEXT,
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\W*(?:\w+ )?(?:predict|pred\b|model|output|answer|预测|模型|回答)" + _TEXT, re.IGNORECASE
)


def are_pairs(head: bytes) -> bool:
    """Whether a file begins with such lines: the first two that are not blank."""
    if head.lstrip()[:1] in (b"{", b"["):
        return False
    encoding = detect(io.BytesIO(head), len(head))
    text = head[encoding.mark :].decode(encoding.codec, "replace")
    lines = [line for line in text.splitlines()[:20] if line.strip()][:2]
    return (
        len(lines) == 2
        and _RIGHT.fullmatch(lines[0]) is not None
        and _GIVEN.fullmatch(lines[1]) is not None
    )


def pairs(source: Source) -> Iterator[Value]:
    """A row for each pair, with the line of its answer; lines of any other kind are passed over."""
    with source.open() as stream:
        encoding = detect(stream, source.size, seekable=not source.packing)
    right: str | None = None
    with source.open() as stream:
        stream.read(encoding.mark)
        text = io.TextIOWrapper(stream, encoding.codec, "replace", newline="\n")
        for number, line in enumerate(iter(partial(text.readline, _LONGEST), ""), 1):
            if found := _RIGHT.fullmatch(line.rstrip()):
                right = found.group("text").strip()
            elif right is not None and (found := _GIVEN.fullmatch(line.rstrip())):
                said = found.group("text").strip()
                yield f"{source.path}, line {number}", {"expected": right, "prediction": said}
                right = None
