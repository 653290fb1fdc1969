# SPDX-License-Identifier: Apache-2.0
"""Markdown for the comment of a pull request or `$GITHUB_STEP_SUMMARY`: the verdict first.

What one run says is `report.markdown`; here several stand below each other, within the 65,536
characters that a comment takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.markdown import quoted
from evalkit.report.markdown import run_markdown
from evalkit.report.outputs._judged import Judged, Look, headline_text

__all__ = ["markdown"]

_MOST = 60_000  # characters
_EXAMPLES = 5


def markdown(judged: Sequence[Judged], look: Look) -> Iterator[str]:
    """Lines of GitHub-flavoured Markdown; runs that do not fit are told in a line each."""
    room = _MOST - 400 * len(judged)
    for index, one in enumerate(judged):
        told = _fitting(one, look, room)
        room -= len(told)
        if index:
            yield ""
        yield from told.rstrip("\n").split("\n")


markdown.suffixes = (".md",)  # type: ignore[attr-defined]


def _fitting(one: Judged, look: Look, room: int) -> str:
    """The run's markdown, without its examples or all but the verdict where it must be short."""
    lacking = _incomplete(one, look)
    for examples in (_EXAMPLES, 0):
        told = lacking + run_markdown(one.run, language=look.language, examples=examples)
        if len(told) <= room:
            return told
    return f"{lacking}### {quoted(f'{one.run.suite}: {headline_text(one.run, look)}'[:300])}\n"


def _incomplete(one: Judged, look: Look) -> str:
    word = "Incomplete" if look.language == "en" else "不完整"
    return "".join(f"**⚠️ {word}: {quoted(line[:300])}**\n\n" for line in one.incomplete)
