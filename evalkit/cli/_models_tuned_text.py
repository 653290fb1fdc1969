# SPDX-License-Identifier: Apache-2.0
"""Tuned models for people and for machines: when each stops, and how to keep what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from evalkit.core.markdown import quoted
from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.profile_text import aligned
from evalkit.estimation.text_lines import wrapped
from evalkit.jobs.inventory import Dated, Entry, record_command
from evalkit.page.phrase import Phrase, say

__all__ = ["tuned_document", "tuned_markdown", "tuned_text"]

_LEAST = 20  # columns of a name


@dataclass(frozen=True, slots=True)
class _Column:
    """A column; the higher its rank, the sooner a narrow terminal leaves it out."""

    key: str
    head: Phrase
    right: bool = False
    rank: int = 0


_COLUMNS = (
    _Column("model", say("model", "模型")),
    _Column("target", say("target", "平台"), rank=1),
    _Column("base", say("base", "基础模型"), rank=3),
    _Column("created", say("created", "创建"), rank=4),
    _Column("last", say("no job from", "停止接单"), rank=2),
    _Column("stops", say("stops", "停用")),
    _Column("left", say("days left", "剩余天数"), right=True),
)
_UNKNOWN = say("unknown", "未知")
_STOPPED = say("over", "已停用")
_NEVER = say("never", "不会")  # what is on this machine
_NONE = say("no tuned models", "没有微调模型")
_RECORD = say("Record what they answer while they do:", "在停用前录制它们的回答：")


def tuned_text(
    found: Sequence[Entry], language: Language, *, data: str, width: int
) -> Iterator[str]:
    """Lines for a terminal of that width; commands are never cut, so that they can be pasted."""
    if not found:
        yield _NONE.plain(language)
        return
    rows = [_cells(one, language) for one in found]
    kept = _fitting(rows, width, language)
    if (over := _taken(kept, rows, language) - width) > 0:  # whole names stand in the commands
        room = max(columns(row["model"]) for row in rows) - over
        rows = [{**row, "model": clipped(row["model"], max(room, _LEAST))} for row in rows]
    heads = [one.head.plain(language) for one in kept]
    table = [heads, *([row[one.key] for one in kept] for row in rows)]
    right = [at for at, one in enumerate(kept) if one.right]
    yield from aligned(table, width, right=right)
    yield ""
    yield _RECORD.plain(language)
    for entry in found:
        yield from _commands(entry, language, data=data, width=width)
    notes = list(_notes(found))
    if notes:
        yield ""
    for note in notes:
        yield from wrapped(note.plain(language), width)


def tuned_markdown(found: Sequence[Entry], language: Language, *, data: str) -> Iterator[str]:
    """A table and the commands, for a comment or a page."""
    if not found:
        yield _NONE.plain(language)
        return
    yield f"| {' | '.join(one.head.plain(language) for one in _COLUMNS)} |"
    yield f"|{''.join(' ---: |' if one.right else ' --- |' for one in _COLUMNS)}"
    for entry in found:
        row = _cells(entry, language)
        yield f"| {' | '.join(quoted(row[one.key]) for one in _COLUMNS)} |"
    yield ""
    yield _RECORD.plain(language)
    yield ""
    lines = [command for entry in found if (command := record_command(entry, data)) is not None]
    longest = max((len(run) for line in lines for run in _ticks(line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}sh"
    yield from lines
    yield fence
    yield ""
    for note in _notes(found):
        yield f"{quoted(note.plain(language))}  "


def tuned_document(
    found: Sequence[Entry],
    left_out: Sequence[tuple[str, str]],
    *,
    data: str,
    today: date,
) -> dict[str, Any]:
    """The JSON object, schema 1; what is not known is null."""
    return {
        "schema": 1,
        "today": today.isoformat(),
        "models": [
            {
                "name": one.model.name,
                "target": one.model.target,
                "use": one.use,
                "base": one.base,
                "job": one.model.job,
                "created": None if one.created is None else one.created.isoformat(),
                "retires": _day(one.retires),
                "last_training": _day(one.last_training),
                "days_left": one.days_left,
                "record": record_command(one, data),
            }
            for one in found
        ],
        "left_out": [{"target": target, "why": why} for target, why in left_out],
    }


def _day(value: Dated | None) -> dict[str, str] | None:
    if value is None:
        return None
    said = value.said
    return {
        "value": value.day.isoformat(),
        "as_of": said.as_of.isoformat(),
        "source": said.source,
    }


def _cells(entry: Entry, language: Language) -> dict[str, str]:
    unknown = _UNKNOWN.plain(language)
    end = _NEVER.plain(language) if _here(entry) else unknown
    left = end
    if entry.days_left is not None:
        left = f"{entry.days_left:,}" if entry.days_left > 0 else _STOPPED.plain(language)
    return {
        "model": printable(entry.model.name),
        "target": printable(entry.model.target),
        "base": printable(entry.base) if entry.base else unknown,
        "created": entry.created.isoformat() if entry.created else unknown,
        "last": entry.last_training.day.isoformat() if entry.last_training else end,
        "stops": entry.retires.day.isoformat() if entry.retires else end,
        "left": left,
    }


def _here(entry: Entry) -> bool:
    return entry.use is not None and entry.use.startswith("local:")


def _commands(entry: Entry, language: Language, *, data: str, width: int) -> Iterator[str]:
    command = record_command(entry, data)
    if command is not None:
        yield f"  {command}"
        return
    words = say(
        "{m}: its name holds characters that no command should be pasted with; JSON has it",
        "{m}：名称含有不宜粘贴的字符，请用 JSON 输出",
        m=printable(entry.model.name),
    )
    yield from (f"  {line}" for line in wrapped(words.plain(language), width - 2))


def _notes(found: Sequence[Entry]) -> Iterator[Phrase]:
    said: dict[tuple[str, date, str], None] = {}
    for entry in found:
        for dated in (entry.retires, entry.last_training):
            if dated is not None:
                said[(entry.model.target, dated.said.as_of, dated.said.source)] = None
    for target, as_of, source in sorted(said):
        yield say(
            "dates of {t}: as of {d}, {s}",
            "{t} 的日期：截至 {d}，{s}",
            t=target,
            d=as_of.isoformat(),
            s=printable(source),
        )
    if any(entry.retires is None and not _here(entry) for entry in found):
        yield say(
            "unknown = no end was announced that evalkit knows of: look at your provider's page",
            "未知表示 evalkit 未见公告，请查看平台页面",
        )
    if any(entry.use is None for entry in found):
        yield say(
            "YOUR-DEPLOYMENT = the name that you deployed the model under",
            "YOUR-DEPLOYMENT 为您部署该模型时所用的名称",
        )


def _ticks(line: str) -> list[str]:
    """The runs of backquotes in a line: a fence has to be longer."""
    import re

    return re.findall(r"`+", line)


def _fitting(rows: Sequence[dict[str, str]], width: int, language: Language) -> list[_Column]:
    """The columns that there is room for."""
    kept = [one for one in _COLUMNS if not one.rank]
    for column in sorted(_COLUMNS, key=lambda one: one.rank):
        if column.rank and _taken([*kept, column], rows, language) <= width:
            kept.append(column)
    return [one for one in _COLUMNS if one in kept]


def _taken(kept: Sequence[_Column], rows: Sequence[dict[str, str]], language: Language) -> int:
    widths = (
        max(columns(one.head.plain(language)), *(columns(row[one.key]) for row in rows))
        for one in kept
    )
    return sum(widths) + 2 * (len(kept) - 1)
