# SPDX-License-Identifier: Apache-2.0
"""The clean rows in the layout of a target, before anybody knows which of them are held out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.data.convert import Account, Converted, convert_each
from evalkit.data.formats._layout import Layout
from evalkit.data.wanted_layout import layout_for
from evalkit.data.write import json_line
from evalkit.lint.phrase import Phrase
from evalkit.prepare.staging import Aside, setting_aside
from evalkit.targets.card import Target

__all__ = ["Blocked", "TargetRows", "rows_for"]

_NO_ANSWER = Phrase("there is no answer to learn from", "没有可以学习的回答")


@dataclass(frozen=True, slots=True)
class Blocked:
    """A target that cannot be given such rows at all.

    Attributes:
        target: That is meant.
        why: In a few words.
        hint: Which targets can.
    """

    target: Target
    why: Phrase
    hint: str


@dataclass(slots=True)
class TargetRows:
    """What a target can be given.

    Attributes:
        target: Whose rows they are.
        layout: Of the rows.
        converted: Whether the source has another layout.
        place: JSONL in that layout.
        holds: 1 for each clean row that stands there, 0 for each that does not, a byte each.
        account: What was lost on the way.
        aside: Rows that cannot be said in that layout.
        instead: What is learned from the rows, where the target has no layout for what they are.
    """

    target: Target
    layout: Layout
    converted: bool
    place: Path
    holds: bytearray
    account: Account
    aside: Aside
    instead: Phrase | None = None


def rows_for(
    target: Target,
    rows: Iterable[Example],
    lines: Sequence[int],
    *,
    source: Layout,
    answered: bool,
    keep: Sequence[str],
    folder: Path,
) -> TargetRows | Blocked:
    """Write the rows in the target's layout.

    Args:
        target: Whose rows they are.
        rows: Clean ones, in the source's layout.
        lines: The input's line of each.
        source: The layout of the rows.
        answered: Whether any of them has an answer.
        keep: Fields beside the conversation that stay, or `ALL`.
        folder: For the target's folder.
    """
    try:
        to = layout_for(target.name, source, answered=answered)
    except UsageError as error:
        chinese = f"{target.name} 没有适合这种数据（{source.method}）的格式"
        return Blocked(target, Phrase(error.message, chinese), error.hint)
    here = folder / target.name
    here.mkdir()
    place = here / "rows.jsonl"
    account, holds = Account(), bytearray()
    with setting_aside(here / "rejected.jsonl") as aside, place.open("wb") as stream:
        for example, line in zip(rows, lines, strict=True):
            found = _row(example, source, to, keep)
            holds.append(found.row is not None)
            if found.row is None:
                chinese = _NO_ANSWER.zh if found.reason == _NO_ANSWER.en else found.reason
                aside.add(Phrase(found.reason, chinese), line, example.value)
            else:
                _write(example, found, account, stream)
    return TargetRows(
        target=target,
        layout=to,
        converted=to.name != source.name,
        place=place,
        holds=holds,
        account=account,
        aside=aside,
        instead=_instead(target.name, source, to),
    )


def _row(example: Example, source: Layout, to: Layout, keep: Sequence[str]) -> Converted:
    """The row; what stands beside the conversation only where it is to be kept.

    A target that knows nothing of a spreadsheet's other columns should not get them, but graders
    read what stands beside the prompt at the top.
    """
    of_rewards = source.method == "rft" and to.method != "rft"
    if of_rewards and not source.conversation(example.value).reply:
        return Converted(None, _NO_ANSWER.en)
    return convert_each(example, to, keep=keep, drop_beside=to.beside != "top")


def _write(example: Example, found: Converted, account: Account, stream: BinaryIO) -> None:
    account.written += 1
    if found.losses:
        account.add(found.losses)
    same = found.row == example.value
    stream.write((example.raw if same else json_line(found.row)) + b"\n")


def _instead(name: str, source: Layout, to: Layout) -> Phrase | None:
    if to.method == source.method or source.method not in ("preference", "rft"):
        return None
    if source.method == "rft":
        return Phrase(
            f"{name} has no layout for reinforcement rows: their answers are learned as examples "
            "(SFT), what graders read is left out",
            f"{name} 没有强化学习的格式：答案作为示例学习（SFT），评分所需的内容不写入",
        )
    if source.judged:
        return Phrase(
            f"{name} has no layout for answers with a verdict (KTO): the good ones are learned as "
            "examples (SFT), the bad ones are set aside",
            f"{name} 没有带好坏标记（KTO）的格式：好的回答作为示例学习（SFT），坏的剔除",
        )
    return Phrase(
        f"{name} has no layout for pairs: the preferred answers are learned as examples (SFT), the "
        "others are lost",
        f"{name} 没有成对偏好的格式：较好的回答作为示例学习（SFT），另一个丢失",
    )
