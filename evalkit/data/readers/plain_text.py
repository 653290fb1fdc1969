# SPDX-License-Identifier: Apache-2.0
"""Plain text: one example a line, as the tools of old took it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from evalkit.core.example import Broken, Example
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lean import example_at
from evalkit.data.lines import LINE_CAP, lines, undecodable
from evalkit.data.write import json_line

__all__ = ["KINDS", "NOTE", "plain_text"]

KINDS = ("trl-text", "prompt-completion")  # layouts that a line can be read as

NOTE = (
    "plain text: each line is an example of its own, every token of which is learned (trl-text); "
    "as answers to an empty prompt: --from prompt-completion"
)


def plain_text(
    stream: BinaryIO, source: str, encoding: Encoding, layout: Layout, *, cap: int = LINE_CAP
) -> Iterator[Example]:
    """Lines in order, blank ones left out; arguments as for `jsonl`."""
    number = 0
    for line, (bytes_, start, end, wrong) in enumerate(lines(stream, encoding, cap=cap), 1):
        fault: Broken | None = wrong
        text = ""
        if fault is None:
            try:
                text = bytes_.removesuffix(b"\r").decode()
            except UnicodeDecodeError as error:
                fault = undecodable(error, start, encoding.name)
            else:
                if not text or text.isspace():
                    continue
        number += 1
        value = {"text": text} if layout.name == "trl-text" else {"prompt": "", "completion": text}
        raw = json_line(value) if fault is None else bytes_
        told = value if fault is None else None
        yield example_at(source, line, line, number, start, end, raw, told, layout, fault, {}, ())
